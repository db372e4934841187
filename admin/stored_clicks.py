"""The clicks that acts read and erase: those in Redis, and those that have moved to the ledger."""

from typing import Any

from admin.session import Session
from clicks.all_clicks import AllClicks
from clicks.store import ClickStore
from ledger.cold_clicks import ColdClicks


def stored_clicks(session: Session, redis: Any) -> AllClicks:
    """Of this session's engines."""
    settings = session.settings
    hot = ClickStore(redis, session.keyring.derive("address"), settings.click_retention_days)
    return AllClicks(hot, ColdClicks(session.database), settings.click_hot_hours)
