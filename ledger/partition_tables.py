"""The change of tables that makes a plain ledger one of partitions: a matter of the catalogue, no row is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.partitions import PARTED, TABLES, KeyRange, Parted, key_range_of, make_partition

BOUND_CHECK: Final = "partition_bound"
"""Of each table before the change, so that attaching it needs no look at its rows: dropped by it."""
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made_by,
    (SELECT conname FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) AS key,
    (SELECT pg_get_constraintdef(oid) FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
        AS key_made_by,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attname = 'event_key'
        AND a.attnum = ANY (i.indkey)) AS has_event_key
FROM pg_index i WHERE i.indrelid = $1::regclass ORDER BY 1
"""
REFERENCES = """
SELECT conname AS name, pg_get_constraintdef(oid) AS made_by FROM pg_constraint
WHERE contype = 'f' AND conrelid = $1::regclass AND confrelid <> ALL ($2::regclass[])
"""
BODY_REFERENCES = """
SELECT conname FROM pg_constraint
WHERE contype = 'f' AND conrelid = 'webhook_bodies'::regclass AND confrelid = 'events'::regclass
"""
NUMBER_COLUMN = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attidentity <> '' AND NOT attisdropped
"""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A table as it is before the change."""

    parted: Parted
    column: str
    """Of its numbers."""
    indexes: Sequence[Any]
    references: Sequence[Any]
    """To tables that stay as they are."""


async def change_tables(connection: Any, first: KeyRange) -> None:
    """In the caller's transaction, which holds all of them. Rows and checks are as `partitioning.partition` leaves
    them, or there are no rows.
    """
    for row in await connection.fetch(BODY_REFERENCES):
        # a body may be of no event, and so in no partition; who erases its event deletes it
        await connection.execute(f"ALTER TABLE webhook_bodies DROP CONSTRAINT {row['conname']}")
    for plain in [await _read(connection, parted) for parted in PARTED]:
        table, kept = plain.parted.table, first.named(plain.parted.table)
        await _free_numbers(connection, plain)
        await connection.execute(f"ALTER TABLE {table} RENAME TO {kept}")
        for statement in _renamed(kept, plain.indexes, first):
            await connection.execute(statement)
        await connection.execute(
            f"CREATE TABLE {table} (LIKE {kept} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) "
            "PARTITION BY RANGE (event_key)"
        )
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {BOUND_CHECK}")
        for statement in _as_before(plain):
            await connection.execute(statement)
        await connection.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {kept} FOR VALUES FROM (MINVALUE) TO ({first.top})"
        )
        await connection.execute(f"ALTER TABLE {kept} DROP CONSTRAINT IF EXISTS {BOUND_CHECK}")


async def lay_in_partitions(connection: Any, bounds: Sequence[str]) -> None:
    """Give a plain ledger without a row the partitions of these bounds, as PostgreSQL shows them; without any it stays
    plain. In the caller's transaction.

    Raises:
        ValueError: a bound is none of ours.
    """
    ranges = sorted(key_range_of(bound) for bound in bounds)
    if not ranges:
        return
    no_key = KeyRange(1, None)  # keys begin with 1
    await change_tables(connection, no_key)
    await connection.execute(f"DROP TABLE {', '.join(no_key.named(table) for table in TABLES)}")
    for keys in ranges:
        await make_partition(connection, keys)


async def _read(connection: Any, parted: Parted) -> _Plain:
    return _Plain(
        parted,
        await connection.fetchval(NUMBER_COLUMN, parted.table),
        await connection.fetch(INDEXES, parted.table),
        await connection.fetch(REFERENCES, parted.table, list(TABLES)),
    )


async def _free_numbers(connection: Any, plain: _Plain) -> None:
    """Numbers come of the sequence by a default: before PostgreSQL 17 no partitioned table has an identity."""
    sequence, column = plain.parted.sequence, f"ALTER TABLE {plain.parted.table} ALTER COLUMN {plain.column}"
    last, is_called = await connection.fetchrow(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - own name
    await connection.execute(f"{column} DROP IDENTITY")
    await connection.execute(f"CREATE SEQUENCE {sequence}")
    await connection.execute(f"SELECT setval('{sequence}', {last}, {'true' if is_called else 'false'})")
    await connection.execute(f"{column} SET DEFAULT nextval('{sequence}')")


def _renamed(kept: str, indexes: Sequence[Any], first: KeyRange) -> list[str]:
    """The names go to the whole. The key of events by their ids goes: `event_ids` is what they are known by."""
    return [
        f"ALTER TABLE {kept} DROP CONSTRAINT {index['key']}"
        if index["key"] is not None and kept == first.named("events") and not index["has_event_key"]
        else f"ALTER INDEX {index['name']} RENAME TO {first.named(index['name'])}"
        for index in indexes
    ]


def _as_before(plain: _Plain) -> list[str]:
    """What gives the whole the indexes, keys and references to other tables that its first partition has."""
    table, keys = plain.parted.table, [index for index in plain.indexes if index["key"] and index["has_event_key"]]
    return [
        *(index["made_by"] for index in plain.indexes if index["key"] is None),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {key['key']} {key['key_made_by']}" for key in keys),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {one['name']} {one['made_by']}" for one in plain.references),
    ]
