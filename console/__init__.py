"""The web console: one handler module per page."""
