"""Copies of every table at one moment, for a backup. Which tables there are, PostgreSQL's catalogue says.

In PostgreSQL's text format, which every version from 14 on reads. A partitioned table is copied partition by partition.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from typing import Any, Final

import msgspec

from ledger.connecting import connect
from ledger.partition_tables import lay_in_partitions

IN_PLAIN_WORDS: Final = (
    "SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = 0; "
    "SET LOCAL idle_in_transaction_session_timeout = 0"
)
HAS_TABLES = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())"
HAS_LEDGER = "SELECT to_regclass('alembic_version') IS NOT NULL"
REVISION = "SELECT version_num FROM alembic_version"
RELATIONS = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'alembic_version'
GROUP BY c.relname ORDER BY c.relname
"""
# what is partitioned refers to others as a whole
TO_EMPTY = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace AND relname <> 'alembic_version'
"""
REFERENCES = """
SELECT one.relname AS name, other.relname AS needs
FROM pg_constraint k JOIN pg_class one ON one.oid = k.conrelid JOIN pg_class other ON other.oid = k.confrelid
WHERE k.contype = 'f' AND one.relnamespace = current_schema()::regnamespace AND one.oid <> other.oid
"""
PARTITIONS = """
SELECT c.relname AS name, parent.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS key
FROM pg_class root CROSS JOIN LATERAL pg_partition_tree(root.oid) t
JOIN pg_class c ON c.oid = t.relid JOIN pg_class parent ON parent.oid = t.parentrelid
WHERE root.relkind = 'p' AND NOT root.relispartition AND root.relnamespace = current_schema()::regnamespace
ORDER BY t.level, c.relname
"""
SEQUENCES = """
SELECT sequencename AS name, last_value AS last FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1
"""
KEEP: Final = "LOCK TABLE {tables} IN ACCESS SHARE MODE"
DRAINS_ADDED: Final = "SELECT drain_id FROM count_drains WHERE at > now() - interval '1 hour'"
CREATE_PARTITION: Final = 'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF "{parent}" {bound}'
DROP_PARTITION: Final = 'DROP TABLE IF EXISTS "{name}"'
SET_SEQUENCE = "SELECT setval(quote_ident($1)::regclass, $2)"
EMPTY: Final = "TRUNCATE {tables}"

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_BOUND = re.compile(r"DEFAULT|FOR VALUES [\w\s(),.:'+-]+")
_KEY = re.compile(r"[\w\s(),]+")


class Relation(msgspec.Struct, frozen=True):
    """A table that holds rows itself: a plain one, or a partition without partitions of its own."""

    name: str
    columns: list[str]


class Partition(msgspec.Struct, frozen=True):
    """A part of a partitioned table, as CREATE TABLE says it."""

    name: str
    parent: str
    bound: str
    key: str | None = None
    """Where it is partitioned itself."""


class Layout(msgspec.Struct, frozen=True):
    """What a restore needs besides the rows."""

    revision: str
    """Of the migrations."""
    server: str
    """PostgreSQL's version."""
    relations: list[Relation]
    """What a row refers to stands before it."""
    partitions: list[Partition]
    """Parents first."""
    sequences: dict[str, int]


class Moment:
    """The ledger as it was at one moment, for as long as its transaction lasts."""

    def __init__(self, connection: Any, drains: frozenset[str]) -> None:
        self._connection = connection
        self.drains = drains
        """The latest drains of counters whose visits are in it."""

    async def layout(self) -> Layout:
        """Tables, partitions and numbers. A table stays until the end of the moment: retention drops none meanwhile."""
        ask = self._connection.fetch
        relations = {row["name"]: row["columns"] for row in await ask(RELATIONS)}
        await self._connection.execute(KEEP.format(tables=_listed(relations)))
        needs: dict[str, set[str]] = {name: set() for name in relations}
        for row in await ask(REFERENCES):
            needs.setdefault(row["name"], set()).add(row["needs"])
        order = [name for name in TopologicalSorter(needs).static_order() if name in relations]
        return Layout(
            revision=await self._connection.fetchval(REVISION),
            server=await self._connection.fetchval("SHOW server_version"),
            relations=[Relation(name, relations[name]) for name in order],
            partitions=[Partition(**row) for row in await ask(PARTITIONS)],
            sequences={row["name"]: row["last"] for row in await ask(SEQUENCES)},
        )

    async def copy(self, relation: Relation, write: Callable[[bytes], Awaitable[None]]) -> int:
        """Give the table's rows to `write`, piece by piece; how many rows."""
        done: str = await self._connection.copy_from_table(
            relation.name, columns=relation.columns, output=write, format="text"
        )
        return int(done.rsplit(" ", maxsplit=1)[1])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@asynccontextmanager
async def moment(database_url: str) -> AsyncIterator[Moment]:
    """One snapshot of the whole ledger: what commits from now on is not in it. Raises as `connect`."""
    connection = await connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(IN_PLAIN_WORDS)
            yield Moment(connection, await latest_drains(connection))
    finally:
        await connection.close()


async def latest_drains(connection: Any) -> frozenset[str]:
    """Drains of counters that the ledger has added within the hour. The first question of a snapshot makes it."""
    return frozenset(row["drain_id"] for row in await connection.fetch(DRAINS_ADDED))


class Filling:
    """Fills a ledger that has its tables and nothing else, all or nothing."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def prepare(self, layout: Layout) -> None:
        """Make the partitions, and take away what the migrations put in.

        Raises:
            ValueError: the layout names what no ledger has.
        """
        await self._connection.execute(IN_PLAIN_WORDS)
        await lay_in_partitions(self._connection, [one.bound for one in layout.partitions if one.parent == "events"])
        made = [Partition(**row) for row in await self._connection.fetch(PARTITIONS)]
        for one in reversed(made):
            if one not in layout.partitions:  # a migration's, for days that are not the backup's
                await self._connection.execute(DROP_PARTITION.format(name=one.name))
        for one in layout.partitions:
            named = _NAME.fullmatch(one.name) and _NAME.fullmatch(one.parent)
            if not (named and _BOUND.fullmatch(one.bound) and _KEY.fullmatch(one.key or "RANGE")):
                raise ValueError(f"the partition {one.name} has a description that cannot be read")
            statement = CREATE_PARTITION.format(name=one.name, parent=one.parent, bound=one.bound)
            await self._connection.execute(f"{statement} PARTITION BY {one.key}" if one.key else statement)
        present = [row["relname"] for row in await self._connection.fetch(TO_EMPTY)]
        await self._connection.execute(EMPTY.format(tables=_listed(present)))

    async def fill(self, relation: Relation, pieces: AsyncIterator[bytes]) -> None:
        """Rows as `Moment.copy` gave them."""
        await self._connection.copy_to_table(relation.name, columns=relation.columns, source=pieces, format="text")

    async def set_sequences(self, layout: Layout) -> None:
        """New numbers follow the old ones."""
        for name, last in layout.sequences.items():
            await self._connection.execute(SET_SEQUENCE, name, last)


@asynccontextmanager
async def filling(database_url: str) -> AsyncIterator[Filling]:
    """In one transaction, committed at the end. Raises as `connect`."""
    connection = await connect(database_url)
    try:
        async with connection.transaction():
            yield Filling(connection)
    finally:
        await connection.close()


async def has_tables(database_url: str) -> bool:
    """Whether the schema holds any table at all. Raises as `connect`."""
    connection = await connect(database_url)
    try:
        return bool(await connection.fetchval(HAS_TABLES))
    finally:
        await connection.close()
