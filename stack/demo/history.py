"""Four weeks of the demo's clicks, installs and events, put into the ledger once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from admin.demo import Demo
from admin.session import Session
from admin.spend import utc_now
from ledger.adgroups import adgroups_of
from ledger.ads import ads_of
from ledger.advertisers import Advertiser, selected_of
from ledger.campaigns import campaigns_of
from ledger.counts import add_counts
from ledger.default_mapping import DEFAULT_TARGETS
from ledger.deliveries import NewDelivery
from ledger.events import NewEvent
from ledger.installs import Install
from ledger.local_time import day_begins, local_day
from ledger.spend_rows import NOT_AT_AD_LEVEL, stored_rows
from ledger.stored_events import store_events
from ledger.stored_installs import NewInstalls, store_installs
from stack.demo.account import DAYS
from stack.demo.people import AdDay, Person, Population
from stack.demo.reliability import learn_reliability
from tiktok.payload import sent_event_id

PLATFORMS: Final = {"IOS": "ios", "ANDROID": "android"}
# what is younger is sent to TikTok's stand-in, as the apps' events of these days were
SENT_FOR: Final = timedelta(days=2)


async def fill_history(session: Session, demo: Demo) -> None:
    """What of it is not there yet. A run that was cut off is taken up: the same people have the same ids."""
    advertiser = await selected_of(session.database, demo.app_id)
    if advertiser is None:
        return
    now = utc_now()
    days = await _ad_days(session.database, advertiser, now)
    population = Population(demo.app_id, demo.slug, now)
    async with session.database.acquire() as connection, connection.transaction():
        await _store(connection, demo, list(population.people(days)), now)
    await add_counts(session.database, f"demo:{demo.app_id}", population.visits(days))


async def _ad_days(pool: Any, advertiser: Advertiser, now: datetime) -> list[AdDay]:
    zone, advertiser_id = advertiser.timezone, advertiser.advertiser_id
    campaigns = {one.campaign_id: one.name for one in await campaigns_of(pool, advertiser_id)}
    adgroups = {one.adgroup_id: one for one in await adgroups_of(pool, advertiser_id)}
    ads = {one.ad_id: one for one in await ads_of(pool, advertiser_id)}
    today, found = local_day(zone, now), []
    for day in (today - timedelta(days=back) for back in range(DAYS)):
        begins, ends = day_begins(zone, day), min(day_begins(zone, day + timedelta(days=1)), now)
        for row in await stored_rows(pool, advertiser_id, day, "day"):
            ad = ads.get(row.ad_id)
            if row.ad_id == NOT_AT_AD_LEVEL or ad is None or not row.clicks:
                continue
            group = adgroups[ad.adgroup_id]
            systems = tuple(PLATFORMS[one] for one in group.operating_systems if one in PLATFORMS)
            found.append(
                AdDay(
                    begins=begins,
                    ends=ends,
                    clicks=row.clicks,
                    campaign=(ad.campaign_id, campaigns.get(ad.campaign_id, "")),
                    adgroup=(group.adgroup_id, group.name),
                    ad=(ad.ad_id, ad.name),
                    platforms=systems or tuple(PLATFORMS.values()),
                )
            )
    return found


async def _store(connection: Any, demo: Demo, people: Sequence[Person], now: datetime) -> None:
    installs = [_install(demo.app_id, person) for person in people]
    new = await store_installs(connection, NewInstalls(installs))
    await learn_reliability(connection, demo.app_id, [one for one in people if (demo.app_id, one.install_id) in new])
    events = [event for person in people for event in _events(demo.app_id, person)]
    sent = (_delivery(demo, event, now) for event in events if event.occurred_at > now - SENT_FOR)
    await store_events(connection, events, [one for one in sent if one is not None])


def _install(app_id: str, person: Person) -> Install:
    os_version = "18.6" if person.platform == "ios" else "14"
    return Install(
        app_id=app_id,
        install_id=person.install_id,
        platform=person.platform,
        occurred_at=person.at,
        received_at=person.at,
        body={
            "device": {"os_version": os_version, "locale": f"de-{person.country}"},
            "consent": {"marketing": "granted"},
            "app_version": "1.0.0",
            "user": {"country": person.country},
        },
        match_method=person.method,
        match_probability=person.probability,
        match_reason="" if person.click else "no click of this network in the last 24 hours",
        match_detail={},
        click_id=person.click.click_id if person.click else None,
        click=msgspec.to_builtins(person.click) if person.click else None,
        external_ids=(),
    )


def _events(app_id: str, person: Person) -> list[NewEvent]:
    def event(event_id: str, name: str, at: datetime, value: Decimal | None) -> NewEvent:
        return NewEvent(
            app_id=app_id,
            event_id=event_id,
            source="sdk",
            name=name,
            install_id=person.install_id,
            external_ids=(),
            occurred_at=at,
            received_at=at,
            value=value,
            currency="EUR" if value is not None else None,
            body={"consent": {"marketing": "granted"}},
            joined=True,
            flags=(),
        )

    followed = [
        event(f"{person.install_id}-{number}", one.name, one.at, one.value)
        for number, one in enumerate(person.happenings)
    ]
    return [event(f"install:{person.install_id}", "install", person.at, None), *followed]


def _delivery(demo: Demo, event: NewEvent, now: datetime) -> NewDelivery | None:
    target = DEFAULT_TARGETS.get(event.name)
    if not target:
        return None
    return NewDelivery(
        app_id=demo.app_id,
        pixel_id=demo.pixel_id,
        event_id=sent_event_id(demo.app_id, event.event_id, target),
        source_event_id=event.event_id,
        source_event=event.name,
        target_event=target,
        install_id=event.install_id,
        state="due",
        reason="",
        next_attempt_at=now,
    )
