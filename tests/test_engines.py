"""The database that tests of one process share."""

import asyncpg
import pytest

from tests.engines import SessionEngines

pytestmark = pytest.mark.anyio

COUNTED = """
SELECT count(*), (SELECT reltuples FROM pg_class WHERE oid = 'users'::regclass) FROM pg_stats WHERE tablename = 'users'
"""
PUT_USERS = """
INSERT INTO users (email, password_hash, role, created_at) SELECT n, '', 'viewer', now() FROM generate_series(1, 9) n
"""


async def test_a_test_is_planned_for_without_the_rows_of_the_last_one(engines: SessionEngines) -> None:
    counted = []
    for _ in range(2):
        with engines.empty_database() as url:
            connection = await asyncpg.connect(url)
            counted.append(tuple(await connection.fetchrow(COUNTED)))
            await connection.execute(PUT_USERS)
            await connection.execute("ANALYZE users")
            assert await connection.fetchval(COUNTED) > 0
            await connection.close()
    assert counted == [(0, -1), (0, -1)]
