"""What a click takes of Redis's memory."""

import random

import msgspec
import pytest
from redis.asyncio import Redis

from clicks.address import AddressHasher
from clicks.batch import Batch, Row, clicks_key
from clicks.store import ClickStore
from tests.clicks.records import encode
from tests.clicks.test_store import KEY, NOW_MS, keys_of
from tests.clicks.visits import made_up_visit

pytestmark = pytest.mark.anyio


async def memory_of_keys(client: Redis) -> int:
    """Bytes, without what connections of the moment take."""
    memory = await client.info("memory")
    return int(memory["used_memory"]) - int(memory["mem_clients_normal"])


@pytest.mark.usefixtures("own_redis")
async def test_usual_clicks_take_at_most_520_bytes_of_valkey_and_560_of_redis(client: Redis) -> None:
    store, rng = ClickStore(client, (KEY,)), random.Random(7)
    hasher = AddressHasher(KEY)
    await store.apply(Batch("w", 0, [], {}))
    before = await memory_of_keys(client)
    for number in range(20):
        rows: list[Row] = []
        for _ in range(200):
            address = rng.randrange(2**28).to_bytes(4)
            for _ in range(1 + (rng.random() < 0.3)):
                visit = msgspec.structs.replace(made_up_visit(rng), ip=address)
                rows.append(Row(clicks_key(hasher.hash(address)), NOW_MS + len(rows), encode(visit)))
        await store.apply(Batch("w", number, rows, {}))
    used = await memory_of_keys(client) - before
    clicks = sum([await client.zcard(key) for key in await keys_of(client)])
    assert used / clicks <= (520 if "valkey_version" in await client.info("server") else 560)
