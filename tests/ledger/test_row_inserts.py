"""Many rows go in with few statements, as if each had gone in alone."""

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from ledger.pool import STATEMENTS_KEPT, open_pool
from ledger.row_inserts import SIZES, inserts, of_arrays, of_rows
from tests.ledger.statements import row_inserts, statements

pytestmark = pytest.mark.anyio

_ROW = "INSERT INTO kept (app_id, id, said) VALUES ($1::text, $2::integer, upper($3::text)) ON CONFLICT (app_id, id)"
ADD = f"{_ROW} DO NOTHING RETURNING id"
REPLACE = f"{_ROW} DO UPDATE SET said = excluded.said RETURNING id"
COUNTS = [*range(120), 191, 192, 193, 1_000]
LONGEST_KEPT = 15 * 1024  # asyncpg's max_cacheable_statement_size
MOST_PARAMETERS = 32_767  # asyncpg's


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 2)
    yield opened
    await opened.close()


@pytest.fixture
async def connection(pool: asyncpg.Pool) -> AsyncIterator[Any]:
    async with pool.acquire() as opened, opened.transaction():
        await opened.execute(
            "CREATE TEMP TABLE kept (app_id text, id integer, said text, PRIMARY KEY (app_id, id)) ON COMMIT DROP"
        )
        yield opened


def rows_of(count: int, apps: int = 40) -> list[tuple[str, int, str]]:
    return [(f"app_{number % apps}", number, f"said {number}") for number in range(count)]


async def put(connection: Any, statement: str, rows: Sequence[Sequence[Any]]) -> list[int]:
    return [row["id"] for sql, values in inserts(statement, rows) for row in await connection.fetch(sql, *values)]


def sent(statement: str, count: int) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement."""
    parts = [values for _, values in inserts(statement, rows_of(count))]
    return [[tuple(values[at : at + 3]) for at in range(0, len(values), 3)] for values in parts]


@pytest.mark.parametrize("count", COUNTS)
def test_every_row_is_sent_and_only_the_last_one_again(count: int) -> None:
    rows = rows_of(count)
    flat = [row for part in sent(ADD, count) for row in part]
    assert flat[:count] == rows
    assert set(flat[count:]) <= {rows[-1] if rows else ()}


@pytest.mark.parametrize("count", COUNTS)
def test_what_replaces_a_row_is_sent_once(count: int) -> None:
    assert [row for part in sent(REPLACE, count) for row in part] == rows_of(count)


@pytest.mark.parametrize("statement", [ADD, REPLACE])
def test_there_are_few_statements_whatever_the_number_of_rows(statement: str) -> None:
    texts = {sql for count in COUNTS for sql, _ in inserts(statement, rows_of(count))}
    assert texts == {of_rows(statement, size) for size in SIZES}
    assert all(len(list(inserts(ADD, rows_of(count)))) == -(-count // SIZES[-1]) for count in COUNTS)


@pytest.mark.parametrize(
    ("count", "apps", "statements"), [(0, 1, 0), (96, 1, 1), (97, 1, 1), (97, 2, 2), (1_000, 1, 1)]
)
def test_more_of_one_app_than_a_statement_holds_go_as_arrays(count: int, apps: int, statements: int) -> None:
    found = list(inserts(ADD, rows_of(count, apps)))
    assert len(found) == statements
    arrays = [[list(column) for column in zip(*rows_of(count, apps), strict=True)]] if apps == 1 and count > 96 else []
    assert [values for sql, values in found if sql == of_arrays(ADD)] == arrays


@pytest.mark.parametrize("apps", [1, 40])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 96, 97, 250])
@pytest.mark.parametrize("statement", [ADD, REPLACE])
async def test_what_goes_in_comes_out_each_once(connection: Any, statement: str, count: int, apps: int) -> None:
    rows = rows_of(count, apps)
    random.shuffle(rows)
    assert sorted(await put(connection, statement, rows)) == list(range(count))
    stored = await connection.fetch("SELECT app_id, id, said FROM kept ORDER BY id")
    assert [tuple(row) for row in stored] == [(app, number, said.upper()) for app, number, said in rows_of(count, apps)]


@pytest.mark.parametrize("apps", [1, 40])
async def test_only_what_is_new_comes_back(connection: Any, apps: int) -> None:
    rows = rows_of(150, apps)
    await put(connection, ADD, rows[::3])
    assert sorted(await put(connection, ADD, rows)) == [number for number in range(150) if number % 3]
    # the last one, which is sent again, among those that are there
    assert await put(connection, ADD, [*rows[:101], rows[0]]) == []


async def test_a_row_given_twice_goes_in_once(connection: Any) -> None:
    twice = [("app_a", 1, "first"), ("app_a", 1, "second"), ("app_b", 1, "third")]
    assert await put(connection, ADD, twice) == [1, 1]
    assert await connection.fetchval("SELECT said FROM kept WHERE app_id = 'app_a'") == "FIRST"


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "INSERT INTO kept VALUES ($1::text)", "INSERT INTO kept SELECT $1::text ON CONFLICT DO NOTHING"],
)
def test_what_is_no_insert_of_one_row_is_refused(statement: str) -> None:
    with pytest.raises(ValueError, match="no insert of one row"):
        list(inserts(statement, [(1,)]))


@pytest.mark.parametrize("name", row_inserts())
async def test_parameters_have_the_types_of_the_columns_in_every_row(connection: Any, name: str) -> None:
    async def types(sql: str) -> list[str]:
        return [parameter.name for parameter in (await connection.prepare(sql)).get_parameters()]

    sql = row_inserts()[name]
    one = await types(sql)
    # the rows behind the first have theirs from the columns
    assert await types(of_rows(sql, SIZES[-1])) == one * SIZES[-1]
    assert await types(of_arrays(sql)) == [f"{kind}[]" for kind in one]


@pytest.mark.parametrize("name", row_inserts())
def test_the_largest_is_still_kept_prepared_and_has_not_too_many_parameters(name: str) -> None:
    text = of_rows(row_inserts()[name], SIZES[-1])
    assert len(text) <= LONGEST_KEPT
    assert text.count("$") <= MOST_PARAMETERS


def test_a_connection_keeps_every_statement_of_ours() -> None:
    assert len(statements()) <= STATEMENTS_KEPT
