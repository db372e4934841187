"""Apps in the ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from ledger.apps import (
    App,
    AppChanges,
    AppSettings,
    all_apps,
    get_app,
    hash_api_key,
    insert_app,
    new_api_key,
    new_app_id,
    set_api_key,
    update_app,
)
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio

AN_APP = App("app_1", "Tea", AppSettings(send="attributed"), b"hash", b"sealed", {}, datetime(2026, 11, 20, tzinfo=UTC))


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    yield pool
    await pool.close()


async def test_what_is_inserted_is_read_back(ledger: Any) -> None:
    await insert_app(ledger, AN_APP)
    assert await get_app(ledger, "app_1") == AN_APP
    assert await all_apps(ledger) == [AN_APP]
    assert await get_app(ledger, "app_2") is None


async def test_only_settings_that_differ_are_stored(ledger: Any) -> None:
    """A default that changes in a later version then holds for every app that did not choose."""
    await insert_app(ledger, AN_APP)
    assert await ledger.fetchval("SELECT settings FROM apps") == {"send": "attributed"}


async def test_an_update_leaves_alone_what_it_does_not_name(ledger: Any) -> None:
    await insert_app(ledger, AN_APP)
    changes = AppChanges(settings={"match_window_hours": 48}, secrets={"superwall_secret": "c2VhbGVk"})
    changed = await update_app(ledger, "app_1", changes)
    assert changed is not None
    assert changed.settings == AppSettings(send="attributed", match_window_hours=48)
    assert (changed.name, changed.secrets) == ("Tea", {"superwall_secret": "c2VhbGVk"})


async def test_none_in_an_update_clears(ledger: Any) -> None:
    await insert_app(ledger, replace(AN_APP, secrets={"superwall_secret": "c2VhbGVk"}))
    changed = await update_app(ledger, "app_1", AppChanges(settings={"send": None}, secrets={"superwall_secret": None}))
    assert changed is not None
    assert (changed.settings, changed.secrets) == (AppSettings(), {})


async def test_updating_an_app_that_is_not_there_gives_none(ledger: Any) -> None:
    assert await update_app(ledger, "app_1", AppChanges(name="Coffee")) is None
    assert await set_api_key(ledger, "app_1", b"", b"") is None


async def test_a_rotated_key_replaces_the_old_one(ledger: Any) -> None:
    await insert_app(ledger, AN_APP)
    assert await set_api_key(ledger, "app_1", b"other hash", b"other sealed")
    changed = await get_app(ledger, "app_1")
    assert changed is not None
    assert (changed.api_key_hash, changed.api_key_encrypted) == (b"other hash", b"other sealed")


async def test_no_two_apps_share_a_key(ledger: Any) -> None:
    await insert_app(ledger, AN_APP)
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert_app(ledger, replace(AN_APP, app_id="app_2"))


def test_ids_and_keys_are_long_random_and_of_their_form() -> None:
    ids, keys = {new_app_id() for _ in range(50)}, {new_api_key() for _ in range(50)}
    assert len(ids) == len(keys) == 50
    assert all(len(app_id) == 16 and app_id.startswith("app_") and app_id == app_id.lower() for app_id in ids)
    assert all(len(key) == 43 and key.startswith("sp_") and key[3:].isalnum() for key in keys)
    assert len(hash_api_key(new_api_key())) == 32
