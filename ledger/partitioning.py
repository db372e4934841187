"""Turning a plain ledger into one of partitions, beside running processes: what it holds becomes the first partition.

Nothing of it is written anew. What takes long happens before, step by step, and is taken up again by whoever calls
after a stop; then all tables change in one transaction, for which intake waits a moment.
"""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from ledger.partition_tables import BOUND_CHECK, change_tables
from ledger.partitions import (
    LOCK_WAIT,
    ONE_AT_A_TIME,
    PARTITION_KEYS,
    TABLES,
    KeyRange,
    last_key,
    layout_of,
    with_locks,
)

BLOCKS: Final = 1_000  # pages of 8 KiB in one statement
IDS: Final = 20_000  # rows in one statement
LONG_S: Final = 6 * 3600.0  # for a statement that reads a whole table and holds up nobody


class AlreadyPartitionedError(RuntimeError):
    """There is nothing to do."""


class OldWriterError(RuntimeError):
    """Somebody writes attempts without the key of their event: a worker of an older version."""


async def partition(pool: Any, tell: Callable[[str], None], keys: int = PARTITION_KEYS) -> KeyRange:
    """The keys of the first partition. Safe to call again after a stop, at whatever step.

    Args:
        pool: an asyncpg pool.
        tell: what is being done, sentence by sentence.
        keys: how many a partition has.

    Raises:
        AlreadyPartitionedError, OldWriterError: as they say.
        asyncpg.LockNotAvailableError: somebody holds a table for long, such as a backup; nothing is lost.
    """
    if await layout_of(pool) == "partitioned":
        raise AlreadyPartitionedError("the ledger lies in partitions already")
    tell("attempts are told the key of their event")
    await _fill_attempts(pool)
    first = await with_locks(lambda: _bounded(pool, keys))
    tell(f"every row is looked at: the first partition has the keys below {first.top}")
    await _validate(pool)
    tell("the ids of all events are written down")
    mark = await _fill_ids(pool)
    tell("the tables become partitions")
    await with_locks(lambda: _switch(pool, first, mark))
    return first


# -- attempts: the key of the event


PAGES = "SELECT pg_relation_size('attempts') / current_setting('block_size')::integer"
FILL_ATTEMPTS = """
UPDATE attempts a SET event_key = d.event_key FROM deliveries d
WHERE a.ctid >= ('(' || $1::bigint || ',0)')::tid AND a.ctid < ('(' || $2::bigint || ',0)')::tid AND a.event_key IS NULL
    AND d.app_id = a.app_id AND d.delivery_id = a.delivery_id
"""


async def _fill_attempts(pool: Any) -> None:
    """In the order in which they lie; a worker of this version writes the key itself."""
    for start in range(0, await pool.fetchval(PAGES) + 1, BLOCKS):
        await pool.execute(FILL_ATTEMPTS, start, start + BLOCKS)


# -- bounds: what makes attaching a matter of a moment


BOUND_SO_FAR = """
SELECT (regexp_match(pg_get_constraintdef(oid), '< ''?(\\d+)'))[1]::bigint AS top, conrelid::regclass::text AS name
FROM pg_constraint WHERE conname = $1 AND conrelid = ANY ($2::regclass[])
"""


async def _bounded(pool: Any, keys: int) -> KeyRange:
    """Hold each table to the range of the first partition, which reaches well beyond what is stored meanwhile."""
    last = await last_key(pool)
    above = last + 2 * keys
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(ONE_AT_A_TIME)
        found = {row["name"]: row["top"] for row in await connection.fetch(BOUND_SO_FAR, BOUND_CHECK, list(TABLES))}
        kept = len(set(found.values())) == 1 and next(iter(found.values())) - last > keys // 2
        top = next(iter(found.values())) if kept else above - above % keys
        for table in TABLES:
            if not kept or table not in found:
                await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {BOUND_CHECK}")
                await connection.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {BOUND_CHECK} "
                    f"CHECK (event_key IS NOT NULL AND event_key < {top}) NOT VALID"
                )
    return KeyRange(top, None)


async def _validate(pool: Any) -> None:
    for table in TABLES:
        try:
            await pool.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {BOUND_CHECK}", timeout=LONG_S)
        except asyncpg.CheckViolationError:
            await give_up(pool)
            raise OldWriterError(f"{table} has rows without the key of their event") from None


async def give_up(pool: Any) -> None:
    """Take the bounds away: the ledger is plain as before."""

    async def dropped() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK_WAIT)
            for table in TABLES:
                await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {BOUND_CHECK}")

    await with_locks(dropped)


async def give_up_abandoned(pool: Any, keys: int = PARTITION_KEYS) -> bool:
    """Take away the bounds of a change that was begun and not ended, before events reach them. Whether there were."""
    if await layout_of(pool) == "partitioned":
        return False
    found = [row["top"] for row in await pool.fetch(BOUND_SO_FAR, BOUND_CHECK, list(TABLES))]
    if not found or min(found) - await last_key(pool) > keys // 2:
        return False
    await give_up(pool)
    return True


# -- ids


HIGHEST_ID = "SELECT coalesce(max(event_key), 0) FROM event_ids"
# who erases an event deletes its id afterwards: either that finds the id, or this does not find the event
HOLD_IDS: Final = "LOCK TABLE event_ids IN SHARE ROW EXCLUSIVE MODE"
HOLD_EVENTS: Final = "LOCK TABLE events IN SHARE MODE"
FILL_IDS = """
INSERT INTO event_ids (app_id, event_id, event_key)
SELECT app_id, event_id, event_key FROM events WHERE event_key > $1 AND event_key <= $2
ON CONFLICT (app_id, event_id) DO NOTHING
"""


async def _fill_ids(pool: Any) -> int:
    """Write down the ids of all events but the latest; up to which key."""
    until = await with_locks(lambda: _quiet_key(pool))
    for start in range(await pool.fetchval(HIGHEST_ID, timeout=LONG_S), until, IDS):
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(HOLD_IDS)
            await connection.execute(FILL_IDS, start, min(start + IDS, until))
    return until


async def _quiet_key(pool: Any) -> int:
    """A key up to which all events are stored for good: nobody is writing one at the moment it is read."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(HOLD_EVENTS)
        return await last_key(connection)


# -- the change itself


HOLD_ALL: Final = f"LOCK TABLE {', '.join(TABLES)}, webhook_bodies, event_ids IN ACCESS EXCLUSIVE MODE"
TELL_PROCESSES = "UPDATE directory_version SET version = version + 1"


async def _switch(pool: Any, first: KeyRange, mark: int) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(ONE_AT_A_TIME)
        if await layout_of(connection) == "partitioned":
            raise AlreadyPartitionedError("somebody else has done it meanwhile")
        await connection.execute(HOLD_ALL)
        await connection.execute(FILL_IDS, mark, first.top)
        await change_tables(connection, first)
        await connection.execute(TELL_PROCESSES)
