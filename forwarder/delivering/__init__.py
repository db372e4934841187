"""Deliveries to TikTok: claimed, prepared, sent, settled."""
