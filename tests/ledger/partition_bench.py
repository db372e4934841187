"""Is a ledger of 24 partitions as fast as one of whole tables? `python -m tests.ledger.partition_bench [--rows 600000]`

Both are filled alike, one after the other is asked, and the medians are compared: only ratios mean anything. The last
three partitions are empty, as they are ahead. It imports the ledger, so it stands here and not among the load tests,
which import nothing of ours. Writes `loadtests/results/partitions.md`.
"""

import argparse
import asyncio
import hashlib
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ledger.connecting import connect
from ledger.deliveries import NewDelivery
from ledger.delivery_claims import Lease, Prepared, Sent, Settled, claim, settle, store_prepared
from ledger.events import NewEvent, join_events
from ledger.partitioning import partition
from ledger.partitions import KeyRange, Layout, make_partition
from ledger.pixel_state import pixels_with_due, sending_pixel
from ledger.pool import open_pool
from ledger.stored_events import store_events
from loadtests.cores import choose_cores
from loadtests.machine import describe_machine
from tests.engines import FAST, session_engines

RESULT: Final = Path(__file__).parents[2] / "loadtests" / "results" / "partitions.md"
PARTITIONS: Final = 24
SIZES: Final = (1, 50, 500)
APP, SENT_PIXEL, DUE_PIXEL = "app_1", "px_1", "px_2"
LOOKUPS: Final = {"enable_seqscan": "off", "jit": "off"}  # as a forwarder has them
INSTALLS: Final = 100_000
CHUNK: Final = 200_000

SETTINGS = f"""
INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ('{APP}', 'A', '\\x01', '');
INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ('{SENT_PIXEL}', '{APP}', 'C', ''),
    ('{DUE_PIXEL}', '{APP}', 'C', '');
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method, click_id, click)
SELECT '{APP}', 'i' || n, 'ios', now(), now(), '{{}}', 'click_id', 'c' || n,
    jsonb_build_object('ttclid', repeat(md5(n::text), 8), 'link', 'l') FROM generate_series(1, {INSTALLS}) n;
SET session_replication_role = replica
"""  # noqa: S608 - this module's own names
PUT_EVENTS = """
INSERT INTO events (app_id, event_id, name, install_id, occurred_at, received_at, value, currency, body, joined)
SELECT 'app_1', 'e' || md5(k::text), 'purchase', 'i' || (1 + k % 100000), now() - ($2::integer - k) * interval '1 s',
    now() - ($2::integer - k) * interval '1 s', 9.99, 'EUR', '{"properties": {"order_id": "o1"}}', k % 50 <> 0
FROM generate_series($1::integer, $1::integer + $3::integer - 1) k
"""
PUT_DELIVERIES = """
INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event, install_id,
    state, next_attempt_at, payload)
SELECT app_id, $1, event_key, md5(event_id), event_id, name, 'Purchase', install_id, $2,
    CASE WHEN $2 = 'due' THEN now() - interval '1 hour' + event_key % 3600 * interval '1 s' END,
    CASE WHEN $2 <> 'due' THEN repeat(md5(event_id), 10) END
FROM events WHERE event_key > $3 ORDER BY event_key
"""
PUT_ATTEMPTS = """
INSERT INTO attempts (app_id, delivery_id, event_key, at, outcome, status, code, message, request_id, ms)
SELECT app_id, delivery_id, event_key, now(), 'delivered', 200, 0, 'OK', md5(event_id), 120 FROM deliveries
ORDER BY event_key
"""
PUT_IDS = "INSERT INTO event_ids SELECT app_id, event_id, event_key FROM events"
BY_ID: Final = {
    "plain": "SELECT * FROM events WHERE app_id = $1 AND event_id = $2",
    "partitioned": "SELECT * FROM events WHERE app_id = $1 AND event_key ="
    " (SELECT event_key FROM event_ids WHERE app_id = $1 AND event_id = $2)",
}


async def fill(url: str, layout: Layout, rows: int) -> None:
    if layout == "partitioned":
        await _partition(url, rows // (PARTITIONS - 3))
    connection = await connect(url)

    async def put(statement: str, *values: object) -> None:
        await connection.execute(statement, *values, timeout=3600)

    await put(SETTINGS)
    for start in range(0, rows, CHUNK):
        await put(PUT_EVENTS, start + 1, rows, min(CHUNK, rows - start))
    await put(PUT_DELIVERIES, SENT_PIXEL, "delivered", 0)
    await put(PUT_ATTEMPTS)
    await put(PUT_DELIVERIES, DUE_PIXEL, "due", rows - rows // 3)
    if layout == "partitioned":
        await put(PUT_IDS)
    await put("VACUUM ANALYZE")
    await put("CHECKPOINT")
    await connection.close()


async def _partition(url: str, keys: int) -> None:
    pool = await open_pool(url)
    first = await partition(pool, lambda _: None, keys // 2 or 1)
    tops = [first.top + keys * number for number in range(PARTITIONS - 1)]
    async with pool.acquire() as connection, connection.transaction():
        for bottom, top in pairwise([*tops, 10**12]):
            await make_partition(connection, KeyRange(top, bottom))
    await pool.close()


class Bench:
    """Both ledgers, and how long each answer took, in seconds."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._took: dict[str, dict[Layout, list[float]]] = {}

    async def _timed(self, what: str, layout: Layout, answer: Awaitable[Any]) -> Any:
        begun = time.perf_counter()
        given = await answer
        self._took.setdefault(what, {}).setdefault(layout, []).append(time.perf_counter() - begun)
        return given

    async def round(self, connection: Any, layout: Layout, size: int, number: int) -> None:
        await self._deliver(connection, layout, size)
        now, place = datetime.now(UTC), 1 + number * 7919 % self._rows
        events = [_event(now, one) for one in range(size)]
        sent = [_delivery(event, now) for event in events]
        await self._timed(f"intake of {size} events", layout, store_events(connection, events, sent, layout))
        await self._timed(f"{size} that come again", layout, store_events(connection, events, sent, layout))
        by_key = connection.fetchrow("SELECT * FROM events WHERE app_id = $1 AND event_key = $2", APP, place)
        await self._timed("an event by its key", layout, by_key)
        event_id = "e" + hashlib.md5(str(place).encode(), usedforsecurity=False).hexdigest()
        await self._timed("an event by its id", layout, connection.fetchrow(BY_ID[layout], APP, event_id))
        by_number = connection.fetchrow("SELECT * FROM deliveries WHERE delivery_id = $1", place)
        await self._timed("a delivery by its number", layout, by_number)
        nobody = [(APP, f"nobody-{number}-{one}", ()) for one in range(20)]
        await self._timed("events that wait for 20 installs", layout, join_events(connection, nobody, layout))
        await self._timed("the poll for what is due", layout, pixels_with_due(connection, now))

    async def _deliver(self, connection: Any, layout: Layout, size: int) -> None:
        now, token = datetime.now(UTC), uuid.uuid4().hex
        pixel = await self._timed("a pixel, and where it has something due", layout, _pixel(connection, now))
        lease = Lease(APP, token, now + timedelta(seconds=30), pixel.place)
        claimed = await self._timed(f"claim {size}", layout, claim(connection, DUE_PIXEL, lease, size, now))
        prepared = [Prepared(row.delivery_id, "x" * 600, (), row.install_id) for row in claimed]
        await self._timed(f"prepare {size}", layout, store_prepared(connection, lease, prepared, now))
        done = [Settled(row.delivery_id, "delivered", "", 1, None, now, "delivered") for row in claimed]
        settled = await self._timed(
            f"settle {size}", layout, settle(connection, lease, done, Sent(now, 200, 0, "OK", "r", 100))
        )
        assert len(settled) == size, (layout, len(settled), size)

    def table(self) -> str:
        lines = []
        for what, took in self._took.items():
            plain, parted = (statistics.median(took[layout]) * 1000 for layout in ("plain", "partitioned"))
            lines.append(f"| {what} | {plain:.2f} | {parted:.2f} | {parted / plain:.2f} |")
        return "\n".join(lines)


async def _pixel(connection: Any, now: datetime) -> Any:
    return await sending_pixel(connection, (APP, DUE_PIXEL), now)


def _event(now: datetime, number: int) -> NewEvent:
    install = f"i{number % INSTALLS + 1}"
    return NewEvent(APP, uuid.uuid4().hex, "sdk", "purchase", install, (), now, now, None, None, {}, True, ())


def _delivery(event: NewEvent, now: datetime) -> NewDelivery:
    later, mine = now + timedelta(days=1), uuid.uuid4().hex
    return NewDelivery(
        APP, SENT_PIXEL, mine, event.event_id, "purchase", "Purchase", event.install_id, "due", "", later
    )


async def run(urls: dict[Layout, str], rows: int, rounds: int) -> Bench:
    for layout, url in urls.items():
        await fill(url, layout, rows)
    bench = Bench(rows)
    pools = {layout: await open_pool(url, 2, LOOKUPS) for layout, url in urls.items()}
    for size in SIZES:
        for number in range(rounds):
            for layout in list(pools)[:: 1 if number % 2 else -1]:
                async with pools[layout].acquire() as connection:
                    await bench.round(connection, layout, size, number)
    for pool in pools.values():
        await pool.close()
    return bench


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=600_000, help="events, each with a delivery (%(default)s)")
    parser.add_argument("--rounds", type=int, default=60, help="of each size, on each of both (%(default)s)")
    options = parser.parse_args()
    machine = describe_machine(choose_cores())
    FAST["shared_buffers"] = "512MB"
    with session_engines() as engines:
        layouts: tuple[Layout, ...] = ("plain", "partitioned")
        urls = {layout: engines.migrated_database(engines.name(layout)) for layout in layouts}
        bench = asyncio.run(run(urls, options.rows, options.rounds))
    text = f"""# The ledger in {PARTITIONS} partitions, beside one of whole tables

{machine.at}, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system};
load before: {machine.load_before:.1f}. {options.rows:,} events with a delivery and an attempt each, a third of them
with a second delivery that is due; {options.rounds} rounds of each size, both in turn, ms (medians). Made by
`python -m tests.ledger.partition_bench`.

| | whole | partitions | ratio |
|---|---:|---:|---:|
{bench.table()}
"""
    RESULT.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
