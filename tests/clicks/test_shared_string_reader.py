"""Reading what records refer to: once, whole, and aloud where it is lost."""

import asyncio

import msgspec
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from clicks import shared_string_reader
from clicks.shared_string_reader import SharedStringReader
from clicks.shared_strings import WEEK_S, SharedStrings, text_reference, texts_key
from clicks.store import ClickStore
from tests.clicks.texts import (
    KEY,
    MONDAY,
    Clock,
    ad,
    clicks_of,
    is_whole,
    store_click,
    visitor,
)

pytestmark = pytest.mark.anyio


async def test_a_click_whose_texts_are_lost_keeps_its_ttclid_and_the_loss_is_said(
    client: Redis, texts: SharedStrings
) -> None:
    one, other = visitor(), ad()
    await texts.keep([one, other])
    await store_click(client, MONDAY, one, other)
    await client.delete(texts_key(2_951))
    with capture_logs() as logs:
        (click,) = await clicks_of(client)
    assert click.ttclid == "E.C.P." + "a" * 316
    assert (click.ip, click.user_agent, click.app_id) == ("203.0.113.7", "", "")
    assert [entry["texts"] for entry in logs] == [2]


async def test_a_text_is_fetched_once(client: Redis, texts: SharedStrings) -> None:
    one, other = visitor(), ad()
    await texts.keep([one, other])
    await store_click(client, MONDAY, one, other)
    store = ClickStore(client, (KEY,))
    before = await store.find("203.0.113.7", 0, 2**53)
    await client.delete(texts_key(2_951))
    again = await store.find("203.0.113.7", 0, 2**53)
    assert is_whole(again[0])
    assert msgspec.structs.asdict(again[0]) == msgspec.structs.asdict(before[0])


async def test_readers_at_once_do_not_take_texts_from_each_other(
    client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [visitor(b"Phone %d" % number) for number in range(30)]
    await texts.keep(many)
    monkeypatch.setattr(shared_string_reader, "MAX_REMEMBERED", 10)
    reader = SharedStringReader(client)
    wanted = [(text_reference(text.text), MONDAY * 1000) for text in many]

    async def read(start: int) -> int:
        return len(await reader.read((wanted + wanted)[start : start + 15]))

    for _ in range(5):
        assert await asyncio.gather(*(read(start) for start in range(0, 30, 3))) == [15] * 10


async def test_a_clock_set_back_over_the_week_loses_no_text(client: Redis, texts: SharedStrings, clock: Clock) -> None:
    one, other = visitor(), ad()
    clock.now = 2_952 * WEEK_S
    await texts.keep([one, other])  # begins the week
    await store_click(client, clock.now - 1, one, other)
    assert [is_whole(click) for click in await clicks_of(client)] == [True]


async def test_a_click_read_while_its_texts_were_lost_is_whole_once_they_are_back(
    client: Redis, texts: SharedStrings
) -> None:
    one, other = visitor(), ad()
    await texts.keep([one, other])
    await store_click(client, MONDAY, one, other)
    store = ClickStore(client, (KEY,))
    await client.delete(texts_key(2_951))
    assert not is_whole((await store.find("203.0.113.7", 0, 2**53))[0])
    await texts.put_back(is_gone=True)
    assert is_whole((await store.find("203.0.113.7", 0, 2**53))[0])
