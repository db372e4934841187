"""Trials and subscriptions that last become an event of their own, once; those that end in time do not."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from forwarder.intake.webhooks.event_rows import QUALIFIED
from forwarder.intake.webhooks.storing import LATE_ENDING
from forwarder.jobs.qualifying import Emitted, emit_due
from ledger.event_timers import flag_late_endings
from tests.forwarder.api import APP, Api, opened_api, settings
from tests.forwarder.intake.webhooks.fixtures import PROVIDERS, body
from tests.forwarder.intake.webhooks.posting import connect, delivery, event, taken
from tests.ledger.waiting import until_somebody_waits, until_waiting

pytestmark = pytest.mark.anyio

TRIAL, SUBSCRIPTION = "a trial starts", "a subscription starts"
DELAY = timedelta(minutes=150)


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        await connect(opened, *PROVIDERS, revenue_source="revenuecat")
        await opened.pool.execute(
            "INSERT INTO mappings VALUES ($1, '', 'rc_trial_qualified', 'CompleteRegistration')", APP
        )
        await opened.services.directory.refresh()
        yield opened


async def later(api: Api, span: timedelta = DELAY) -> Emitted:
    """The timetable's task, as if this time had passed."""
    return await emit_due(api.pool, api.keyring, datetime.now(UTC) + span)


def minutes(count: float) -> int:
    return int((time.time() + count * 60) * 1000)


async def test_a_trial_that_lasts_is_qualified_when_the_delay_is_over_and_no_sooner(api: Api) -> None:
    await api.install(install_id="i-1", user={"external_id": "user-7"})
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    assert await later(api, timedelta(minutes=149)) == Emitted(0, 0)
    assert await later(api) == Emitted(1, 1)
    found, start = await event(api, "rc_trial_qualified"), await event(api, "rc_trial_started")
    assert (found["install_id"], found["joined"]) == ("i-1", True)
    assert found["occurred_at"] - start["occurred_at"] == DELAY
    assert (await delivery(api, "rc_trial_qualified"))["target_event"] == "CompleteRegistration"


async def test_a_qualified_event_is_emitted_once_whoever_looks_at_the_timers(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    emitted = await asyncio.gather(*(later(api) for _ in range(4)))
    assert sum(one.qualified for one in emitted) == 1
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    assert (await later(api)).due == 0


async def test_a_subscription_keeps_its_sum_and_is_sent_only_where_it_is_mapped(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", SUBSCRIPTION))
    await later(api)
    found = await event(api, "rc_subscription_qualified")
    assert (found["value"], found["currency"]) == (Decimal("9.99"), "EUR")
    assert (await delivery(api, "rc_subscription_qualified"))["reason"] == "not mapped"


async def test_what_ended_in_time_is_not_qualified_in_whatever_order_it_is_reported(api: Api) -> None:
    endings = ("a cancellation", "an expiration", "support refunds")
    for number, (ending, reverse) in enumerate((ending, reverse) for ending in endings for reverse in (False, True)):
        own = {"original_transaction_id": f"sub-{number}", "transaction_id": f"tx-{number}"}
        start = body("revenuecat", TRIAL, **own, id=f"start-{number}")
        end = body("revenuecat", ending, **own, id=f"end-{number}", event_timestamp_ms=minutes(0) + 1)
        for sent in (end, start) if reverse else (start, end):
            await taken(api, "revenuecat", sent)
    assert await later(api) == Emitted(6, 0)


async def test_the_end_of_an_earlier_subscription_does_not_count(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "an expiration", event_timestamp_ms=minutes(-60)))
    await taken(api, "revenuecat", body("revenuecat", SUBSCRIPTION))
    assert (await later(api)).qualified == 1


@pytest.mark.parametrize(("ended_after", "qualified"), [(149, 0), (151, 1)], ids=["in time", "later"])
async def test_how_late_a_start_is_reported_does_not_decide_what_ended_in_time(
    api: Api, ended_after: float, qualified: int
) -> None:
    """A forwarder or worker that was away: start and end are known before anybody looks at the timer."""
    await taken(api, "revenuecat", body("revenuecat", TRIAL, event_timestamp_ms=minutes(-300)))
    ended_at = minutes(-300 + ended_after)
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", event_timestamp_ms=ended_at))
    assert await later(api) == Emitted(1, qualified)


async def test_the_end_of_somebody_elses_subscription_does_not_count(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", original_transaction_id="another"))
    await taken(api, "superwall", body("superwall", "a cancellation"))
    assert (await later(api)).qualified == 1


@pytest.mark.parametrize(
    ("ended_after", "flags"),
    [(60, [LATE_ENDING]), (149, [LATE_ENDING]), (151, [])],
    ids=["hour", "just before", "after"],
)
async def test_an_ending_that_arrives_too_late_is_reported(api: Api, ended_after: float, flags: list[str]) -> None:
    start = body("revenuecat", TRIAL, event_timestamp_ms=minutes(-160))
    await taken(api, "revenuecat", start)
    assert (await later(api)).qualified == 1
    for event_id in ("late", "later"):
        at = minutes(-160 + ended_after)
        await taken(api, "revenuecat", body("revenuecat", "a cancellation", id=event_id, event_timestamp_ms=at))
    assert (await event(api, "rc_trial_qualified"))["flags"] == flags


async def test_the_delay_is_the_apps(api: Api) -> None:
    await connect(api, qualified_delay_minutes=10)
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    assert (await later(api, timedelta(minutes=10))).qualified == 1


@pytest.mark.parametrize(
    ("provider", "name"), [("superwall", "sw_trial_qualified"), ("adapty", "adapty_trial_qualified")]
)
async def test_every_platform_has_its_qualified_events(api: Api, provider: str, name: str) -> None:
    await connect(api, revenue_source=provider)
    await taken(api, provider, body(provider, TRIAL))
    await later(api)
    found: dict[str, Any] = await event(api, name)
    assert found["source"] == provider


async def test_no_timer_is_set_for_what_is_no_start(api: Api) -> None:
    for case in ("a trial converts", "a renewal", "a one-time purchase", "a sandbox purchase", "a cancellation"):
        await taken(api, "revenuecat", body("revenuecat", case))
    assert await api.count("event_timers") == 0


@pytest.mark.parametrize("ending", ["a cancelled trial under its old name", "a trial that expired under its old name"])
async def test_an_ending_of_adaptys_under_its_old_name_ends_a_trial(api: Api, ending: str) -> None:
    await taken(api, "adapty", body("adapty", TRIAL))
    await taken(api, "adapty", body("adapty", ending))
    assert await later(api) == Emitted(1, 0)


ENDING = """
INSERT INTO events (app_id, event_id, name, subscription_id, source, occurred_at, body)
VALUES ($1, 'ending', 'rc_cancellation', $2, $3, now() + interval '1 second', '{}') RETURNING event_key
"""
HOLD = "INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'held', now(), '{}')"


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session whose open transaction is waited for."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def test_what_is_reported_to_have_ended_at_this_moment_is_not_qualified(
    api: Api, other: asyncpg.Connection
) -> None:
    """The ending is stored by another process, and not committed yet."""
    await taken(api, "revenuecat", body("revenuecat", TRIAL))
    transaction = other.transaction()
    await transaction.start()
    (start,) = await other.fetch("SELECT * FROM events WHERE name = 'rc_trial_started'")
    ending = await other.fetchval(ENDING, APP, start["subscription_id"], start["source"])
    await flag_late_endings(other, [(APP, ending)], LATE_ENDING, QUALIFIED)
    assert await later(api) == Emitted(0, 0)
    await transaction.commit()
    assert await later(api) == Emitted(1, 0)


async def test_an_ending_that_comes_while_its_start_is_qualified_is_reported(
    api: Api, other: asyncpg.Connection
) -> None:
    await taken(api, "revenuecat", body("revenuecat", TRIAL, event_timestamp_ms=minutes(-160)))
    start = await event(api, "rc_trial_started")
    transaction = other.transaction()
    await transaction.start()
    await other.execute(HOLD, APP, start["event_id"] + QUALIFIED)
    qualifying = asyncio.ensure_future(later(api))
    await until_somebody_waits(api.pool)
    late = body("revenuecat", "a cancellation", id="late", event_timestamp_ms=minutes(-60))
    ending = asyncio.ensure_future(taken(api, "revenuecat", late))
    await until_waiting(api.pool, 2, ending)
    await transaction.rollback()
    assert (await qualifying).qualified == 1
    await ending
    assert (await event(api, "rc_trial_qualified"))["flags"] == [LATE_ENDING]
