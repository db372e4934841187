"""Clicks that are old enough to leave Redis: found by walking through all keys, removed once the ledger has them."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from clicks.address import AddressHasher, packed_address
from clicks.batch import address_hash_of, clicks_key
from clicks.click_id import RANDOM_BYTES, ClickId, parse_click_id, unpack_click_id
from clicks.cold import ColdMember, cold_key, read_cold_key
from clicks.decoding import ClickDecoder, Timed, is_record
from clicks.enrichment import ENRICHMENT, enriched_click
from clicks.keys import CLICKS
from clicks.record import Click, RecordCodec, pointer
from clicks.record_layout import POINTER, Text, inlined
from clicks.tombstones import erased

KEYS = 200  # in one round trip: others wait for Redis meanwhile, a fraction of a millisecond
MEMBERS = 1_000  # of one key at once: a carrier's address has a hundred thousand


class Aged(msgspec.Struct, frozen=True):
    """What is old under some keys."""

    members: list[ColdMember]
    """To be kept in the ledger."""
    told: list[tuple[bytes, bytes]]
    """(key of the click, record) of what bridge pages told of clicks that have moved before."""
    stored: dict[bytes, list[bytes]]
    """Redis key -> what lies there and goes once the ledger has all of this."""
    unread: list[bytes]
    """Keys that hold more, to be read once this has gone."""


class OldClicks:
    """Reads and removes old clicks. Every method raises `redis.exceptions.RedisError` or `OSError` as `ClickStore`."""

    def __init__(self, redis: Any, address_keys: tuple[bytes, ...]) -> None:
        """`address_keys` as `ClickStore` has them."""
        self._redis = redis
        self._hashers = [AddressHasher(key) for key in address_keys]
        self._decoder = ClickDecoder(redis)
        self._codec = RecordCodec()

    async def count(self) -> int:
        """How many keys there are, about: nearly all of them are addresses."""
        count: int = await self._redis.dbsize()
        return count

    async def keys(self) -> AsyncIterator[list[bytes]]:
        """The keys of all addresses, some at a time; one that comes or goes meanwhile may be missed."""
        keys: set[bytes] = set()
        async for key in self._redis.scan_iter(match=CLICKS + b"*", count=KEYS):
            keys.add(key)
            if len(keys) >= KEYS:
                yield list(keys)
                keys = set()
        if keys:
            yield list(keys)

    async def read(self, keys: Sequence[bytes], before_ms: int) -> Aged:
        """What lies under these keys of clicks before this time."""
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.zrangebyscore(key, "-inf", f"({before_ms}", start=0, num=MEMBERS, withscores=True)
        aged = Aged([], [], {}, [])
        found: list[Click] = []
        for key, answer in zip(keys, await pipe.execute(), strict=True):
            timed = _whole([(member, int(score)) for member, score in answer])
            if timed:
                found += await self._take(key, timed, aged)
            if len(answer) >= MEMBERS and key in aged.stored:  # else nothing would go, and the same would come again
                aged.unread.append(key)
        await self._take_pointers(found, aged)
        return aged

    async def erased(self, aged: Aged) -> set[bytes]:
        """The keys of those among the members whose click was erased."""
        owners = {member.key: _owner(member) for member in aged.members}
        gone = await erased(self._redis, set(owners.values()))
        return {key for key, owner in owners.items() if owner in gone}

    async def remove(self, aged: Aged) -> None:
        """Have them leave Redis: only what was read, whatever came since."""
        pipe = self._redis.pipeline(transaction=False)
        for key, members in aged.stored.items():
            pipe.zrem(key, *members)
        if aged.stored:
            await pipe.execute()

    async def _take(self, key: bytes, timed: Sequence[Timed], aged: Aged) -> list[Click]:
        """Add what lies under one key; the clicks among it."""
        address_hash = address_hash_of(key)
        own = [one for one in timed if is_record(one[0])]
        told = {
            cold_key(ClickId(at_ms, address_hash, enriched_click(record))): record
            for record, at_ms in timed
            if record[0] == ENRICHMENT
        }
        clicks = await self._decoder.decode(own, address_hash)
        texts = self._compressed(await self._decoder.texts(own))
        for (record, at_ms), click in zip(own, clicks, strict=True):
            name = cold_key(ClickId(at_ms, address_hash, record[1 : 1 + RANDOM_BYTES]))
            aged.members.append(ColdMember(click.app_id, name, inlined(record, texts), told.pop(name, None)))
        aged.told.extend(told.items())
        strays = await self._strays([record for record, _ in timed if record[0] == POINTER])
        leaving = [record for record, _ in timed if record[0] != POINTER] + strays
        if leaving:
            aged.stored.setdefault(key, []).extend(leaving)
        return clicks

    def _compressed(self, texts: Mapping[bytes, bytes]) -> dict[bytes, Text]:
        return {reference: self._codec.text(text) for reference, text in texts.items()}

    async def _take_pointers(self, clicks: Iterable[Click], aged: Aged) -> None:
        """A pointer goes with its click, so that the click is found by both addresses at any time."""
        named = [(click, place) for click in clicks for place in self._other_places(click)]
        pipe = self._redis.pipeline(transaction=False)
        for _, (key, record) in named:
            pipe.zscore(key, record)
        scores = await pipe.execute() if named else []
        for (click, (key, record)), score in zip(named, scores, strict=True):
            if score is not None:
                target = unpack_click_id(record[1:])
                name = cold_key(ClickId(target.at_ms, address_hash_of(key), target.random))
                aged.members.append(ColdMember(click.app_id, name, record))
                aged.stored.setdefault(key, []).append(record)

    def _other_places(self, click: Click) -> list[tuple[bytes, bytes]]:
        """(key, pointer) of where a pointer to this click may lie."""
        other = packed_address(click.macro_ip) if click.macro_ip else None
        own = parse_click_id(click.click_id)
        if own is None or other is None:
            return []
        hashes = {hasher.hash(other) for hasher in self._hashers} - {own.address_hash}
        return [(clicks_key(address_hash), pointer(own)) for address_hash in hashes]

    async def _strays(self, pointers: Collection[bytes]) -> list[bytes]:
        """Pointers whose click does not lie in Redis any more: erased, swept, or under a key that is forgotten."""
        pipe = self._redis.pipeline(transaction=False)
        targets = [unpack_click_id(record[1:]) for record in pointers]
        for target in targets:
            pipe.zrangebyscore(clicks_key(target.address_hash), target.at_ms, target.at_ms)
        answers = await pipe.execute() if targets else []
        return [
            record
            for record, target, there in zip(pointers, targets, answers, strict=True)
            if not any(is_record(member) and member[1 : 1 + RANDOM_BYTES] == target.random for member in there)
        ]


def _whole(timed: Sequence[Timed]) -> Sequence[Timed]:
    """Without the last moment of an answer that was cut: what a click's bridge page told lies behind the click."""
    if len(timed) < MEMBERS:
        return timed
    last = timed[-1][1]
    return [one for one in timed if one[1] != last] or timed


def _owner(member: ColdMember) -> ClickId:
    """The click that a member holds, or points to."""
    return unpack_click_id(member.record[1:]) if member.record[0] == POINTER else read_cold_key(member.key)
