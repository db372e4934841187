"""Mapping rows in the ledger."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from ledger.apps import App, AppSettings, insert_app
from ledger.mappings import WHOLE_APP, all_mappings, clear_mappings, load_preset, set_mappings
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    await insert_app(pool, App("app_1", "Tea", AppSettings(), b"hash", b"", {}, datetime.now(UTC)))
    yield pool
    await pool.close()


async def test_rows_are_kept_per_app_and_pixel(ledger: Any) -> None:
    await set_mappings(ledger, "app_1", WHOLE_APP, {"purchase": "Purchase", "search": ""})
    await set_mappings(ledger, "app_1", "px_1", {"purchase": "Lead"})
    assert await all_mappings(ledger) == {
        ("app_1", WHOLE_APP): {"purchase": "Purchase", "search": ""},
        ("app_1", "px_1"): {"purchase": "Lead"},
    }


async def test_setting_again_replaces_and_leaves_the_others(ledger: Any) -> None:
    await set_mappings(ledger, "app_1", WHOLE_APP, {"purchase": "Purchase", "search": "Search"})
    await set_mappings(ledger, "app_1", WHOLE_APP, {"purchase": "Lead"})
    assert await all_mappings(ledger) == {("app_1", WHOLE_APP): {"purchase": "Lead", "search": "Search"}}


async def test_rows_are_cleared_by_source_or_all_at_once(ledger: Any) -> None:
    for pixel_id in (WHOLE_APP, "px_1"):
        await set_mappings(ledger, "app_1", pixel_id, {"purchase": "Purchase", "search": "Search"})
    await clear_mappings(ledger, "app_1", WHOLE_APP, ["search"])
    assert (await all_mappings(ledger))["app_1", WHOLE_APP] == {"purchase": "Purchase"}
    await clear_mappings(ledger, "app_1", WHOLE_APP)
    assert list(await all_mappings(ledger)) == [("app_1", "px_1")]


async def test_setting_no_rows_changes_nothing(ledger: Any) -> None:
    await set_mappings(ledger, "app_1", WHOLE_APP, {})
    assert await all_mappings(ledger) == {}


async def test_rows_belong_to_an_app(ledger: Any) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await set_mappings(ledger, "app_none", WHOLE_APP, {"purchase": "Purchase"})


async def test_a_preset_replaces_the_last_one_and_leaves_what_was_set_by_hand(ledger: Any) -> None:
    async with ledger.acquire() as connection:
        assert await load_preset(connection, "app_1", WHOLE_APP, {"a": "Lead", "b": "Search"}) == []
        await set_mappings(connection, "app_1", WHOLE_APP, {"b": "Contact"})
        assert await load_preset(connection, "app_1", WHOLE_APP, {"b": "Purchase", "c": "Lead"}) == ["b"]
        assert await all_mappings(connection) == {("app_1", WHOLE_APP): {"b": "Contact", "c": "Lead"}}
