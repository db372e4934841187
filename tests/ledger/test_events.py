"""Events: each stored once, and joined to the install they wait for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from ledger.events import NewEvent, join_events, late_installs
from ledger.pool import open_pool
from ledger.stored_events import store_events
from ledger.stored_installs import NewInstalls, store_installs
from tests.layouts import ON_BOTH
from tests.ledger.test_installs import APP, NOW, install

pytestmark = [pytest.mark.anyio, ON_BOTH]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 3)
    await opened.execute(
        "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ('app_a', 'A', '\\x01', '\\x01'),"
        " ('app_b', 'B', '\\x02', '\\x02')"
    )
    yield opened
    await opened.close()


def event(event_id: str = "e", **columns: Any) -> NewEvent:
    values: dict[str, Any] = {
        "app_id": APP, "event_id": event_id, "source": "sdk", "name": "purchase", "install_id": "i", "external_ids": (),
        "occurred_at": NOW, "received_at": NOW, "value": Decimal("9.99"), "currency": "EUR", "body": {},
        "joined": False,
        "flags": (),
    }  # fmt: skip
    return NewEvent(**(values | columns))


async def test_an_event_is_stored_once_per_app(pool: asyncpg.Pool) -> None:
    first = await store_events(pool, [event("a", external_ids=("u",), flags=("f",)), event("b")])
    assert set(first) == {(APP, "a"), (APP, "b")}
    assert set(await store_events(pool, [event("b"), event("b", app_id="app_b")])) == {("app_b", "b")}
    row = await pool.fetchrow("SELECT value, currency, external_ids, flags FROM events WHERE event_id = 'a'")
    assert tuple(row) == (Decimal("9.99"), "EUR", ["u"], ["f"])
    assert await pool.fetchval("SELECT external_ids FROM events WHERE app_id = 'app_b'") == []


async def test_waiting_events_join_the_install_they_name_or_whose_person_they_are(pool: asyncpg.Pool) -> None:
    keys = await store_events(
        pool,
        [
            event("named"),
            event("person", install_id=None, external_ids=("u",)),
            event("both", install_id="other", external_ids=("u",)),
            event("foreign", app_id="app_b"),
            event("stranger", install_id=None, external_ids=("w",)),
        ],
    )
    joined = await join_events(pool, [(APP, "i", ("u", "v"))])
    assert {one.event_key for one in joined} == {keys[APP, "named"], keys[APP, "person"]}
    assert {one.install for one in joined} == {(APP, "i")}
    assert await pool.fetchval("SELECT install_id FROM events WHERE event_id = 'person'") == "i"
    assert await join_events(pool, [(APP, "i", ("u", "v"))]) == []


async def test_an_install_that_missed_its_event_is_found_afterwards(pool: asyncpg.Pool) -> None:
    await store_installs(pool, NewInstalls([install(), install("j", external_ids=("u",)), install("k")]))
    await store_events(
        pool, [event("a"), event("b", install_id=None, external_ids=("u",)), event("c", install_id="k", joined=True)]
    )
    late = await late_installs(pool, NOW - timedelta(minutes=1), NOW, 10)
    assert sorted(late) == [(APP, "i", ()), (APP, "j", ("u",))]
    assert await late_installs(pool, NOW, NOW + timedelta(minutes=1), 10) == []
    assert await late_installs(pool, NOW - timedelta(minutes=2), NOW - timedelta(minutes=1), 10) == []
