"""An import of the days someone asks for, while the worker's own waits."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import anyio
import msgspec

from ad_accounts.import_context import ImportContext
from ad_accounts.import_schedule import SPAN_DAYS, Calendar
from ad_accounts.import_turn import Turn, new_lease, note_reached, open_turn, refused_end
from ad_accounts.spend_import import SpendImport
from ledger.advertisers import Advertiser
from ledger.spend_progress import ImportLease, LeaseLostError, end_turn, release, take_lease
from tiktok.account_refusals import ApiRefused

HOURS_FOR_DAYS: Final = 31
"""By hour are the last days of a range, as each is a report of its own; the rest is by day."""
_ASK_EVERY_S: Final = 0.5
_ASKS: Final = 240  # two minutes: longer than a turn of the worker's as a rule
_RELEASE_WITHIN_S: Final = 2.0

Shown = Callable[[int, int], None]
"""Told how many of how many days are done."""


class BusyError(Exception):
    """The worker is at this advertiser for longer than a person waits."""


class Synced(msgspec.Struct, frozen=True):
    """What a sync did."""

    pulled_rows: int
    changed_rows: int
    first: date
    last: date


class DayRange(msgspec.Struct, frozen=True):
    """Days of the account's own time zone, inclusive; None = the days that are asked for each hour."""

    first: date | None = None
    last: date | None = None
    days_done: int = 0
    """From the last day backwards: they are there already, of a sync that was cut off."""


def whole_range(calendar: Calendar, asked: DayRange, window_days: int) -> tuple[date, date]:
    """(first, last) of what is asked for, by today's calendar of the account."""
    last = asked.last or calendar.today
    return asked.first or min(calendar.current(None, window_days), last), last


async def sync_range(context: ImportContext, advertiser: Advertiser, asked: DayRange, shown: Shown) -> Synced:
    """Campaigns and ads, then the days.

    Raises:
        BusyError: the worker did not come to an end with the advertiser.
        ApiRefused: TikTok refused; it is written down as when the worker is refused.
        LeaseLostError: the app is not connected, has chosen another one, or somebody else took over.
        SecretError: the stored token does not open.
        UnknownZoneError: TikTok named no time zone of the account.
    """
    lease = new_lease(advertiser.advertiser_id)
    await _wait_for(context, lease)
    try:
        turn = await open_turn(context, advertiser.app_id, lease)
        if turn is None:
            raise LeaseLostError(advertiser.advertiser_id)
        return await _synced(turn, asked, shown)
    finally:
        with anyio.move_on_after(_RELEASE_WITHIN_S, shield=True):
            await release(context.pool, lease)


async def _wait_for(context: ImportContext, lease: ImportLease) -> None:
    for _ in range(_ASKS):
        if await take_lease(context.pool, lease, context.clock()) is not None:
            return
        await anyio.sleep(_ASK_EVERY_S)
    raise BusyError(lease.advertiser_id)


async def _synced(turn: Turn, asked: DayRange, shown: Shown) -> Synced:
    calendar = turn.calendar()
    first, last = whole_range(calendar, asked, turn.context.window_days)
    try:
        await turn.read_entities()
        spend = await turn.spend()
        await _pull(spend, (first, last), asked.days_done, shown)
        await spend.pull_late_figures(first, min(last, calendar.placed()))
    except ApiRefused as refused:
        await end_turn(turn.context.pool, turn.lease, await refused_end(turn, refused, 1))
        raise
    await note_reached(turn)
    return Synced(spend.counts.pulled_rows, spend.counts.changed_rows, first, last)


async def _pull(spend: SpendImport, days: tuple[date, date], done: int, shown: Shown) -> None:
    """The latest days first, as they are what people look at."""
    first, last = days
    total, span_last = (last - first).days + 1, last - timedelta(days=done)
    shown(min(done, total), total)
    while span_last >= first:
        span_first = max(first, span_last - timedelta(days=SPAN_DAYS - 1))
        await spend.pull_days(span_first, span_last)
        shown((last - span_first).days + 1, total)
        span_last = span_first - timedelta(days=1)
    await spend.pull_hours_behind(max(first, last - timedelta(days=HOURS_FOR_DAYS - 1)), last)
