"""What a bridge page tells: read, packed, stored beside its click, read with it, erased with it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from clicks.address import AddressHasher
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.connection import connect
from clicks.enrichment import decode_enrichment, enriched_click, enrichment_record, read_enrichment
from clicks.record import pointer
from clicks.store import ClickStore
from tests.clicks.records import Visit, encode

ADDRESS_KEY = b"k" * 32
AT_MS = 1_800_000_000_000
PHONE = {
    "screen": {"width": 393, "height": 852, "scale": 3.0},
    "timezone": "Europe/London",
    "languages": ["en-GB", "de"],
    "touch_points": 5,
}


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        pytest.param(PHONE, PHONE, id="an iPhone"),
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {"screen": {"width": 360.4, "height": 800, "scale": 2.625}},
            {"screen": {"width": 360, "height": 800, "scale": 2.625}},
            id="Android",
        ),
        pytest.param(
            {"screen": {"width": 1e9, "height": 1, "scale": 1e9}},
            {"screen": {"width": 20_000, "height": 1, "scale": 16.0}},
            id="too large is cut",
        ),
        pytest.param({"screen": {"width": 0, "height": 800, "scale": 2}}, {}, id="no width"),
        pytest.param({"screen": {"width": -1, "height": 800, "scale": 2}}, {}, id="negative"),
        pytest.param({"screen": {"width": "393", "height": 852}}, {}, id="text"),
        pytest.param({"screen": {"width": True, "height": 852}}, {}, id="true is no number"),
        pytest.param({"screen": {"width": 10**400, "height": float("nan")}}, {}, id="NaN"),
        pytest.param({"screen": [393, 852]}, {}, id="a list"),
        pytest.param({"timezone": "Europe/<script>"}, {}, id="no time zone"),
        pytest.param({"timezone": "A" * 33}, {}, id="too long a time zone"),
        pytest.param(
            {"timezone": "America/Argentina/Buenos_Aires"},
            {"timezone": "America/Argentina/Buenos_Aires"},
            id="three parts",
        ),
        pytest.param({"timezone": "Etc/GMT+8"}, {"timezone": "Etc/GMT+8"}, id="sign"),
        pytest.param(
            {"languages": ["en", 7, "x y", "zh-Hant-TW"]}, {"languages": ["en", "zh-Hant-TW"]}, id="some languages"
        ),
        pytest.param({"languages": "en"}, {}, id="languages as text"),
        pytest.param({"languages": ["en"] * 99}, {"languages": ["en"] * 10}, id="too many languages"),
        pytest.param({"touch_points": 0}, {"touch_points": 0}, id="a mouse"),
        pytest.param({"touch_points": 9_999}, {"touch_points": 255}, id="too many fingers"),
        pytest.param({"touch_points": -1}, {}, id="less than none"),
    ],
)
def test_only_what_can_be_true_is_kept(told: dict[str, Any], facts: dict[str, Any]) -> None:
    assert read_enrichment(told) == facts


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {}, optional={"screen": _VALUES, "timezone": _VALUES, "languages": _VALUES, "touch_points": _VALUES}
    )
)
def test_whatever_is_told_what_is_kept_survives_its_record(told: dict[str, Any]) -> None:
    facts = read_enrichment(told)
    record = enrichment_record(b"\x00\xff123", facts)
    assert decode_enrichment(record) == facts
    assert enriched_click(record) == b"\x00\xff123"
    assert len(record) < 600


def test_a_record_of_a_phone_is_small() -> None:
    assert len(enrichment_record(bytes(5), PHONE)) <= 56


def click(number: int, query: bytes = b"") -> tuple[ClickId, Row]:
    hashed = AddressHasher(ADDRESS_KEY).hash(bytes((203, 0, 113, 7)))
    click_id = ClickId(AT_MS, hashed, number.to_bytes(5))
    visit = Visit(click_id.random, 0, bytes((203, 0, 113, 7)), b"spring", b"app_1", b"Mozilla/5.0", b"en", query, None)
    return click_id, Row(clicks_key(hashed), AT_MS, encode(visit))


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    opened: Any = connect(redis_url)
    async with opened:
        yield opened


@pytest.mark.anyio
async def test_it_is_read_with_its_click_and_no_other(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    (first, row), (second, other) = click(1), click(2)
    await store.apply(Batch("w", 0, [row, other], {}))
    assert await store.enrich(first.text(), PHONE)
    found = {c.click_id: c.enrichment for c in await store.find("203.0.113.7", AT_MS, AT_MS)}
    assert found == {first.text(): PHONE, second.text(): None}
    got, plain = await store.get_many([first.text(), second.text()])
    assert got is not None
    assert plain is not None
    assert (got.enrichment, plain.enrichment) == (PHONE, None)


@pytest.mark.anyio
async def test_the_first_word_stands_however_often_it_comes(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    click_id, row = click(1)
    await store.apply(Batch("w", 0, [row], {}))
    assert await store.enrich(click_id.text(), PHONE)
    assert not await store.enrich(click_id.text(), PHONE)
    assert not await store.enrich(click_id.text(), {"timezone": "Europe/Paris"})
    found = await store.get(click_id.text())
    assert found is not None
    assert found.enrichment == PHONE
    assert await redis.zcard(row.key) == 2


@pytest.mark.anyio
async def test_of_an_erased_click_nothing_is_kept(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    click_id, row = click(1)
    await store.apply(Batch("w", 0, [row], {}))
    await store.erase(click_id.text())
    assert not await store.enrich(click_id.text(), PHONE)
    assert not await redis.exists(row.key)


@pytest.mark.anyio
async def test_it_may_come_before_its_click_does_and_lives_as_long(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,), retention_days=3)
    click_id, row = click(1)
    assert await store.enrich(click_id.text(), PHONE)
    assert 0 < await redis.ttl(row.key) <= 3 * 86_400
    assert await store.get(click_id.text()) is None
    assert await store.find("203.0.113.7", AT_MS, AT_MS) == []
    await store.apply(Batch("w", 0, [row], {}))
    found = await store.get(click_id.text())
    assert found is not None
    assert found.enrichment == PHONE


@pytest.mark.anyio
async def test_it_is_found_by_the_clicks_second_address_too(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    click_id, row = click(1, b"ip=198.51.100.9")
    other = Row(clicks_key(AddressHasher(ADDRESS_KEY).hash(bytes((198, 51, 100, 9)))), AT_MS, pointer(click_id))
    await store.apply(Batch("w", 0, [row, other], {}))
    await store.enrich(click_id.text(), PHONE)
    (found,) = await store.find("198.51.100.9", AT_MS, AT_MS)
    assert found.enrichment == PHONE


@pytest.mark.anyio
async def test_it_is_erased_with_its_click(redis: Redis) -> None:
    store = ClickStore(redis, (ADDRESS_KEY,))
    click_id, row = click(1)
    await store.apply(Batch("w", 0, [row], {}))
    await store.enrich(click_id.text(), PHONE)
    assert await store.erase(click_id.text())
    assert not await redis.exists(row.key)


@pytest.mark.anyio
async def test_nothing_is_kept_for_what_is_no_click_id(redis: Redis) -> None:
    assert not await ClickStore(redis, (ADDRESS_KEY,)).enrich("-", PHONE)
    assert await redis.dbsize() == 0
