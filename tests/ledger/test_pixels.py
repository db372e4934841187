"""Pixels in the ledger."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from ledger.apps import App, AppSettings, insert_app
from ledger.pixels import NewPixel, PixelSettings, all_pixels, get_pixel, insert_pixel, new_pixel_id, update_pixel
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, tzinfo=UTC)
A_PIXEL = NewPixel("px_1", "app_1", "C9PIXEL", "Main", b"sealed", "", "unvalidated")


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    await insert_app(pool, App("app_1", "Tea", AppSettings(), b"hash", b"sealed", {}, NOW))
    yield pool
    await pool.close()


async def test_what_is_inserted_is_read_back_with_the_defaults(ledger: Any) -> None:
    await insert_pixel(ledger, A_PIXEL)
    [pixel] = await all_pixels(ledger)
    assert pixel == await get_pixel(ledger, "px_1")
    assert (pixel.code, pixel.name, pixel.token_encrypted, pixel.state) == ("C9PIXEL", "Main", b"sealed", "unvalidated")
    assert pixel.enabled
    assert pixel.settings == PixelSettings(consent_categories=("marketing",), send=None, event_names="current")


async def test_an_update_sets_the_named_columns_alone(ledger: Any) -> None:
    await insert_pixel(ledger, A_PIXEL)
    changed = await update_pixel(ledger, A_PIXEL.ref, state="held", held_reason="revoked", held_since=NOW)
    assert changed is not None
    assert (changed.state, changed.held_reason, changed.held_since, changed.name) == ("held", "revoked", NOW, "Main")
    changed = await update_pixel(ledger, A_PIXEL.ref, held_since=None, settings=PixelSettings(send="attributed"))
    assert changed is not None
    assert (changed.held_since, changed.settings.send) == (None, "attributed")


async def test_a_column_that_cannot_be_updated_is_refused(ledger: Any) -> None:
    await insert_pixel(ledger, A_PIXEL)
    for column in ("app_id", "code; DROP TABLE pixels"):
        with pytest.raises(KeyError, match="no column to update"):
            await update_pixel(ledger, A_PIXEL.ref, **{column: "x"})


async def test_a_pixel_that_is_not_there_gives_none(ledger: Any) -> None:
    assert await get_pixel(ledger, "px_1") is None
    assert await update_pixel(ledger, A_PIXEL.ref, name="x") is None


async def test_a_pixel_belongs_to_an_app(ledger: Any) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await insert_pixel(ledger, NewPixel("px_1", "app_none", "C", "", b"", "", "ok"))


def test_ids_are_random_and_of_their_form() -> None:
    ids = {new_pixel_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(pixel_id) == 15 and pixel_id.startswith("px_") for pixel_id in ids)
