"""Installs and events in, matched to clicks, conversions out to TikTok."""
