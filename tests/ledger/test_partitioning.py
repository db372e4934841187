"""A ledger that becomes one of partitions loses nothing and takes nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from ledger import partitioning
from ledger.partitioning import AlreadyPartitionedError, OldWriterError, give_up_abandoned, partition
from ledger.partitions import TABLES, layout_of, make_ahead
from ledger.stored_events import store_events
from tests.engines import SessionEngines
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import NOW, Rows, opened_rows
from tests.ledger.test_events import event
from tests.ledger.test_side_by_side import posting

pytestmark = pytest.mark.anyio

KEYS = 1_000


@pytest.fixture
def own_url(engines: SessionEngines) -> Iterator[str]:
    """A ledger that nobody else is given."""
    name = engines.name("layout")
    yield engines.migrated_database(name)
    engines.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def rows(own_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(own_url) as opened:
        yield opened


def quiet(_: str) -> None:
    """Nobody is told."""


async def contents(rows: Rows) -> dict[str, list[str]]:
    found = {}
    for table in (*TABLES, "webhook_bodies"):
        texts = await rows.pool.fetch(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")  # noqa: S608 - own names
        found[table] = [row[0] for row in texts]
    return found


async def fill(rows: Rows) -> None:
    for number in range(30):
        delivery = await rows.delivery(f"e{number}")
        attempt = "INSERT INTO attempts (app_id, delivery_id, at, outcome, ms) VALUES ($1, $2, $3, 'x', 1)"
        await rows.pool.execute(attempt, APP, delivery, NOW)
        timer = "INSERT INTO event_timers (app_id, event_key, name, due_at, qualified_at) SELECT $1, $2, 'q', $3, $3"
        await rows.pool.execute(timer, APP, await rows.pool.fetchval("SELECT max(event_key) FROM events"), NOW)


async def known(rows: Rows) -> bool:
    """Whether every event of `fill` is known by its id, and a new one is new."""
    again = await store_events(rows.pool, [event(f"e{number}", app_id=APP) for number in range(30)])
    return again == {} and len(await store_events(rows.pool, [event("new", app_id=APP)])) == 1


async def test_every_row_stays_and_attempts_learn_the_key_of_their_event(rows: Rows) -> None:
    await fill(rows)
    await rows.pool.execute(
        "UPDATE attempts a SET event_key = d.event_key FROM deliveries d WHERE d.delivery_id = a.delivery_id"
        " AND a.delivery_id % 2 = 0"
    )
    before = await contents(rows)
    await partition(rows.pool, quiet, KEYS)
    after = await contents(rows)
    assert {table: after[table] for table in after if table != "attempts"} == {
        table: before[table] for table in before if table != "attempts"
    }
    right = "SELECT count(*) FROM attempts a JOIN deliveries d USING (app_id, delivery_id, event_key)"
    assert await rows.pool.fetchval(right) == len(before["attempts"]) == 30
    assert await known(rows)


async def test_new_rows_get_numbers_that_none_had(rows: Rows) -> None:
    await fill(rows)
    before = await rows.pool.fetchval("SELECT max(delivery_id) FROM deliveries")
    await partition(rows.pool, quiet, KEYS)
    assert await rows.delivery("new") == before + 1


async def test_nothing_of_what_is_stored_is_written_anew(rows: Rows) -> None:
    await fill(rows)
    where = "SELECT pg_relation_filenode(to_regclass($1))"
    before = await rows.pool.fetchval(where, "events")
    first = await partition(rows.pool, quiet, KEYS)
    assert await rows.pool.fetchval(where, first.named("events")) == before


async def test_a_second_time_there_is_nothing_to_do(rows: Rows) -> None:
    await partition(rows.pool, quiet, KEYS)
    with pytest.raises(AlreadyPartitionedError):
        await partition(rows.pool, quiet, KEYS)


@pytest.mark.parametrize("step", range(4))
async def test_what_was_cut_short_goes_on(rows: Rows, step: int) -> None:
    await fill(rows)
    told: list[str] = []

    def stop(text: str) -> None:
        told.append(text)
        if len(told) > step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await partition(rows.pool, stop, KEYS)
    assert await layout_of(rows.pool) == "plain"
    await store_events(rows.pool, [event("between", app_id=APP)])
    await partition(rows.pool, quiet, KEYS)
    assert await store_events(rows.pool, [event("between", app_id=APP)]) == {}
    assert await known(rows)


async def test_attempts_of_an_older_worker_are_told_and_the_ledger_stays_as_it_was(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(rows)
    monkeypatch.setattr(partitioning, "FILL_ATTEMPTS", "SELECT $1::bigint + $2::bigint")
    with pytest.raises(OldWriterError, match="attempts"):
        await partition(rows.pool, quiet, KEYS)
    assert await rows.pool.fetchval("SELECT count(*) FROM pg_constraint WHERE conname = 'partition_bound'") == 0


async def test_a_change_that_was_begun_and_left_never_stops_events(rows: Rows) -> None:
    def stop(text: str) -> None:
        if "ids" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await partition(rows.pool, stop, KEYS)
    assert not await give_up_abandoned(rows.pool, KEYS)
    await rows.pool.execute(f"SELECT setval('events_event_key_seq', {2 * KEYS - KEYS // 2})")
    assert await give_up_abandoned(rows.pool, KEYS)
    await rows.pool.execute(f"SELECT setval('events_event_key_seq', {3 * KEYS})")
    assert await store_events(rows.pool, [event("e", app_id=APP)])


async def test_who_knew_it_as_plain_is_refused_and_told_why(rows: Rows) -> None:
    await partition(rows.pool, quiet, KEYS)
    with pytest.raises(asyncpg.InvalidColumnReferenceError):
        await store_events(rows.pool, [event("e", app_id=APP)], layout="plain")


async def test_an_event_that_was_erased_before_leaves_no_id(rows: Rows) -> None:
    await fill(rows)
    await rows.pool.execute("DELETE FROM events WHERE event_id = 'e1'")
    await partition(rows.pool, quiet, KEYS)
    assert await rows.pool.fetchval("SELECT count(*) FROM event_ids") == 29


async def test_a_forwarder_refuses_nothing_and_stores_each_event_once_meanwhile(
    own_url: str, redis_url: str, data_dir: Path
) -> None:
    async with posting(own_url, redis_url, data_dir) as answers, opened_rows_of(own_url) as pool:
        await _more(answers)
        await partition(pool, quiet, KEYS)
        await make_ahead(pool, KEYS)
        await _more(answers)
    assert set(answers) == {202}
    async with opened_rows_of(own_url) as pool:
        stored = await pool.fetch("SELECT event_id, count(*) FROM events GROUP BY 1")
        assert {row[0]: row[1] for row in stored} == {f"e{number}": 1 for number in range(len(answers))}
        assert await pool.fetchval("SELECT count(*) FROM event_ids") == len(answers)


def opened_rows_of(url: str) -> asyncpg.Pool:
    return asyncpg.create_pool(url, min_size=1, max_size=2)


async def _more(answers: list[int]) -> None:
    wanted = len(answers) + 20
    async with asyncio.timeout(60):
        while len(answers) < wanted:  # noqa: ASYNC110 - a counter has nothing to wait at
            await asyncio.sleep(0)
