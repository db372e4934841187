"""Ids that were stored before they were made canonical: migration 0005, and the tombstones that cannot be rewritten."""

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest

from ledger.erasure import erased, tombstone, tombstones
from ledger.spelling import canonical
from tests.forwarder.api import APP, Api, opened_api, settings

pytestmark = pytest.mark.anyio

STATEMENTS = import_module("ledger.migrations.versions.0005_canonical_ids").STATEMENTS
UUID = "3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93"
OTHER = "5d0e7c34-2a51-4b8e-8f60-9a1b2c3d4e5f"

# as an iPhone's ids were stored
AGE = (
    "ALTER TABLE person_installs DROP CONSTRAINT person_installs_app_id_install_id_fkey",
    "UPDATE installs SET install_id = upper(install_id), external_ids = ARRAY[upper(external_ids[1]), external_ids[1]]",
    "UPDATE person_installs SET install_id = upper(install_id), person = upper(person)",
    "UPDATE click_claims SET install_id = upper(install_id)",
    "UPDATE deliveries SET install_id = upper(install_id)",
    "UPDATE events SET install_id = upper(install_id), external_ids = ARRAY[upper(external_ids[1])], "
    "event_id = replace(upper(event_id), 'INSTALL:', 'install:')",
    """ALTER TABLE person_installs ADD CONSTRAINT person_installs_app_id_install_id_fkey
        FOREIGN KEY (app_id, install_id) REFERENCES installs ON DELETE CASCADE""",
)


@pytest.fixture
async def api(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, tmp_path)) as opened:
        yield opened


async def run(api: Api, statements: tuple[str, ...]) -> None:
    async with api.pool.acquire() as connection, connection.transaction():
        for statement in statements:
            await connection.execute(statement)


async def test_an_install_stored_in_capitals_is_the_same_install_afterwards(api: Api) -> None:
    await api.click()
    first = await api.install(install_id=UUID, user={"external_id": OTHER})
    purchase = {"event_id": OTHER, "install_id": UUID, "name": "purchase", "user": {"external_id": "person-" + UUID}}
    await api.events(purchase)
    await run(api, AGE)
    assert await api.pool.fetchval("SELECT install_id FROM installs") == UUID.upper()
    await run(api, STATEMENTS)
    again = await api.install(install_id=UUID.upper(), user={"external_id": OTHER})
    assert again == first
    assert (await api.events(purchase | {"event_id": OTHER.upper()}))["duplicates"] == 1
    assert await api.count("installs") == 1
    assert sorted(row["source_event"] for row in await api.deliveries()) == ["install", "purchase"]
    assert {row["install_id"] for row in await api.deliveries()} == {UUID}
    for table in ("click_claims", "person_installs", "events"):
        assert await api.pool.fetchval(f"SELECT array_agg(DISTINCT install_id) FROM {table}") == [UUID], table  # noqa: S608
    assert await api.pool.fetchval("SELECT external_ids FROM installs") == [OTHER]


async def test_what_is_there_in_both_spellings_stays(api: Api) -> None:
    await api.install(install_id=UUID)
    await api.pool.execute(
        """INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method)
        SELECT app_id, upper(install_id), platform, occurred_at, body, 'none' FROM installs"""
    )
    await run(api, STATEMENTS)
    assert {row["install_id"] for row in await api.pool.fetch("SELECT install_id FROM installs")} == {
        UUID,
        UUID.upper(),
    }


@pytest.mark.parametrize(
    "given", [UUID.upper(), f"{{{UUID.upper()}}}", f"URN:UUID:{UUID}", UUID.replace("-", "").upper(), " Ab ", "Ab", ""]
)
async def test_the_migration_and_the_forwarder_have_one_rule(api: Api, given: str) -> None:
    async with api.pool.acquire() as connection:
        await connection.execute(STATEMENTS[0])
        assert await connection.fetchval("SELECT pg_temp.canonical($1)", given) == canonical(given)
        await connection.execute("DROP FUNCTION pg_temp.canonical(text)")


@pytest.mark.parametrize("kind", ["install", "person"])
async def test_who_was_erased_in_capitals_does_not_come_back_in_small_letters(api: Api, kind: str) -> None:
    keys = (b"new", b"old")
    await api.pool.execute("INSERT INTO tombstones (hash) VALUES ($1)", tombstone(b"old", APP, kind, UUID.upper()))  # type: ignore[arg-type]
    hashes = tombstones(keys, APP, UUID, ()) if kind == "install" else tombstones(keys, APP, None, (UUID,))
    assert len(await erased(api.pool, hashes)) == 1
