"""Which fields of the payload are read from elsewhere in the event."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ledger.field_mappings import field_mappings, set_field_mappings
from ledger.mappings import WHOLE_APP
from ledger.pixel_state import sending_pixel
from tests.forwarder.delivering.scene import APP, PIXEL, PIXEL_REF
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def test_a_pixels_row_stands_in_place_of_the_apps(rows: Rows) -> None:
    await set_field_mappings(rows.pool, APP, WHOLE_APP, {"value": ["properties.a"], "city": ["user.b"]})
    await set_field_mappings(rows.pool, APP, PIXEL, {"value": ["properties.c", "properties.d"]})
    assert await field_mappings(rows.pool, APP) == {"value": ("properties.a",), "city": ("user.b",)}
    expected = {"value": ("properties.c", "properties.d"), "city": ("user.b",)}
    assert await field_mappings(rows.pool, APP, PIXEL) == expected
    sending = await sending_pixel(rows.pool, PIXEL_REF, NOW)
    assert sending is not None
    assert sending.fields == expected


async def test_no_path_forgets_the_row(rows: Rows) -> None:
    await set_field_mappings(rows.pool, APP, WHOLE_APP, {"value": ["properties.a"]})
    await set_field_mappings(rows.pool, APP, WHOLE_APP, {"value": []})
    assert await field_mappings(rows.pool, APP) == {}


async def test_an_app_that_is_not_there_is_refused(rows: Rows) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await set_field_mappings(rows.pool, "app_none", WHOLE_APP, {"value": ["properties.a"]})
