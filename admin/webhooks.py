"""Webhooks: what subscription platforms posted, as it came; kept for 30 days."""

from typing import Any

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session
from ledger.webhook_events import BEFORE_ALL, list_bodies, show_body
from ledger.webhook_providers import PROVIDERS

__all__ = ["BEFORE_ALL", "PROVIDERS", "show_webhook", "webhook_page"]


async def webhook_page(
    session: Session, app_id: str, provider: str, limit: int, before: int = BEFORE_ALL
) -> tuple[list[dict[str, Any]], str | None]:
    """What came in, newest first, and what was made of each; with the `next` of the page where there is more.

    Raises:
        Refused: there is no such app.
    """
    if app_id:
        await require_app(session, app_id)
    found = await list_bodies(session.database, app_id or None, provider or None, limit + 1, before)
    page = found[:limit]
    return page, page[-1]["webhook_id"] if len(found) > limit else None


async def show_webhook(session: Session, number: int) -> dict[str, Any]:
    """One with its `body` (bytes), which holds what the platform knows of the person.

    Raises:
        Refused: there is no such webhook.
    """
    found = await show_body(session.database, number)
    if found is None:
        raise Refused(f"webhook: there is no webhook '{number}'; `signalpost webhook list` shows them")
    return found
