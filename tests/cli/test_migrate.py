"""`signalpost migrate`: the tables are made, brought up to date, and left alone where they are."""

import asyncio

import asyncpg
import pytest

from clicks.connection import connect
from clicks.links import published_version
from ledger.migrate import migrate
from ledger.revisions import head_revision
from tests.cli.conftest import Cli
from tests.engines import SessionEngines


@pytest.fixture
def new_database(engines: SessionEngines, environment: dict[str, str]) -> str:
    """The commands' database: one without a table."""
    environment["DATABASE_URL"] = engines.new_database()
    return environment["DATABASE_URL"]


def revision(url: str) -> str:
    async def ask() -> str:
        connection = await asyncpg.connect(url)
        found: str = await connection.fetchval("SELECT version_num FROM alembic_version")
        await connection.close()
        return found

    return asyncio.run(ask())


@pytest.mark.parametrize("before", [None, "0011"], ids=["new", "older"])
def test_it_ends_at_this_version(cli: Cli, new_database: str, before: str | None) -> None:
    if before:
        asyncio.run(migrate(new_database, before))
    assert cli("migrate", "--json").value == {"revision": head_revision()}
    assert revision(new_database) == head_revision()
    assert cli("migrate", "--json").value == {"revision": head_revision()}


def test_links_are_published_for_a_redis_that_lost_them(cli: Cli, environment: dict[str, str]) -> None:
    cli("migrate")

    async def version() -> str | None:
        redis = connect(environment["REDIS_URL"])
        found = await published_version(redis)
        await redis.aclose()
        return found

    assert asyncio.run(version()) is not None


def test_without_redis_the_tables_are_made_all_the_same_and_a_note_says_so(
    cli: Cli, new_database: str, environment: dict[str, str]
) -> None:
    environment["REDIS_URL"] = ""
    done = cli("migrate", "--json")
    assert done.value == {"revision": head_revision()}
    assert "no Redis" in done.stderr


def test_without_postgresql_it_says_what_to_set(cli: Cli, environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = ""
    refused = cli("migrate")
    assert (refused.status, "set DATABASE_URL" in refused.stderr) == (1, True)
