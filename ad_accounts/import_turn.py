"""One turn of an advertiser's import: what is due now, then a piece of the first import, which goes back a year.

A turn is short, so that many advertisers share one quota and a restart loses little. What comes of it is written down
with the lease it gives back.
"""

import contextlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import anyio
import asyncpg
import structlog

from ad_accounts.access import Access, note_refusal, note_success, open_access
from ad_accounts.entity_import import import_entities
from ad_accounts.import_context import ImportContext
from ad_accounts.import_schedule import EVERY, LATE_FIGURES_EVERY, Calendar, retry_after
from ad_accounts.metered_calls import MeteredCalls
from ad_accounts.quota import MINUTE_PAUSE
from ad_accounts.spend_import import SpendImport
from config.secrets import SecretError
from ledger.adgroups import adgroups_by_campaign
from ledger.advertisers import Advertiser, AdvertiserState, selected_of, set_advertiser_state
from ledger.grants import get_grant, mark_broken
from ledger.local_time import UnknownZoneError
from ledger.spend_progress import (
    LEASE,
    DueImport,
    ImportLease,
    LeaseLostError,
    SpendProgress,
    TurnEnd,
    end_turn,
    get_progress,
    hold_lease,
    release,
    set_backfilled,
    set_country_at,
    set_entities_at,
    set_pulled_at,
    take_lease,
)
from tiktok.account_refusals import ApiRefused
from tiktok.reports import ReportReader

log = structlog.get_logger()

RELEASE_WITHIN_S: Final = 2.0
_ENTITIES: Final = "campaigns and ads"
"""How the note begins that spend came in and they did not."""
NO_ZONE: Final = "TikTok named no time zone of this advertiser that is known: its days cannot be told"


class Turn:
    """An advertiser under our lease, with an app's access to it."""

    def __init__(self, context: ImportContext, lease: ImportLease, access: Access, advertiser: Advertiser) -> None:
        self.context = context
        self.lease = lease
        self.access = access
        self.advertiser = advertiser
        self.ask = MeteredCalls(context.api, access.token, context.quota, self._stay)
        self._renewed_at = context.clock()
        self.note = ""
        """What went wrong with the entities alone."""

    async def _stay(self) -> None:
        """A report of hundreds of pages takes longer than a lease; who has lost it asks for no more of them."""
        now = self.context.clock()
        if now - self._renewed_at >= LEASE / 5:
            await hold_lease(self.context.pool, self.lease, now)
            self._renewed_at = now

    def calendar(self) -> Calendar:
        return Calendar(self.advertiser.timezone, self.context.clock(), self.advertiser.opened_at)

    async def spend(self) -> SpendImport:
        pool, advertiser_id = self.context.pool, self.lease.advertiser_id
        children = await adgroups_by_campaign(pool, advertiser_id)
        reader = ReportReader(self.ask, self.context.refused_metrics, children)
        return SpendImport(self.context, self.lease, self.advertiser.timezone, reader)

    async def read_entities(self) -> None:
        """Without the right to read them spend comes in all the same."""
        now, pool = self.context.clock(), self.context.pool
        try:
            await import_entities(pool, self.ask, self.lease.advertiser_id, self.context.public_base, now)
        except ApiRefused as refused:
            if refused.kind in ("throttled", "reconnect"):
                raise
            self.note = f"{_ENTITIES}: {refused.words}"
            log.warning("entities not read", advertiser_id=self.lease.advertiser_id, reason=refused.words)
        else:
            self.note = ""
            await set_entities_at(pool, self.lease, now)


async def import_turn(context: ImportContext, due: DueImport) -> None:
    """Nothing where somebody else is at it. What TikTok refuses is written down, not raised."""
    lease = new_lease(due.advertiser_id)
    progress = await take_lease(context.pool, lease, context.clock())
    if progress is None:
        return
    try:
        end = await _outcome(context, due, lease, progress)
        await end_turn(context.pool, lease, end)
    except LeaseLostError:
        context.counted("lost")
    except Exception as error:
        # a fault of ours, or of the ledger's: without a wait it would be met again with every look around
        failures = progress.failures + 1
        end = TurnEnd(context.clock() + retry_after(failures), error=type(error).__name__, failures=failures)
        await _given_back(context, lease, end)
        raise
    except BaseException:
        await _given_back(context, lease, None)
        raise


async def _given_back(context: ImportContext, lease: ImportLease, end: TurnEnd | None) -> None:
    """Also while the process stops, and where the ledger does not answer: then the lease runs out by itself."""
    with anyio.move_on_after(RELEASE_WITHIN_S, shield=True), contextlib.suppress(OSError, asyncpg.PostgresError):
        await (release(context.pool, lease) if end is None else end_turn(context.pool, lease, end))


def new_lease(advertiser_id: str) -> ImportLease:
    return ImportLease(advertiser_id, secrets.token_hex(8))


async def _outcome(context: ImportContext, due: DueImport, lease: ImportLease, progress: SpendProgress) -> TurnEnd:
    later = context.clock() + EVERY
    try:
        turn = await open_turn(context, due.app_id, lease)
        if turn is None:
            return TurnEnd(later, error="the advertiser is no longer chosen, or TikTok no longer connected")
        turn.note = progress.error if progress.error.startswith(_ENTITIES) else ""
        try:
            await _work(turn, progress)
        except ApiRefused as refused:
            return await refused_end(turn, refused, progress.failures + 1)
    except SecretError as error:
        await _unopened(context, due.app_id, str(error))
        return TurnEnd(context.clock(), error=str(error), failures=progress.failures + 1)  # for another app's grant
    except UnknownZoneError:
        return TurnEnd(later, error=NO_ZONE, failures=progress.failures + 1)
    await note_reached(turn)
    return TurnEnd(await _due_after(turn), error=turn.note)


async def _unopened(context: ImportContext, app_id: str, reason: str) -> None:
    """As when TikTok refuses it: the grant is broken until it opens again."""
    grant = await get_grant(context.pool, app_id)
    if grant is not None:
        await mark_broken(context.pool, grant, reason, context.clock())


async def open_turn(context: ImportContext, app_id: str, lease: ImportLease) -> Turn | None:
    """None where the app is not connected, or has chosen another advertiser meanwhile.

    Raises:
        SecretError: the stored token does not open.
    """
    access = await open_access(context.pool, context.keyring, app_id)
    advertiser = await selected_of(context.pool, app_id)
    if access is None or advertiser is None or advertiser.advertiser_id != lease.advertiser_id:
        return None
    return Turn(context, lease, access, advertiser)


async def _work(turn: Turn, progress: SpendProgress) -> None:
    """The current days each hour, late figures each six hours, else one span of the past."""
    now, calendar = turn.context.clock(), turn.calendar()
    if progress.pulled_at is None or now - progress.pulled_at >= EVERY:
        await turn.read_entities()
        await _pull_current(turn, calendar, progress)
    if progress.backfilled_to is not None and (span := calendar.backfill(progress.backfilled_to)):
        spend = await turn.spend()
        await spend.pull_days(*span)
        await spend.pull_late_figures(*span)
        await set_backfilled(turn.context.pool, turn.lease, span[0])


async def _pull_current(turn: Turn, calendar: Calendar, progress: SpendProgress) -> None:
    now, pool, spend = turn.context.clock(), turn.context.pool, await turn.spend()
    first, today = calendar.current(progress.pulled_at, turn.context.window_days), calendar.today
    await spend.pull_days(first, today)
    await spend.pull_hours_behind(first, today, always=(today, today - timedelta(days=1)))
    await set_pulled_at(pool, turn.lease, now)
    if progress.backfilled_to is None:
        await set_backfilled(pool, turn.lease, first)
    if progress.country_at is None or now - progress.country_at >= LATE_FIGURES_EVERY:
        # since they last came in, which may be longer ago: where they fail, the days are there already
        late = calendar.current(progress.country_at or progress.pulled_at, turn.context.window_days)
        await spend.pull_late_figures(late, calendar.placed())
        await set_country_at(pool, turn.lease, now)


async def _due_after(turn: Turn) -> datetime:
    """At once while there is more of the past to read."""
    now, progress = turn.context.clock(), await get_progress(turn.context.pool, turn.lease.advertiser_id)
    if progress is None or progress.pulled_at is None:
        return now + EVERY
    if progress.backfilled_to and turn.calendar().backfill(progress.backfilled_to):
        return now
    return progress.pulled_at + EVERY


async def note_reached(turn: Turn) -> None:
    """TikTok told of the advertiser: grant and advertiser are in order, whatever they were before."""
    now, pool, one = turn.context.clock(), turn.context.pool, turn.advertiser
    await note_success(pool, turn.access, now)
    if one.state != "ok":
        await set_advertiser_state(pool, one.app_id, one.advertiser_id, "ok")


async def refused_end(turn: Turn, refused: ApiRefused, failures: int) -> TurnEnd:
    """What follows from a refusal; the grant or the advertiser turns red where it is about them. History stays."""
    context, now = turn.context, turn.context.clock()
    context.counted(refused.kind)
    log.warning("spend not read", advertiser_id=turn.lease.advertiser_id, kind=refused.kind, reason=refused.words)
    if refused.kind == "throttled":
        until = max(context.quota.paused_until or now, now + MINUTE_PAUSE / 10)
        return TurnEnd(until, until, refused.words)
    if await note_refusal(context.pool, turn.access, refused, now):
        return TurnEnd(now, error=refused.words, failures=failures)  # it is due once somebody has connected anew
    if refused.kind in ("permission", "missing"):
        one = turn.advertiser
        state: AdvertiserState = "missing" if refused.kind == "missing" else "refused"
        await set_advertiser_state(context.pool, one.app_id, one.advertiser_id, state, refused.words)
        return TurnEnd(now + EVERY, error=refused.words, failures=failures)
    return TurnEnd(now + retry_after(failures), error=refused.words, failures=failures)
