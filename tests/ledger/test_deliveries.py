"""Waking deliveries that wait for their install."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.deliveries import release_for_events, release_for_installs
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def test_an_install_wakes_what_waits_for_it_and_nothing_else(rows: Rows) -> None:
    later = NOW + timedelta(hours=1)
    waiting = await rows.delivery("e1", "i1", next_attempt_at=later, reason="waiting for install")
    other = await rows.delivery("e2", "i2", next_attempt_at=later, reason="waiting for install")
    retried = await rows.delivery("e3", "i1", next_attempt_at=later, reason="50000: busy")
    assert await release_for_installs(rows.pool, [(APP, "i1")], NOW) == 1
    assert await rows.due_at(waiting) == NOW
    assert await rows.due_at(other) == later
    assert await rows.due_at(retried) == later


async def test_an_install_of_another_app_wakes_nothing(rows: Rows) -> None:
    await rows.delivery("e1", "i1", next_attempt_at=NOW, reason="waiting for install")
    assert await release_for_installs(rows.pool, [("app_bbbbbbbbbbbb", "i1")], NOW) == 0


async def test_events_joined_by_an_external_id_are_woken_by_their_keys(rows: Rows) -> None:
    delivery = await rows.delivery("e1", None, next_attempt_at=NOW + timedelta(hours=1), reason="waiting for install")
    event_key = await rows.pool.fetchval("SELECT event_key FROM events")
    assert await release_for_events(rows.pool, [(APP, event_key)], NOW) == 1
    assert await rows.due_at(delivery) == NOW
