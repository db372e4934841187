"""The directory: what changes in the ledger holds, what was known serves while the ledger is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from config.secrets import Keyring
from forwarder.directory import Directory
from ledger.apps import App, AppSettings, hash_api_key, insert_app
from ledger.pool import open_pool
from tests.forwarder.api import APP, KEY, PIXEL, add_pixel, fill_ledger

pytestmark = pytest.mark.anyio
KEYRING = Keyring((b"k" * 32,))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, 2)
    yield opened
    await opened.close()


@pytest.fixture
async def directory(pool: asyncpg.Pool) -> Directory:
    await fill_ledger(pool, KEYRING)
    filled = Directory(pool, KEYRING)
    await filled.refresh()
    return filled


async def test_a_key_leads_to_its_app_with_pixels_and_policies(directory: Directory) -> None:
    entry = await directory.by_api_key(KEY)
    assert entry is not None
    assert (entry.app_id, [to.pixel_id for to in entry.destinations]) == (APP, [PIXEL])
    assert set(entry.policies) == {"ios", "android"}
    assert directory.api_keys(entry) == {hash_api_key(KEY): KEY}


async def test_an_app_that_was_just_made_is_found_by_its_key_at_once(directory: Directory, pool: asyncpg.Pool) -> None:
    assert await directory.by_api_key("sp_unknown") is None
    key = "sp_" + "c" * 40
    app = App("app_c", "C", AppSettings(), hash_api_key(key), KEYRING.encrypt(key, "app:app_c:api_key"), {}, _now())
    await insert_app(pool, app)
    entry = await directory.by_api_key(key)
    assert entry is not None
    assert entry.app_id == "app_c"


async def test_unknown_keys_that_come_together_ask_the_ledger_together(directory: Directory) -> None:
    before = directory._reads_begun
    assert await asyncio.gather(*(directory.by_api_key(f"sp_{number}") for number in range(100))) == [None] * 100
    assert directory._reads_begun - before <= 2


async def test_who_asks_while_another_is_answered_sees_what_was_changed_meanwhile(
    directory: Directory, pool: asyncpg.Pool
) -> None:
    for number in range(20):
        earlier = asyncio.create_task(directory.catch_up())
        await asyncio.sleep(0)
        await pool.execute("UPDATE apps SET settings = jsonb_build_object('match_window_hours', $1::int)", number + 1)
        await directory.catch_up()
        entry = directory.get(APP)
        assert entry is not None
        assert entry.app.settings.match_window_hours == number + 1
        await earlier


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE apps SET settings = \'{"send": "attributed"}\'',
        "UPDATE pixels SET enabled = false",
        'UPDATE pixels SET settings = \'{"send": "attributed"}\'',
        f"INSERT INTO mappings VALUES ('{APP}', '', 'purchase', 'Subscribe')",  # noqa: S608
    ],
    ids=["app", "pixel disabled", "pixel settings", "mapping"],
)
async def test_every_change_that_matters_is_seen(directory: Directory, pool: asyncpg.Pool, change: str) -> None:
    before = directory.get(APP)
    await pool.execute(change)
    await directory.refresh()
    after = directory.get(APP)
    assert before is not None
    assert after is not None
    assert before.destinations != after.destinations


async def test_what_does_not_matter_is_not_read_again(directory: Directory, pool: asyncpg.Pool) -> None:
    before = directory.get(APP)
    await pool.execute("UPDATE pixels SET paused_until = now(), throttle_step = 3")
    await directory.refresh()
    assert directory.get(APP) is before


async def test_while_the_ledger_is_away_the_last_snapshot_serves(directory: Directory, pool: asyncpg.Pool) -> None:
    await pool.close()
    entry = await directory.by_api_key(KEY)
    assert entry is not None
    assert await directory.by_api_key("sp_unknown") is None


async def test_an_empty_ledger_is_a_loaded_directory(pool: asyncpg.Pool) -> None:
    directory = Directory(pool, KEYRING)
    assert directory.loaded is False
    await directory.refresh()
    assert directory.loaded is True


async def test_a_second_pixel_is_a_second_destination(directory: Directory, pool: asyncpg.Pool) -> None:
    await add_pixel(pool, KEYRING, "px_bbbbbbbbbbbb")
    await directory.refresh()
    entry = directory.get(APP)
    assert entry is not None
    assert len(entry.destinations) == 2


async def test_a_key_another_secret_key_encrypted_does_not_open(directory: Directory, pool: asyncpg.Pool) -> None:
    stranger = Directory(pool, Keyring((b"x" * 32,)))
    await stranger.refresh()
    entry = stranger.get(APP)
    assert entry is not None
    assert stranger.api_keys(entry) == {}


def _now() -> datetime:
    return datetime.now(UTC)
