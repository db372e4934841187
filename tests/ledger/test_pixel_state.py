"""Pixels that are held, paused and open again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ledger.pixel_state import (
    SendingPixel,
    held_pixels,
    hold,
    pause,
    pixels_with_due,
    resume,
    sending_pixel,
    take_probes,
)
from tests.forwarder.delivering.scene import APP, PIXEL, PIXEL_REF
from tests.ledger.rows import NOW, Rows, opened_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    async with opened_rows(database_url) as opened:
        yield opened


async def pixel_of(rows: Rows) -> SendingPixel:
    pixel = await sending_pixel(rows.pool, PIXEL_REF, NOW)
    assert pixel is not None
    return pixel


async def test_a_pixel_with_something_due_is_found(rows: Rows) -> None:
    assert await pixels_with_due(rows.pool, NOW) == []
    await rows.delivery("e1")
    assert await pixels_with_due(rows.pool, NOW - timedelta(seconds=1)) == []
    assert await pixels_with_due(rows.pool, NOW) == [PIXEL_REF]


async def test_a_held_pixel_is_not_open_and_tells_its_first_hold_from_the_next(rows: Rows) -> None:
    await rows.delivery("e1")
    assert await hold(rows.pool, PIXEL_REF, "40105: revoked", NOW) is True
    assert await hold(rows.pool, PIXEL_REF, "40105: revoked", NOW + timedelta(minutes=1)) is False
    assert await pixels_with_due(rows.pool, NOW) == []
    assert not (await pixel_of(rows)).open_at(NOW)
    assert await rows.pool.fetchval("SELECT held_since FROM pixels") == NOW
    assert await held_pixels(rows.pool) == {(APP, PIXEL): True}


async def test_a_paused_pixel_opens_when_the_pause_is_over(rows: Rows) -> None:
    await rows.delivery("e1")
    await pause(rows.pool, await pixel_of(rows), NOW + timedelta(seconds=1))
    assert await pixels_with_due(rows.pool, NOW) == []
    assert not (await pixel_of(rows)).open_at(NOW)
    assert await pixels_with_due(rows.pool, NOW + timedelta(seconds=1)) == [PIXEL_REF]
    assert (await pixel_of(rows)).open_at(NOW + timedelta(seconds=1))


async def test_requests_that_were_throttled_side_by_side_count_once(rows: Rows) -> None:
    pixel = await pixel_of(rows)
    await pause(rows.pool, pixel, NOW + timedelta(seconds=1))
    await pause(rows.pool, pixel, NOW + timedelta(minutes=5))
    assert (await pixel_of(rows)).throttle_step == 1
    assert (await pixel_of(rows)).paused_until == NOW + timedelta(minutes=5)


async def test_a_failure_without_a_pause_leaves_a_pause_as_it_is(rows: Rows) -> None:
    await pause(rows.pool, await pixel_of(rows), NOW)
    await pause(rows.pool, await pixel_of(rows), None)
    assert (await pixel_of(rows)).paused_until == NOW
    assert (await pixel_of(rows)).throttle_step == 2


async def test_a_resumed_pixel_is_as_if_nothing_had_been(rows: Rows) -> None:
    await hold(rows.pool, PIXEL_REF, "40105: revoked", NOW)
    await pause(rows.pool, await pixel_of(rows), NOW + timedelta(hours=1))
    await resume(rows.pool, PIXEL_REF)
    pixel = await pixel_of(rows)
    assert (pixel.state, pixel.throttle_step, pixel.paused_until) == ("ok", 0, None)
    assert await rows.pool.fetchval("SELECT held_since FROM pixels") is None


async def test_a_probe_is_given_to_one_caller_a_minute(rows: Rows) -> None:
    await hold(rows.pool, PIXEL_REF, "40105: revoked", NOW)
    assert await take_probes(rows.pool, NOW + timedelta(seconds=59)) == []
    assert await take_probes(rows.pool, NOW + timedelta(seconds=60)) == [PIXEL_REF]
    assert await take_probes(rows.pool, NOW + timedelta(seconds=60)) == []
    assert await take_probes(rows.pool, NOW + timedelta(seconds=120)) == [PIXEL_REF]


async def test_a_disabled_pixel_is_neither_sent_to_nor_probed(rows: Rows) -> None:
    await rows.delivery("e1")
    await hold(rows.pool, PIXEL_REF, "40105: revoked", NOW)
    await rows.pool.execute("UPDATE pixels SET enabled = false")
    assert await take_probes(rows.pool, NOW + timedelta(hours=1)) == []
    assert await pixels_with_due(rows.pool, NOW) == []


async def test_the_settings_of_pixel_and_app_come_along(rows: Rows) -> None:
    await rows.pool.execute("""UPDATE apps SET settings = '{"send": "attributed"}'""")
    await rows.pool.execute("""UPDATE pixels SET settings = '{"send": "all"}'""")
    pixel = await pixel_of(rows)
    assert (pixel.settings.send, pixel.app_settings.send, pixel.link_slug) == ("all", "attributed", "spring")
    assert await sending_pixel(rows.pool, (APP, "px_nothing"), NOW) is None
