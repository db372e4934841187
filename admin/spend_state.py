"""How far the spend of an app's ad account is read, by the ledger alone: nothing is asked of TikTok."""

from datetime import UTC, datetime
from typing import Any

from ad_accounts.import_schedule import Calendar
from admin.session import Session
from ledger.advertisers import selected_of
from ledger.local_time import UnknownZoneError
from ledger.spend_progress import get_progress


async def spend_state(session: Session, app_id: str) -> dict[str, Any] | None:
    """{"pulled_at", "error", "is_reading", "backfilled_to", "days", "of_days"}; None where no ad account is chosen.
    `days` of `of_days` are there, counted backwards from today.
    """
    chosen = await selected_of(session.database, app_id)
    if chosen is None:
        return None
    now = datetime.now(UTC)
    progress = await get_progress(session.database, chosen.advertiser_id)
    try:
        calendar = Calendar(chosen.timezone, now, chosen.opened_at)
    except UnknownZoneError:
        calendar = None
    reached = progress.backfilled_to if progress else None
    return {
        "pulled_at": progress.pulled_at if progress else None,
        "error": progress.error if progress else "",
        "is_reading": bool(progress and progress.lease and progress.lease_ends_at and progress.lease_ends_at > now),
        "backfilled_to": reached,
        "days": (calendar.today - max(reached, calendar.oldest)).days + 1 if calendar and reached else 0,
        "of_days": (calendar.today - calendar.oldest).days + 1 if calendar else 0,
    }
