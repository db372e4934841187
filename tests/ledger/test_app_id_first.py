"""Every statement, key and index names first whose the rows are, the app or the advertiser (decision 8)."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledger.all_apps import INDEXES, STATEMENTS, TABLES
from tests.ledger.conflicts import conflict_expressions
from tests.ledger.plans import plan_of, unbounded
from tests.ledger.statements import misplaced, misplaced_in, statements

pytestmark = pytest.mark.anyio

# what of an advertiser serves several apps begins with the advertiser
OWNED_TABLES = """
SELECT table_name, min(column_name) FILTER (WHERE column_name = 'app_id') AS app,
    min(column_name) FILTER (WHERE column_name = 'advertiser_id') AS advertiser
FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('app_id', 'advertiser_id') GROUP BY 1
"""
OTHER_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1::text[])"
INDEXED_FIRST = """
SELECT i.indexrelid::regclass::text AS index, t.relname AS table, a.attname AS first
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE t.relnamespace = 'public'::regnamespace
"""
REFERENCES = """
SELECT c.conname AS name, c.conrelid::regclass::text AS table, one.attname AS one, other.attname AS other
FROM pg_constraint c
JOIN pg_attribute one ON one.attrelid = c.conrelid AND one.attnum = c.conkey[1]
JOIN pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = c.confkey[1]
WHERE c.contype = 'f'
"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def owners(connection: asyncpg.Connection) -> dict[str, str]:
    """Table -> the column that says whose a row is."""
    return {row["table_name"]: row["app"] or row["advertiser"] for row in await connection.fetch(OWNED_TABLES)}


async def reads_many(connection: asyncpg.Connection, sql: str) -> set[str]:
    return unbounded(await plan_of(connection, sql), await owners(connection))


async def test_a_statement_is_of_one_app_or_stands_in_the_list_of_those_about_all(
    connection: asyncpg.Connection,
) -> None:
    tables = await owners(connection)
    found = {name for name, sql in statements().items() if unbounded(await plan_of(connection, sql), tables)}
    assert found == set(STATEMENTS)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM deliveries WHERE delivery_id = $1::bigint",
        "SELECT * FROM deliveries WHERE app_id = $1::text OR delivery_id = $2::bigint",
        "SELECT * FROM deliveries WHERE ($1::text IS NULL OR app_id = $1) AND delivery_id = $2::bigint",
        "SELECT * FROM deliveries WHERE app_id <> $1::text",
        "SELECT * FROM deliveries WHERE app_id || '' = $1::text",
        "SELECT * FROM deliveries d LEFT JOIN events e ON e.event_key = d.event_key WHERE d.app_id = $1::text",
        "SELECT * FROM deliveries d JOIN events e USING (app_id, event_key)",
        "SELECT * FROM ads WHERE ad_id = $1::text",
        "SELECT * FROM ad_days d JOIN advertisers a USING (advertiser_id) WHERE d.advertiser_id = $1::text",
        "UPDATE deliveries SET state = 'dead' WHERE delivery_id = $1::bigint",
        "DELETE FROM events WHERE app_id = $1::text AND EXISTS (SELECT FROM installs i WHERE i.install_id = 'i')",
    ],
)
async def test_a_statement_that_does_not_say_of_which_app_is_found(connection: asyncpg.Connection, sql: str) -> None:
    assert await reads_many(connection, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM deliveries WHERE app_id = $1::text",
        "SELECT * FROM deliveries WHERE app_id = ANY ($1::text[])",
        "SELECT * FROM ad_days WHERE advertiser_id = $1::text",
        "SELECT * FROM deliveries d JOIN events e USING (app_id, event_key) WHERE e.app_id = $1::text",
        "SELECT * FROM unnest($1::text[]) AS given (app_id) JOIN events USING (app_id)",
        "WITH mine AS MATERIALIZED (SELECT * FROM events WHERE app_id = $1::text) "
        "SELECT FROM mine JOIN deliveries d ON d.app_id = mine.app_id",
    ],
)
async def test_a_statement_that_says_of_which_app_passes(connection: asyncpg.Connection, sql: str) -> None:
    assert not await reads_many(connection, sql)


async def test_every_table_is_an_apps_or_an_advertisers_or_stands_in_the_list(
    connection: asyncpg.Connection,
) -> None:
    rows = await connection.fetch(OTHER_TABLES, list(await owners(connection)))
    assert {row[0] for row in rows} == set(TABLES)


async def test_every_key_and_index_begins_with_whose_it_is_or_stands_in_the_list(
    connection: asyncpg.Connection,
) -> None:
    tables = await owners(connection)
    rows = [row for row in await connection.fetch(INDEXED_FIRST) if row["table"] in tables]
    assert {row["index"] for row in rows if row["first"] != tables[row["table"]]} == set(INDEXES)


async def test_every_foreign_key_begins_with_whose_it_is(connection: asyncpg.Connection) -> None:
    tables = await owners(connection)
    rows = [row for row in await connection.fetch(REFERENCES) if row["table"] in tables]
    assert [row["name"] for row in rows if {row["one"], row["other"]} != {tables[row["table"]]}] == []


async def is_immutable(connection: asyncpg.Connection, sql: str) -> bool:
    """Whether the statement's conflict clause calls only what gives the same on every machine: an index may hold it."""
    found = conflict_expressions(sql)
    if found is None:
        return True
    table, expressions = found
    transaction = connection.transaction()
    await transaction.start()
    try:
        for expression in expressions:
            await connection.execute(f"CREATE INDEX ON {table} (({expression}))")
    except asyncpg.InvalidObjectDefinitionError:
        return False
    finally:
        await transaction.rollback()
    return True


async def test_conflict_clauses_call_only_what_is_immutable(connection: asyncpg.Connection) -> None:
    updating = {name: sql for name, sql in statements().items() if "DO UPDATE" in sql}
    assert updating.keys() == {name for name, sql in updating.items() if conflict_expressions(sql)}
    assert [name for name, sql in updating.items() if not await is_immutable(connection, sql)] == []


@pytest.mark.parametrize(
    "update",
    [
        "SET seen_at = now()",
        "SET seen_at = clock_timestamp()",
        "SET name = known.name || random()::text",
        "SET name = excluded.name WHERE known.seen_at < excluded.seen_at - interval '1 second' RETURNING id",
    ],
)
async def test_a_conflict_clause_that_depends_on_the_clock_or_zone_is_found(
    connection: asyncpg.Connection, update: str
) -> None:
    sql = (
        f"INSERT INTO ad_names AS known (kind, id, name) VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO UPDATE {update}"  # noqa: S608
    )
    assert not await is_immutable(connection, sql)


async def test_every_statement_is_a_constant_of_the_ledger(connection: asyncpg.Connection) -> None:
    assert misplaced({*await owners(connection), *TABLES} - {"alembic_version"}) == []


@pytest.mark.parametrize(
    ("source", "of_the_ledger"),
    [
        ('LATE = "SELECT * FROM deliveries"', False),
        ('def late(pool):\n    return pool.fetch("select 1 from deliveries")', True),
        ('def late(pool, table):\n    return pool.fetch(f"DELETE FROM deliveries WHERE {table}")', True),
        ('def late(pool, columns):\n    return pool.fetch(f"SELECT {columns} FROM deliveries")', True),
        ("def late(rows, table):\n    return inserts(f'INSERT INTO {table} VALUES ($1)', rows)", True),
        ("def late(rows, statement):\n    return inserts(statement, rows)", True),
        ("LATE = INSERT\ndef late(rows):\n    return inserts(LATE, rows)", False),
    ],
)
def test_a_statement_that_stands_elsewhere_is_found(source: str, of_the_ledger: bool) -> None:
    assert misplaced_in(source, {"deliveries"}, of_the_ledger)
