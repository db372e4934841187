"""Events go in with their deliveries and what reports count of them, once."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from ledger.deliveries import NewDelivery
from ledger.partitions import Layout
from ledger.pool import open_pool
from ledger.stored_events import STORE_EVENTS, store_events
from ledger.stored_installs import NewInstalls, store_installs
from tests.forwarder.delivering.scene import APP, PIXEL, add_app_and_pixel
from tests.layouts import ON_BOTH
from tests.ledger.plans import plan_of
from tests.ledger.rows import NOW
from tests.ledger.test_events import event
from tests.ledger.test_installs import install

pytestmark = [pytest.mark.anyio, ON_BOTH]

CLICK = {"click_id": "c", "at_ms": 1, "campaign_id": "7"}


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 2)
    await add_app_and_pixel(opened)
    yield opened
    await opened.close()


def delivery(source_event_id: str = "e", app_id: str = APP) -> NewDelivery:
    return NewDelivery(app_id, PIXEL, "sent", source_event_id, "purchase", "Purchase", "i", "due", "", NOW)


async def deltas(pool: asyncpg.Pool) -> list[tuple[Any, ...]]:
    rows = await pool.fetch("SELECT campaign_id, installs, events, revenue FROM report_deltas ORDER BY delta_id")
    return [(row["campaign_id"], row["installs"], row["events"], str(row["revenue"])) for row in rows]


async def credited_install(pool: asyncpg.Pool, install_id: str = "i") -> None:
    row = install(install_id, app_id=APP, match_method="referrer", click_id="c", click=CLICK)
    await store_installs(pool, NewInstalls([row]))
    await pool.execute("DELETE FROM report_deltas")


async def test_a_delivery_takes_the_key_of_its_event(pool: asyncpg.Pool) -> None:
    keys = await store_events(pool, [event("d", app_id=APP), event("e", app_id=APP)], [delivery()])
    assert await pool.fetchval("SELECT event_key FROM deliveries") == keys[APP, "e"]


async def test_an_event_that_comes_again_brings_no_delivery(pool: asyncpg.Pool) -> None:
    await store_events(pool, [event("e", app_id=APP)])
    assert await store_events(pool, [event("e", app_id=APP)], [delivery()]) == {}
    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 0


INSTALLS = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method)
SELECT $1, 'i' || n, 'ios', now(), now(), '{}', 'referrer' FROM generate_series(1, 3000) n
"""


def nested_scans(plan: dict[str, Any]) -> list[list[str]]:
    """What of a plan meets each row of one part of the batch with each row of another."""
    under = plan.get("Plans", [])
    found = [scans for child in under for scans in nested_scans(child)]
    kinds = [child["Node Type"] for child in under if child["Parent Relationship"] in {"Outer", "Inner"}]
    return [*found, kinds] if plan["Node Type"] == "Nested Loop" and kinds == ["CTE Scan", "CTE Scan"] else found


# what PostgreSQL has counted of earlier events: how many in a hundred had found their install, which were archived
@pytest.mark.parametrize(("joined", "flags"), [(0, ()), (5, ()), (100, ()), (100, ("install_deleted",))])
async def test_a_batch_is_not_gone_through_once_for_each_of_its_rows(
    pool: asyncpg.Pool, layout: Layout, joined: int, flags: tuple[str, ...]
) -> None:
    await pool.execute(INSTALLS, APP)
    earlier = [
        event(str(n), app_id=APP, install_id=f"i{n}", joined=n % 100 < joined, flags=flags) for n in range(1_000)
    ]
    await store_events(pool, earlier)
    await pool.execute("ANALYZE installs, events")
    async with pool.acquire() as connection:
        assert nested_scans(await plan_of(connection, STORE_EVENTS[layout])) == []


async def test_nothing_is_stored_of_nothing(pool: asyncpg.Pool) -> None:
    assert await store_events(pool, []) == {}


@pytest.mark.parametrize("times", [1, 2])
async def test_an_event_of_a_credited_install_counts_once(pool: asyncpg.Pool, times: int) -> None:
    await credited_install(pool)
    for _ in range(times):
        await store_events(pool, [event("e", app_id=APP, install_id="i", joined=True)])
    assert await deltas(pool) == [("7", 0, 1, "9.99")]


async def test_events_of_one_ad_are_one_delta(pool: asyncpg.Pool) -> None:
    await credited_install(pool)
    await store_events(pool, [event(name, app_id=APP, install_id="i", joined=True) for name in "abc"])
    assert await deltas(pool) == [("7", 0, 3, "29.97")]


async def test_an_event_that_waits_for_its_install_counts_for_nobody(pool: asyncpg.Pool) -> None:
    await credited_install(pool)
    await store_events(pool, [event("e", app_id=APP, install_id="i", joined=False)])
    assert await deltas(pool) == []


@pytest.mark.parametrize("count", [1, 40, 1_000])
async def test_any_number_of_events_goes_in(pool: asyncpg.Pool, count: int) -> None:
    events = [event(str(number), app_id=APP) for number in range(count)]
    keys = await store_events(pool, events, [delivery(str(number)) for number in range(count)])
    assert len(keys) == count
    assert await pool.fetchval("SELECT count(*) FROM deliveries d JOIN events e USING (app_id, event_key)") == count


@pytest.mark.parametrize("text", ['"', "\\", "'; --", "é", "\u2028", "💶", "null", "[1]", "\t\n"])
async def test_texts_and_bodies_come_out_as_they_went_in(pool: asyncpg.Pool, text: str) -> None:
    body = {"properties": {text: [text, 1.5, None, True, {"a": 10**20}]}}
    await store_events(pool, [event(text, app_id=APP, name=text, body=body, external_ids=(text, "v"))])
    row = await pool.fetchrow("SELECT event_id, name, body, external_ids FROM events")
    assert (row["event_id"], row["name"], row["body"], row["external_ids"]) == (text, text, body, [text, "v"])


async def test_what_is_not_said_is_null(pool: asyncpg.Pool) -> None:
    await store_events(pool, [event("e", app_id=APP, install_id=None, value=None, currency=None)])
    row = await pool.fetchrow("SELECT install_id, value, currency, subscription_id FROM events")
    assert tuple(row) == (None, None, None, None)


async def test_an_install_without_a_click_has_none(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install("i", app_id=APP)]))
    assert await pool.fetchval("SELECT click IS NULL AND click_id IS NULL FROM installs")


async def test_an_install_that_is_there_brings_nothing_of_what_follows(pool: asyncpg.Pool) -> None:
    row = install("i", app_id=APP, match_method="referrer", click_id="c", click=CLICK)
    own = event("install:i", app_id=APP, name="install", install_id="i", joined=True)
    new = NewInstalls([row], [own], [delivery("install:i")], [(row.key, {"seen": 1})])
    assert [await store_installs(pool, new) for _ in range(2)] == [{row.key}, set()]
    counted = await pool.fetchrow(
        """SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries),
            (SELECT count(*) FROM match_observations)"""
    )
    assert tuple(counted) == (1, 1, 1)
    assert await deltas(pool) == [("7", 1, 0, "0")]
