"""Texts that records refer to: only once Redis has them, put back where it lost them, kept longer than the clicks."""

import weakref
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from clicks import shared_strings
from clicks.committer import Committer
from clicks.dictionary import DICTIONARIES, dictionary_bytes, zstd
from clicks.record_layout import Text, references
from clicks.shared_strings import WEEK_S, SharedStrings, text_reference, texts_key
from clicks.store import DAY_S
from tests.clicks.texts import AGENT, MONDAY, RETENTION_S, Clock, ad, clicks_of, is_whole, store_click, visitor

pytestmark = pytest.mark.anyio


async def test_a_text_is_referred_to_once_redis_has_it_and_reads_as_before(client: Redis, texts: SharedStrings) -> None:
    one, other = visitor(), ad()
    whole = await store_click(client, MONDAY, one, other)
    await texts.keep([one, other])
    short = await store_click(client, MONDAY + 1, one, other)
    assert references(whole) == []
    assert references(short) == [text_reference(one.text), text_reference(other.text)]
    assert len(short) < 270 < len(whole)
    assert [is_whole(click) for click in await clicks_of(client)] == [True, True]


@pytest.mark.usefixtures("one_redis")
async def test_what_redis_did_not_take_stays_in_the_records(client: Redis, texts: SharedStrings) -> None:
    one = visitor()
    await client.config_set("maxmemory", 1)
    try:
        with pytest.raises(ResponseError):
            await texts.keep([one])
    finally:
        await client.config_set("maxmemory", 0)
    assert one.reference is None


async def test_a_text_whose_reference_another_text_has_is_not_shared(client: Redis, texts: SharedStrings) -> None:
    one, other = visitor(), visitor(b"Another")
    await client.hset(texts_key(2_951), text_reference(one.text), b"\x02" + other.frame)
    await texts.keep([one, other])
    assert one.reference is None
    assert other.reference is not None


async def test_long_texts_are_not_shared(texts: SharedStrings) -> None:
    one = visitor(AGENT * 20)
    await texts.keep([one])
    assert one.reference is None


async def test_the_number_of_shared_texts_is_bounded(
    client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_strings, "MAX_SHARED", 10)
    monkeypatch.setattr(shared_strings, "AT_ONCE", 5)
    for start in (0, 100):
        await texts.keep([visitor(b"Phone %d" % number) for number in range(start, start + 50)])
    assert await client.hlen(texts_key(2_951)) == 10 + 1  # and the witness


async def test_both_of_two_equal_texts_are_referred_to(texts: SharedStrings) -> None:
    one, same = ad(), ad()
    await texts.keep([one])
    await texts.keep([same])
    assert one.reference == same.reference is not None


async def test_a_new_week_begins_with_nothing_confirmed_and_the_old_one_stays_readable(
    client: Redis, texts: SharedStrings, clock: Clock
) -> None:
    one, other = visitor(), ad()
    await texts.keep([one, other])
    await store_click(client, clock.now, one, other)
    clock.now += WEEK_S
    await store_click(client, clock.now, one, other)  # before the redirector noticed
    await texts.keep([])
    assert (one.reference, other.reference) == (None, None)
    await texts.keep([one, other])
    await store_click(client, clock.now, one, other)
    assert await client.exists(texts_key(2_951), texts_key(2_952)) == 2
    assert [is_whole(click) for click in await clicks_of(client)] == [True, True, True]


async def test_texts_outlive_the_clicks_of_their_week(client: Redis, texts: SharedStrings) -> None:
    await texts.keep([visitor()])
    assert await client.ttl(texts_key(2_951)) >= RETENTION_S + 8 * DAY_S


@pytest.mark.usefixtures("one_redis")
@pytest.mark.parametrize("others", [0, 1], ids=["the hash is gone", "another redirector has begun it anew"])
async def test_texts_that_redis_lost_are_back_before_the_click_is_acknowledged(
    client: Redis, texts: SharedStrings, others: int
) -> None:
    one, other = visitor(), ad()
    committer = Committer(client, RETENTION_S, texts)
    await texts.keep([one, other])
    await store_click(client, MONDAY, one, other, committer=committer)
    await client.flushall()
    for _ in range(others):
        await SharedStrings(client, RETENTION_S, lambda: MONDAY).keep([visitor(b"Another")])
    await store_click(client, MONDAY, one, other, committer=committer)
    assert [is_whole(click) for click in await clicks_of(client)] == [True]
    await committer.aclose()


async def test_a_single_text_that_got_lost_is_renewed_in_its_turn(
    client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_strings, "RENEWED_AT_ONCE", 3)
    shared = [visitor(b"Phone %d" % number) for number in range(10)]
    await texts.keep(shared)
    for text in shared:
        await client.hdel(texts_key(2_951), text_reference(text.text))
    for _ in range(4):
        await texts.keep([])
    assert await client.hlen(texts_key(2_951)) == 10 + 1


async def test_a_hash_lost_just_before_its_mark_is_made_whole(
    client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = visitor(), ad()
    mark = texts._mark

    async def lost_before() -> None:
        await client.flushall()
        await mark()

    with monkeypatch.context() as patched:
        patched.setattr(texts, "_mark", lost_before)
        await texts.keep([one, other])
    assert (one.reference, other.reference, texts.witness[1]) == (None, None, b"")
    await texts.keep([])
    assert await client.hlen(texts_key(2_951)) == 2 + 1
    assert await client.hexists(*texts.witness)
    assert await client.ttl(texts_key(2_951)) >= RETENTION_S


@pytest.fixture
async def many(client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """Twenty shared texts that Redis has lost since; three travel in a command."""
    monkeypatch.setattr(shared_strings, "AT_ONCE", 3)
    shared = [visitor(b"Phone %d" % number) for number in range(20)]
    await texts.keep(shared)
    await client.flushall()
    return shared


@pytest.mark.usefixtures("one_redis")
async def test_what_could_not_be_put_back_is_not_referred_to_until_it_is(
    client: Redis, texts: SharedStrings, many: list[Text]
) -> None:
    await client.config_set("maxmemory", 1)
    try:
        with pytest.raises(ResponseError):
            await texts.put_back(is_gone=True)
    finally:
        await client.config_set("maxmemory", 0)
    assert not any(text.reference for text in many)
    await texts.keep([])
    assert all(text.reference for text in many)
    assert await client.hlen(texts_key(2_951)) == 20 + 1


async def test_a_renewal_that_finds_nothing_there_puts_all_back(
    client: Redis, texts: SharedStrings, many: list[Text]
) -> None:
    await texts.keep([])
    assert await client.hlen(texts_key(2_951)) == 20 + 1


async def test_a_text_that_nobody_remembers_is_not_kept_in_memory(texts: SharedStrings) -> None:
    one = visitor()
    await texts.keep([one])
    assert texts.witness[1]
    remembered = weakref.ref(one)
    del one
    assert remembered() is None
    await texts.keep([])
    assert not texts.witness[1]


@pytest.mark.usefixtures("one_redis")
async def test_after_a_commit_that_failed_records_are_whole_until_redis_has_confirmed_again(
    client: Redis, texts: SharedStrings
) -> None:
    one, other = visitor(), ad()
    committer = Committer(client, RETENTION_S, texts)
    await texts.keep([one, other])
    await client.config_set("maxmemory", 1)
    try:
        with pytest.raises(ResponseError):
            await store_click(client, MONDAY, one, other, committer=committer)
    finally:
        await client.config_set("maxmemory", 0)
    assert (one.reference, other.reference) == (None, None)
    whole = await store_click(client, MONDAY + 1, one, other, committer=committer)
    short = await store_click(client, MONDAY + 2, one, other, committer=committer)
    assert (len(references(whole)), len(references(short))) == (0, 2)
    await committer.aclose()


async def test_the_witness_stands_only_once_all_is_back(
    client: Redis, texts: SharedStrings, many: list[Text], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_strings, "LOST_AT_ONCE", 6)
    await texts.put_back(is_gone=True)
    assert sum(text.reference is not None for text in many) == 6
    assert (texts.has_lost, texts.witness[1]) == (True, b"")
    for _ in range(3):
        await texts.put_back(is_gone=False)
    assert not texts.has_lost
    assert await client.hexists(*texts.witness)
    assert all(text.reference for text in many)


async def test_a_text_is_lost_twice_and_comes_back(
    client: Redis, texts: SharedStrings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visitor()
    write = texts._write

    async def lost_again(wanted: Sequence[Text]) -> dict[bytes, bytes | None]:
        await write(wanted)
        await client.flushall()
        return {text_reference(text.text): None for text in wanted}

    with monkeypatch.context() as patched:
        patched.setattr(texts, "_write", lost_again)
        await texts.keep([one])
    assert one.reference is None
    await texts.keep([])
    assert one.reference == text_reference(one.text)


async def test_a_text_that_another_program_compressed_in_another_way_is_shared(
    client: Redis, texts: SharedStrings
) -> None:
    one = visitor()
    dictionary = zstd.ZstdDict(dictionary_bytes(max(DICTIONARIES.values())))
    otherwise = zstd.compress(one.text, level=1, zstd_dict=dictionary)[4:]
    assert otherwise != one.frame
    await client.hset(texts_key(2_951), text_reference(one.text), b"\x02" + otherwise)
    await texts.keep([one])
    assert one.reference is not None
