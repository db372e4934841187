"""The cluster's client where nodes die."""

import asyncio
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError, RedisError  # noqa: A004

from clicks.cluster_client import Cluster as Client
from clicks.connection import connect
from loadtests.valkey_cluster import Node
from tests.clicks.cluster import Cluster, running_cluster

pytestmark = pytest.mark.anyio

KEYS = [b"c:%d" % number for number in range(50)]  # of all nodes


@pytest.fixture
def replicated() -> Iterator[Cluster]:
    with running_cluster(replicated=True) as cluster:
        yield cluster


async def read_all(redis: Client) -> list[bytes | None]:
    pipe = redis.pipeline(transaction=False)
    for key in KEYS:
        pipe.get(key)
    return await pipe.execute()


async def test_a_pipeline_finds_who_has_taken_a_dead_primarys_place(replicated: Cluster) -> None:
    async with connect(replicated.url, timeout_s=1.0) as redis:
        assert await read_all(redis) == [None] * len(KEYS)
        killed = replicated.nodes[0].process
        killed.kill()
        killed.wait()
        with pytest.raises(ConnectionError):
            await read_all(redis)
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await read_all(redis) == [None] * len(KEYS)
                    return
                except RedisError:
                    await asyncio.sleep(0.1)


async def test_it_opens_while_the_first_primary_of_the_map_is_dead(replicated: Cluster) -> None:
    first = min(replicated.nodes, key=slots_from)
    first.process.kill()
    first.process.wait()
    living = next(node for node in replicated.nodes if node is not first)
    async with connect(f"redis+cluster://127.0.0.1:{living.port}", timeout_s=1.0) as redis:
        assert {node.port for node in redis.get_nodes()} >= {living.port}


def slots_from(node: Node) -> int:
    with node.client() as client:
        ranges = client.execute_command("CLUSTER SLOTS")
    return min(int(first) for first, _, primary, *_ in ranges if primary[1] == node.port)
