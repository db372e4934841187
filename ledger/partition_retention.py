"""A partition goes as a whole, once the youngest of its events is too old and nothing of it is still to be sent.

What it says to reports is written down before, a part after the other, for nobody to wait for it.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

import asyncpg

from ledger.partitions import (
    LOCK_WAIT,
    ONE_AT_A_TIME,
    TABLES,
    KeyRange,
    key_ranges,
    last_key,
    with_locks,
)
from ledger.report_facts import ARCHIVED, COUNTED, added_up, credited, event_facts, inserted

BLOCKS: Final = 250  # pages of 8 KiB in one statement
CHUNK: Final = 5_000

NEWEST = "SELECT max(received_at) FROM events WHERE event_key >= $1 AND event_key < $2"
STILL_TO_SEND = """
SELECT EXISTS (SELECT FROM deliveries WHERE event_key >= $1 AND event_key < $2 AND state IN ('due', 'sending'))
"""
WAITING = "SELECT EXISTS (SELECT FROM events WHERE event_key >= $1 AND event_key < $2 AND NOT joined)"
# an install that is matched so late counts what its events are
UNDECIDED = "SELECT EXISTS (SELECT FROM installs WHERE match_method = 'pending' AND received_at < $1)"
# nobody's, and no longer anybody's: what would find its install by now would be counted after all
DELETE_WAITING = """
WITH gone AS (
    DELETE FROM events WHERE (app_id, event_key) IN (
        SELECT app_id, event_key FROM events WHERE event_key >= $1 AND event_key < $2 AND NOT joined LIMIT $3)
    RETURNING app_id, event_id
), forgotten AS (
    DELETE FROM event_ids i USING gone WHERE i.app_id = gone.app_id AND i.event_id = gone.event_id
)
SELECT count(*) FROM gone
"""
_OF_COUNTED: Final = "counted e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id"
# its installs are held: a match or an erasure that comes meanwhile finds the events archived
ARCHIVE: Final = f"""
WITH counted AS MATERIALIZED (
    SELECT e.* FROM {{events}} e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id
    WHERE e.ctid >= ('(' || $1::bigint || ',0)')::tid AND e.ctid < ('(' || $2::bigint || ',0)')::tid
        AND i.click_id IS NOT NULL AND {COUNTED}
    ORDER BY i.app_id, i.install_id FOR UPDATE OF e FOR KEY SHARE OF i
), archived AS ({inserted("report_archive", added_up(credited(event_facts(_OF_COUNTED))))}
)
UPDATE {{events}} e SET flags = e.flags || '{ARCHIVED}'::text FROM counted
WHERE e.app_id = counted.app_id AND e.event_key = counted.event_key
"""  # noqa: S608 - put together from the ledger's own text
PAGES = "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::integer"
HOLD: Final = f"LOCK TABLE {', '.join(f'ONLY {table}' for table in TABLES)} IN ACCESS EXCLUSIVE MODE"
ID_PAGES = "SELECT pg_relation_size('event_ids') / current_setting('block_size')::integer"
FORGET_IDS = """
DELETE FROM event_ids
WHERE ctid >= ('(' || $1::bigint || ',0)')::tid AND ctid < ('(' || $2::bigint || ',0)')::tid AND event_key < $3
"""


async def drop_old(pool: Any, before: datetime) -> int:
    """Drop the partitions whose events were all received before; how many. `pool` is an asyncpg pool.

    One that somebody holds, such as a backup, goes the next time.
    """
    dropped = 0
    for keys in (await key_ranges(pool))[:-1]:
        if not await _is_over(pool, keys, before):
            break
        while await pool.fetchval(DELETE_WAITING, *_bounds(keys), CHUNK):
            pass
        try:
            await _archive(pool, keys)
            await _check_free(pool, keys)
            gone = await with_locks(partial(_drop, pool, keys, before))
        except asyncpg.LockNotAvailableError:
            break
        except asyncpg.UndefinedTableError:
            continue  # another worker has dropped it meanwhile
        if not gone:
            break
        dropped += 1
    if dropped:
        await _forget_ids(pool)
    return dropped


def _bounds(keys: KeyRange) -> tuple[int, int]:
    return keys.bottom or 0, keys.top


async def _is_over(connection: Any, keys: KeyRange, before: datetime) -> bool:
    """Whether all its keys are given, its events too old, and its deliveries ended."""
    if await last_key(connection) < keys.top - 1:
        return False
    newest = await connection.fetchval(NEWEST, *_bounds(keys))
    if newest is not None and newest >= before:
        return False
    return not (
        await connection.fetchval(STILL_TO_SEND, *_bounds(keys)) or await connection.fetchval(UNDECIDED, before)
    )


async def _archive(pool: Any, keys: KeyRange) -> None:
    """Its events are counted by the archive from here on, in the order in which they lie."""
    events = keys.named("events")
    for start in range(0, await pool.fetchval(PAGES, events) + 1, BLOCKS):
        await pool.execute(ARCHIVE.replace("{events}", events), start, start + BLOCKS)


async def _check_free(pool: Any, keys: KeyRange) -> None:
    """See that nobody reads it for long, before anybody has to wait.

    Raises:
        asyncpg.LockNotAvailableError: somebody does.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(f"LOCK TABLE {_listed(keys)} IN ACCESS EXCLUSIVE MODE")


def _listed(keys: KeyRange) -> str:
    return ", ".join(keys.named(table) for table in TABLES)


async def _drop(pool: Any, keys: KeyRange, before: datetime) -> bool:
    """False where it has changed since: it goes the next time. Intake waits for as long as the catalogue is changed."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(ONE_AT_A_TIME)
        if keys not in await key_ranges(connection):
            return False  # another worker has done it
        await connection.execute(HOLD)
        if not await _is_over(connection, keys, before) or await connection.fetchval(WAITING, *_bounds(keys)):
            return False
        await connection.execute(f"DROP TABLE {_listed(keys)}")
    return True


async def _forget_ids(pool: Any) -> None:
    """Of events that went with their partition, those of a drop that was cut short among them."""
    first = (await key_ranges(pool))[0].bottom or 0
    for start in range(0, await pool.fetchval(ID_PAGES) + 1, BLOCKS):
        await pool.execute(FORGET_IDS, start, start + BLOCKS, first)
