"""What an app's ads cost, read from TikTok at once; and whether its campaigns can use what the app sends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ad_accounts.account_side import opened_side
from ad_accounts.campaign_check import CampaignFacts, CampaignWarning, check_campaigns
from ad_accounts.import_context import ImportContext
from ad_accounts.import_schedule import Calendar
from ad_accounts.import_turn import NO_ZONE
from ad_accounts.quota import Quota
from ad_accounts.range_sync import BusyError, DayRange, Shown, sync_range, whole_range
from admin.apps import require_app
from admin.own_bases import own_bases
from admin.refusal import Misused, Refused
from admin.session import Session
from config.secrets import SecretError
from ledger.adgroups import adgroups_of
from ledger.ads import ads_of
from ledger.advertiser_pixels import advertiser_pixels_of
from ledger.advertisers import Advertiser, selected_advertisers, selected_of
from ledger.apps import App, all_apps
from ledger.campaigns import campaigns_of
from ledger.default_mapping import DEFAULT_TARGETS
from ledger.grants import get_grant
from ledger.links import all_links
from ledger.local_time import UnknownZoneError, local_day
from ledger.mappings import WHOLE_APP, all_mappings
from ledger.pixels import all_pixels
from ledger.sites import link_bases
from ledger.spend_progress import LeaseLostError
from tiktok.account_refusals import ApiRefused
from tiktok.standard_events import counted_as

__all__ = ["DayRange", "Shown", "check_app", "check_range", "resolved_range", "sync_spend"]

LONGEST_RANGE_DAYS: Final = 400


def utc_now() -> datetime:
    return datetime.now(UTC)


async def sync_spend(
    session: Session, app_id: str, asked: DayRange, shown: Shown, clock: Callable[[], datetime] = utc_now
) -> dict[str, Any]:
    """{pulled_rows, changed_rows, from, to}: campaigns and ads, then these days of the account's own time zone.

    Raises:
        Misused: the days cannot be.
        Refused: the app has chosen no advertiser, or TikTok refused.
    """
    advertiser = await _chosen(session, app_id)
    try:
        check_range(asked, local_day(advertiser.timezone, clock()))
        async with _context(session, clock) as context:
            synced = await sync_range(context, advertiser, asked, shown)
    except UnknownZoneError:
        raise _no_zone(app_id) from None
    except BusyError:
        raise Refused("the worker is reading this advertiser's spend: try again in some minutes") from None
    except LeaseLostError:
        raise Refused(f"app {app_id} is no longer connected: `signalpost tiktok connect --app {app_id}`") from None
    except ApiRefused as refused:
        raise Refused(f"TikTok refused ({refused.words}). {refused.remedy}") from None
    except SecretError as error:
        raise Refused(str(error)) from None
    return {
        "pulled_rows": synced.pulled_rows,
        "changed_rows": synced.changed_rows,
        "from": synced.first,
        "to": synced.last,
    }


async def resolved_range(
    session: Session, app_id: str, asked: DayRange, clock: Callable[[], datetime] = utc_now
) -> tuple[date, date]:
    """(first, last) of what is asked for, as the account's own today has it.

    Raises:
        Misused: the days cannot be.
        Refused: the app has chosen no advertiser.
    """
    advertiser = await _chosen(session, app_id)
    try:
        calendar = Calendar(advertiser.timezone, clock(), advertiser.opened_at)
    except UnknownZoneError:
        raise _no_zone(app_id) from None
    check_range(asked, calendar.today)
    return whole_range(calendar, asked, session.settings.conversion_window_days)


def _no_zone(app_id: str) -> Refused:
    return Refused(f"{NO_ZONE}; `signalpost tiktok advertisers --app {app_id}` asks again")


def check_range(asked: DayRange, today: date) -> None:
    """Raises:
    Misused: the range is reversed, reaches into the future or is too long.
    """
    for field, day in (("from", asked.first), ("to", asked.last)):
        if day is not None and day > today:
            raise Misused(f"{field}: {day} is in the future; the advertiser's today is {today}")
    first, last = asked.first or today, asked.last or today
    if first > last:
        raise Misused(f"from: {first} is later than --to {last}; give the earlier day first")
    if last - first >= timedelta(days=LONGEST_RANGE_DAYS):
        raise Misused(f"from: {first} to {last} are more than {LONGEST_RANGE_DAYS} days; ask for them piece by piece")


async def check_app(session: Session, app_id: str) -> list[dict[str, Any]]:
    """[{code, level, entity_id, name, message, fix}]: what keeps the app's campaigns from using its events, by what was
    last read of them.

    Raises:
        Refused: there is no such app, or it has chosen no advertiser.
    """
    advertiser = await _chosen(session, app_id)
    app = await require_app(session, app_id)
    pool, advertiser_id = session.database, advertiser.advertiser_id
    codes = {pixel.code for pixel in await all_pixels(pool) if pixel.app_id == app_id}
    numbers = {
        pixel.pixel_number: pixel.pixel_code
        for pixel in await advertiser_pixels_of(pool, app_id)
        if pixel.advertiser_id == advertiser_id
    }
    sharing = await _sharing(session, app_id, advertiser_id)
    facts = CampaignFacts(
        app_id=app_id,
        campaigns=await campaigns_of(pool, advertiser_id),
        adgroups=await adgroups_of(pool, advertiser_id),
        ads=await ads_of(pool, advertiser_id),
        targets=await _targets(session, app_id),
        pixel_numbers={number for number, code in numbers.items() if code in codes} if numbers else None,
        link_apps={link.slug: link.app_id for link in await all_links(pool)},
        bases=own_bases(session.settings.public_base, app.settings.domains),
        sharing=frozenset(one.app_id for one in sharing),
        their_bases=link_bases(
            session.settings.public_base, [name for one in sharing for name in one.settings.domains]
        ),
    )
    return [_shown(warning) for warning in check_campaigns(facts)]


async def _sharing(session: Session, app_id: str, advertiser_id: str) -> list[App]:
    """The other apps that have chosen the advertiser."""
    chosen = await selected_advertisers(session.database)
    others = {one.app_id for one in chosen if one.advertiser_id == advertiser_id} - {app_id}
    return [app for app in await all_apps(session.database) if app.app_id in others]


async def _targets(session: Session, app_id: str) -> frozenset[str]:
    """TikTok's events that any event of the app becomes, at any of its pixels."""
    stored = await all_mappings(session.database)
    whole = {**DEFAULT_TARGETS, **stored.get((app_id, WHOLE_APP), {})}
    own = [rows for (owner, pixel_id), rows in stored.items() if owner == app_id and pixel_id != WHOLE_APP]
    return frozenset(counted_as(target) for rows in (whole, *own) for target in rows.values() if target)


async def _chosen(session: Session, app_id: str) -> Advertiser:
    await require_app(session, app_id)
    if await get_grant(session.database, app_id) is None:
        raise Refused(f"app {app_id} is not connected to TikTok: `signalpost tiktok connect --app {app_id}`")
    advertiser = await selected_of(session.database, app_id)
    if advertiser is None:
        raise Refused(f"app {app_id} has chosen no advertiser: `signalpost tiktok use --app {app_id} --advertiser ...`")
    return advertiser


@asynccontextmanager
async def _context(session: Session, clock: Callable[[], datetime]) -> AsyncIterator[ImportContext]:
    settings = session.settings
    async with opened_side(session.database, session.keyring, settings) as side:
        yield ImportContext(
            pool=session.database,
            api=side.api,
            keyring=session.keyring,
            quota=Quota(clock, per_minute=settings.tiktok_calls_per_minute),
            clock=clock,
            public_base=settings.public_base,
            window_days=settings.conversion_window_days,
        )


def _shown(warning: CampaignWarning) -> dict[str, Any]:
    return {
        "code": warning.code,
        "level": warning.level,
        "entity_id": warning.entity_id,
        "name": warning.name,
        "message": warning.message,
        "fix": warning.fix,
    }
