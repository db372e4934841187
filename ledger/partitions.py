"""The lay-out of a large ledger: events, and what hangs on them, in partitions by range of `event_key` (decision 14).

A partition is a range of keys, and a table for each of `PARTED`. They refer to one another within the range, so that it
comes and goes as a whole. Keys grow with time: a range is as good as a span of time.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args

import asyncpg

T = TypeVar("T")
Layout = Literal["plain", "partitioned"]
LAYOUTS: Final[tuple[Layout, ...]] = get_args(Layout)

PARTITION_KEYS: Final = 10_000_000  # keys of a partition: some days of a ledger that needs partitions
AHEAD: Final = 2  # partitions that stand ready: without one for its key nothing can be stored
# shorter than PostgreSQL waits before it looks for deadlocks: whoever changes tables gives way, and tries again
LOCK_WAIT: Final = "SET LOCAL lock_timeout = '500ms'"
LOCK_TRIES: Final = 10
LOCK_PAUSE_S: Final = 1.0
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('signalpost partitions'))"


@dataclass(frozen=True, slots=True)
class Parted:
    """A table that lies in partitions, and what each of them has besides what all have together."""

    table: str
    sequence: str
    """Of its numbers."""
    own: tuple[str, ...] = ()
    """Constraints; `{top}` is the range's. A key that does not name `event_key` is a partition's alone: its numbers
    come of one sequence."""
    storage: str = ""


PARTED: Final = (
    Parted("events", "events_event_key_seq"),
    Parted(
        "deliveries",
        "deliveries_delivery_id_seq",
        (
            "PRIMARY KEY (app_id, delivery_id)",
            "FOREIGN KEY (app_id, event_key) REFERENCES events_to_{top} ON DELETE CASCADE",
        ),
        "WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
    ),
    Parted(
        "attempts",
        "attempts_attempt_id_seq",
        (
            "PRIMARY KEY (app_id, delivery_id, attempt_id)",
            "FOREIGN KEY (app_id, delivery_id) REFERENCES deliveries_to_{top} ON DELETE CASCADE",
        ),
    ),
    Parted(
        "event_timers",
        "event_timers_timer_id_seq",
        (
            "PRIMARY KEY (app_id, timer_id)",
            "FOREIGN KEY (app_id, event_key) REFERENCES events_to_{top} ON DELETE CASCADE",
        ),
    ),
)
TABLES: Final = tuple(parted.table for parted in PARTED)


@dataclass(frozen=True, slots=True, order=True)
class KeyRange:
    """The keys of a partition."""

    top: int
    """Excluded. It names the partition."""
    bottom: int | None
    """None = from the first on."""

    def named(self, table: str) -> str:
        """The partition of the table."""
        return f"{table}_to_{self.top}"


Place = str
"""What the names of a partition's tables end with; '' = of a plain ledger, or of all of them together."""
_NAMED: Final = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE)(\s+)({'|'.join(TABLES)})\b")


@cache
def in_place(statement: str, place: Place) -> str:
    """The statement, said to the tables of one partition: to plan it for all of them takes longer than to do it."""
    return _NAMED.sub(rf"\1\2\3{place}", statement) if place else statement


def place_of(relation: str | None, table: str) -> Place:
    """Of a partition of the table, or of the table itself, as `tableoid::regclass` names it."""
    return (relation or "").removeprefix(table)


LAYOUT = "SELECT relkind = 'p' FROM pg_class WHERE oid = 'events'::regclass"


async def layout_of(connection: Any) -> Layout:
    """How the ledger lies. `connection` is an asyncpg connection or pool, here and below."""
    return "partitioned" if await connection.fetchval(LAYOUT) else "plain"


BOUNDS = """
SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass
"""
_BOUND: Final = re.compile(r"FOR VALUES FROM \((?:MINVALUE|'(?P<bottom>\d+)')\) TO \('(?P<top>\d+)'\)")


async def key_ranges(connection: Any) -> list[KeyRange]:
    """The partitions, the oldest first; none of a plain ledger."""
    bounds = [row[0] for row in await connection.fetch(BOUNDS)]
    return sorted(key_range_of(bound) for bound in bounds if bound is not None)  # None: it is dropped at this moment


def key_range_of(bound: str) -> KeyRange:
    """Of a partition's bound as PostgreSQL shows it.

    Raises:
        ValueError: it is none of ours.
    """
    found = _BOUND.fullmatch(bound)
    if found is None:
        raise ValueError(f"no range of keys: {bound}")
    return KeyRange(int(found["top"]), int(found["bottom"]) if found["bottom"] else None)


LAST_KEY = "SELECT coalesce(pg_sequence_last_value('events_event_key_seq'), 0)"


async def last_key(connection: Any) -> int:
    """The highest key that was given to an event, stored or not; 0 = none yet."""
    key: int = await connection.fetchval(LAST_KEY)
    return key


async def keys_left(connection: Any) -> int | None:
    """How many events can be stored before the next partition is needed; None where the ledger is plain."""
    ranges = await key_ranges(connection)
    return max(0, ranges[-1].top - 1 - await last_key(connection)) if ranges else None


async def with_locks(change: Callable[[], Awaitable[T]]) -> T:
    """What the transaction gives, which is begun again where somebody else holds a table meanwhile.

    Raises:
        asyncpg.LockNotAvailableError: for long, such as a backup.
    """
    for _ in range(LOCK_TRIES - 1):
        try:
            return await change()
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(LOCK_PAUSE_S)
    return await change()


def is_missing(error: Exception) -> bool:
    """Whether PostgreSQL refused a row because no partition is there for its key: a lack of ours, and no fault of the
    row. A rule of a table that is broken has a name.
    """
    return isinstance(error, asyncpg.CheckViolationError) and error.constraint_name is None


async def make_ahead(pool: Any, keys: int = PARTITION_KEYS) -> int:
    """Make what partitions are missing ahead of the last key; how many. None in a plain ledger."""
    made = 0
    while True:
        left = await keys_left(pool)
        if left is None or left >= AHEAD * keys:
            return made
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK_WAIT)
            await connection.execute(ONE_AT_A_TIME)
            top = (await key_ranges(connection))[-1].top
            # past the last key in any case: a ledger that had run out goes on at once
            above = max(top, await last_key(connection)) + keys
            await make_partition(connection, KeyRange(above - above % keys, top))
        made += 1


async def make_partition(connection: Any, keys: KeyRange) -> None:
    """In the caller's transaction. It is made beside the table and then attached, which nobody waits for."""
    for parted in PARTED:
        name = keys.named(parted.table)
        await connection.execute(
            f"CREATE TABLE {name} (LIKE {parted.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) "
            f"{parted.storage}"
        )
        for constraint in parted.own:
            await connection.execute(f"ALTER TABLE {name} ADD {constraint.format(top=keys.top)}")
        bottom = "MINVALUE" if keys.bottom is None else keys.bottom
        await connection.execute(
            f"ALTER TABLE {parted.table} ATTACH PARTITION {name} FOR VALUES FROM ({bottom}) TO ({keys.top})"
        )
