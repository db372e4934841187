"""Rule 5: what is being stored while its person is erased does not stay. An event, install or webhook that has asked
for tombstones before, and is stored behind the erasure.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from forwarder.jobs.qualifying import emit_due
from tests.forwarder.api import APP, Api
from tests.forwarder.intake.webhooks.fixtures import body
from tests.forwarder.intake.webhooks.posting import connect, taken
from tests.ledger.waiting import until_somebody_waits
from tests.privacy.conftest import Erase, Service

pytestmark = pytest.mark.anyio

EVENT = {"event_id": "late", "install_id": "i-1", "name": "purchase"}
HOLD_EVENT = "INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'x', now(), '{}')"
HOLD_INSTALL = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method)
VALUES ($1, 'i-2', 'ios', now(), '{}', 'none')
"""


@pytest.fixture
async def holder(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Who stores the same at this moment, and gives it up in the end: what others store waits meanwhile."""
    opened = await asyncpg.connect(database_url)
    async with asyncio.timeout(60):
        yield opened
    await opened.close()


async def everything_left(api: Api) -> dict[str, int]:
    tables = ("installs", "events", "deliveries", "webhook_bodies", "person_installs", "event_timers", "click_claims")
    return {table: rows for table in tables if (rows := await api.count(table))}


async def test_an_event_that_is_stored_behind_the_erasure_is_refused(
    service: Service, erase: Erase, holder: asyncpg.Connection
) -> None:
    await service.api.install()
    held = holder.transaction()
    await held.start()
    await holder.execute(HOLD_EVENT, APP, "late")
    posted = asyncio.create_task(service.api.post("/v1/events", EVENT))
    await until_somebody_waits(service.api.pool)
    assert await erase(install_id="i-1")
    await held.rollback()
    answer = await posted
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "install_id")
    assert await everything_left(service.api) == {}


async def test_an_event_that_is_stored_while_the_rest_goes_goes_with_it(
    service: Service, erase: Erase, holder: asyncpg.Connection
) -> None:
    """The erasure has looked for events, and its tombstone cannot be seen yet."""
    await service.api.install()
    held = holder.transaction()
    await held.start()
    await holder.execute("LOCK TABLE click_claims IN ACCESS EXCLUSIVE MODE")
    erasing = asyncio.ensure_future(erase(install_id="i-1"))
    await until_somebody_waits(service.api.pool)
    assert (await service.api.events(EVENT))["accepted"] == 1
    await held.rollback()
    assert await erasing
    assert await everything_left(service.api) == {}


async def test_an_event_of_one_of_a_persons_installs_goes_with_it_too(
    service: Service, erase: Erase, holder: asyncpg.Connection
) -> None:
    """It names the install, and not the person."""
    await service.api.install(user={"external_id": "u-1"})
    held = holder.transaction()
    await held.start()
    await holder.execute("LOCK TABLE click_claims IN ACCESS EXCLUSIVE MODE")
    erasing = asyncio.ensure_future(erase(external_id="u-1"))
    await until_somebody_waits(service.api.pool)
    await service.api.events(EVENT)
    await held.rollback()
    assert await erasing
    assert await everything_left(service.api) == {}


async def test_an_install_that_is_stored_behind_the_erasure_of_its_person_goes_with_its_click(
    service: Service, erase: Erase, holder: asyncpg.Connection
) -> None:
    click_id = await service.api.click()
    await service.api.install(user={"external_id": "u-1"}, click_id=None, ip="203.0.113.99")
    held = holder.transaction()
    await held.start()
    await holder.execute(HOLD_INSTALL, APP)
    second = {"install_id": "i-2", "user": {"external_id": "u-1"}, "click_id": click_id}
    posted = asyncio.create_task(service.api.install(**second))
    await until_somebody_waits(service.api.pool)
    assert await erase(external_id="u-1")
    await held.rollback()
    assert (await posted)["match"]["reason"] == "erased"
    assert await everything_left(service.api) == {}
    assert await service.api.store.get(click_id) is None


@pytest.mark.parametrize("whom", [{"install_id": "i-1"}, {"external_id": "user-7"}])
async def test_a_webhook_that_is_stored_behind_the_erasure_goes(
    service: Service, erase: Erase, holder: asyncpg.Connection, whom: dict[str, str]
) -> None:
    api = service.api
    await connect(api, "revenuecat")
    await api.install(user={"external_id": "user-7"})
    trial: dict[str, Any] = body("revenuecat", "a trial starts")
    held = holder.transaction()
    await held.start()
    await holder.execute(HOLD_EVENT, APP, f"revenuecat:{trial['event']['id']}")
    posted = asyncio.create_task(taken(api, "revenuecat", trial))
    await until_somebody_waits(api.pool)
    assert await erase(**whom)
    await held.rollback()
    await posted
    assert await everything_left(api) == {}


async def test_what_a_timer_makes_of_a_trial_goes_with_it(
    service: Service, erase: Erase, holder: asyncpg.Connection
) -> None:
    api = service.api
    await connect(api, "revenuecat")
    await api.install(user={"external_id": "user-7"})
    trial: dict[str, Any] = body("revenuecat", "a trial starts")
    await taken(api, "revenuecat", trial)
    held = holder.transaction()
    await held.start()
    await holder.execute(HOLD_EVENT, APP, f"revenuecat:{trial['event']['id']}:qualified")
    emitting = asyncio.create_task(emit_due(api.pool, api.keyring, datetime.now(UTC) + timedelta(days=1)))
    await until_somebody_waits(api.pool)
    erasing = asyncio.ensure_future(erase(external_id="user-7"))
    await until_somebody_waits(api.pool, 2)
    await held.rollback()
    assert (await emitting).qualified == 1
    assert await erasing
    assert await everything_left(api) == {}
