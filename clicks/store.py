"""Where clicks lie in Redis: written in batches by redirectors, read by address or by click id.

Every method raises `redis.exceptions.RedisError` (or `TimeoutError`, `OSError`) where Redis is away or refuses.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec
from redis.asyncio import RedisCluster

from clicks.address import AddressHasher, address_text, packed_address
from clicks.batch import Batch, Call, Row, address_hash_of, apply_call, click_of, clicks_key, rows_call
from clicks.click_id import RANDOM_BYTES, ClickId, parse_click_id, unpack_click_id
from clicks.decoding import ClickDecoder, enriched, is_record, told_by_click
from clicks.draining import is_draining, tell_draining
from clicks.enrichment import ENRICHMENT, enrichment_record
from clicks.keys import CLICKS
from clicks.record import Click, pointer
from clicks.record_layout import POINTER
from clicks.tombstones import erased, lay_tombstone

SCANNED = 500  # keys read in one round trip
DAY_S = 86_400

Apply = Callable[[Batch], Awaitable[None]]


class ClickStore:
    """Reads and writes clicks. `address_keys` are the secret keys of the address hash, newest first."""

    def __init__(self, redis: Any, address_keys: tuple[bytes, ...], retention_days: int = 28) -> None:
        self._redis = redis
        self._hashers = [AddressHasher(key) for key in address_keys]
        self.decoder = ClickDecoder(redis)
        self.lifetime_s = retention_days * DAY_S
        self._apply = redis.register_script(files("clicks").joinpath("apply.lua").read_text())
        self._enrich = redis.register_script(files("clicks").joinpath("enrich.lua").read_text())
        self._is_cluster = isinstance(redis, RedisCluster)

    async def apply(self, batch: Batch) -> None:
        """Store the rows and add the counts; done when Redis has answered. Applying a batch again changes nothing."""
        if not self._is_cluster:
            await self._call(apply_call(batch, self.lifetime_s))
            return
        by_slot: dict[int, list[Row]] = defaultdict(list)
        for row in batch.rows:
            by_slot[self._redis.keyslot(row.key)].append(row)
        for rows in by_slot.values():  # together, each would open a connection of its own
            await self._call(rows_call(rows, self.lifetime_s))
        await self._call(apply_call(Batch(batch.writer, batch.number, [], batch.counts), self.lifetime_s))

    async def _call(self, call: Call) -> None:
        keys = call[0]
        await self._apply(keys=call[1 : 1 + keys], args=call[1 + keys :])

    async def enrich(self, click_id: str, facts: Mapping[str, Any]) -> bool:
        """Keep what a bridge page told of a click (`clicks.enrichment.read_enrichment`); the first word stands.

        False: there is one already, the click is erased, or this is not a click id of ours.
        """
        parsed = parse_click_id(click_id)
        if parsed is None or await erased(self._redis, [parsed]):
            return False
        record = enrichment_record(parsed.random, facts)
        arguments = [parsed.at_ms, record[: 1 + RANDOM_BYTES], record, self.lifetime_s]
        return bool(await self._enrich(keys=[clicks_key(parsed.address_hash)], args=arguments))

    def hashes(self, address: str) -> list[int]:
        """Under which clicks from this address lie: one for each key; none where the text is no address."""
        packed = packed_address(address)
        return [hasher.hash(packed) for hasher in self._hashers] if packed is not None else []

    async def find(self, address: str, since_ms: int, until_ms: int, limit: int = 1000) -> list[Click]:
        """Clicks from this address (or its /64) between the times, both included, newest first."""
        return (await self.find_many([(address, since_ms, until_ms)], limit))[0]

    async def find_many(self, requests: Sequence[tuple[str, int, int]], limit: int = 1000) -> list[list[Click]]:
        """`find` for many (address, since_ms, until_ms) in one round trip."""
        packed = [packed_address(address) for address, _, _ in requests]
        hashes = [self.hashes(address) for address, _, _ in requests]
        pipe = self._redis.pipeline(transaction=False)
        for wanted, (_, since_ms, until_ms) in zip(hashes, requests, strict=True):
            for address_hash in wanted:
                pipe.zrange(
                    clicks_key(address_hash), until_ms, since_ms,
                    desc=True, byscore=True, offset=0, num=limit, withscores=True,
                )  # fmt: skip
        answers = iter(await pipe.execute() if any(hashes) else [])
        found = []
        for address, wanted in zip(packed, hashes, strict=True):
            clicks = [c for h in wanted for c in await self._read(next(answers), h)]
            if len(wanted) > 1:  # each key's are in order
                clicks.sort(key=lambda click: click.at_ms, reverse=True)
            found.append([click for click in clicks if address is not None and seen_at(click, address)][:limit])
        return found

    async def scan(self, since_ms: int, until_ms: int) -> AsyncIterator[list[Click]]:
        """Every click between the times, both included, one list per address, in no order."""
        keys: list[bytes] = []
        async for key in self._redis.scan_iter(match=CLICKS + b"*", count=SCANNED):
            keys.append(key)
            if len(keys) == SCANNED:
                for clicks in await self._stored(keys, since_ms, until_ms):
                    yield clicks
                keys = []
        for clicks in await self._stored(keys, since_ms, until_ms):
            yield clicks

    async def _stored(self, keys: Sequence[bytes], since_ms: int, until_ms: int) -> list[list[Click]]:
        """The clicks that lie under these keys themselves; those that are pointed to lie under others."""
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.zrange(key, since_ms, until_ms, byscore=True, withscores=True)
        answers = await pipe.execute() if keys else []
        return [
            await self._read([member for member in members if member[0][0] != POINTER], address_hash_of(key))
            for key, members in zip(keys, answers, strict=True)
        ]

    async def _read(self, members: Iterable[tuple[bytes, float]], address_hash: int) -> list[Click]:
        timed = [(record, int(score)) for record, score in members]
        decoded = iter(await self.decoder.decode([one for one in timed if is_record(one[0])], address_hash))
        told = told_by_click(timed, address_hash)
        clicks: list[Click] = []
        for record, _ in timed:
            if is_record(record):
                clicks.append(next(decoded))
            elif record[0] == POINTER and (click := await self._member(unpack_click_id(record[1:]))) is not None:
                clicks.append(click)
        return [enriched(click, told.get(click.click_id)) for click in clicks] if told else clicks

    async def get(self, click_id: str) -> Click | None:
        """The click with this id; None where it is not one of ours, or its retention is over."""
        parsed = parse_click_id(click_id)
        return await self._member(parsed) if parsed is not None else None

    async def get_many(self, click_ids: Sequence[str]) -> list[Click | None]:
        """`get` for several ids in one round trip."""
        parsed = [parse_click_id(text) for text in click_ids]
        wanted = [one for one in parsed if one is not None]
        pipe = self._redis.pipeline(transaction=False)
        for one in wanted:
            pipe.zrangebyscore(clicks_key(one.address_hash), one.at_ms, one.at_ms)
        answers = iter(await pipe.execute() if wanted else [])
        return [await self._click(_about(one, next(answers)), one) if one is not None else None for one in parsed]

    async def erase(self, click_id: str) -> bool:
        """Remove a click under both its addresses, and what was told of it; whether there was one.

        Stored or not, it leaves a tombstone: `replay` does not bring it back while clicks of its time are kept.
        """
        parsed = parse_click_id(click_id)
        if parsed is None:
            return False
        await lay_tombstone(self._redis, parsed, self.lifetime_s)
        return await self._remove(parsed)

    async def replay(self, batch: Batch, apply: Apply | None = None) -> int:
        """`apply` for a batch that waited in a spool, but for clicks erased meanwhile; how many rows it left out.

        `apply` may be a committer's. Looked up again behind it: whoever erased a click in between did not find it yet.
        """
        await tell_draining(self._redis, batch.rows)
        owners = [click_of(row) for row in batch.rows]
        gone = await erased(self._redis, owners)
        kept = [row for row, owner in zip(batch.rows, owners, strict=True) if owner not in gone]
        await (apply or self.apply)(msgspec.structs.replace(batch, rows=kept))
        for click_id in await erased(self._redis, set(owners) - gone):
            await self._remove(click_id)
        return len(batch.rows) - len(kept)

    async def is_draining(self) -> bool:
        """Whether clicks of an outage are still on their way out of spools: what is asked for by address is not all."""
        return await is_draining(self._redis)

    async def _remove(self, wanted: ClickId) -> bool:
        records = await self._records(wanted)
        click = await self._click(records, wanted)
        other = packed_address(click.macro_ip) if click is not None and click.macro_ip else None
        if other is not None:
            for hasher in self._hashers:
                await self._redis.zrem(clicks_key(hasher.hash(other)), pointer(wanted))
        if records:
            await self._redis.zrem(clicks_key(wanted.address_hash), *records)
        return click is not None

    async def _member(self, wanted: ClickId) -> Click | None:
        return await self._click(await self._records(wanted), wanted)

    async def _records(self, wanted: ClickId) -> list[bytes]:
        """What lies under the click's own address about it: its record, and what its bridge page told."""
        key, at_ms = clicks_key(wanted.address_hash), wanted.at_ms
        return _about(wanted, await self._redis.zrangebyscore(key, at_ms, at_ms))

    async def _click(self, records: Sequence[bytes], wanted: ClickId) -> Click | None:
        record = next((member for member in records if member[0] != ENRICHMENT), None)
        if record is None:
            return None
        (click,) = await self.decoder.decode([(record, wanted.at_ms)], wanted.address_hash)
        return enriched(click, next((member for member in records if member[0] == ENRICHMENT), None))


def _about(wanted: ClickId, members: Iterable[bytes]) -> list[bytes]:
    """Of what lies under its address at its time."""
    return [m for m in members if m[0] != POINTER and m[1 : 1 + RANDOM_BYTES] == wanted.random]


def seen_at(click: Click, address: bytes) -> bool:
    """Whether the click came from this address: two addresses can share a hash, and a record says which it is."""
    if click.ip == address_text(address):
        return True
    shared = address if len(address) == 4 else address[:8]
    for text in (click.ip, click.macro_ip):
        packed = packed_address(text) if text else None
        if packed is not None and len(packed) == len(address) and packed.startswith(shared):
            return True
    return False
