"""REDIS_WAIT_REPLICAS: a click is acknowledged once so many replicas have it, or it is known that fewer do."""

import asyncio
import signal
from collections.abc import Iterator

import pytest
from redis.asyncio import RedisCluster

from clicks.batch import Batch, Row, clicks_key
from clicks.cluster_committer import ClusterCommitter
from clicks.connection import connect
from clicks.replicas import ASK_AGAIN_S, SAID_FOR_S, ReplicaPolicy, Replicas
from clicks.shared_strings import SharedStrings
from loadtests.valkey_cluster import Node
from tests.clicks.cluster import Cluster, running_cluster

pytestmark = pytest.mark.anyio

FIELD = "500000\x1fclick\x1fspring\x1fios\x1f\x1f\x1f"
WAIT = ("WAIT", 1, 25)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_where_no_replica_is_asked_for_nothing_is_sent() -> None:
    assert Replicas(0, 25).command() is None


def test_a_wait_is_never_without_end() -> None:
    assert Replicas(1, 0).command() == ("WAIT", 1, 1)


def test_a_server_that_is_short_of_replicas_is_asked_once_a_second() -> None:
    clock = Clock()
    replicas = Replicas(1, 25, clock)
    replicas.heard(0)
    assert replicas.command() is None
    clock.now += ASK_AGAIN_S
    assert replicas.command() == WAIT
    replicas.heard(1)
    assert replicas.command() == WAIT
    assert not replicas.is_short


def test_a_server_nobody_asks_any_more_is_short_of_nothing() -> None:
    clock = Clock()
    replicas = Replicas(2, 25, clock)
    replicas.heard(1)
    assert replicas.was_short_lately
    clock.now += SAID_FOR_S
    assert not replicas.was_short_lately


@pytest.fixture(scope="module")
def replicated() -> Iterator[Cluster]:
    with running_cluster(replicated=True) as cluster:
        yield cluster


def batch(number: int) -> Batch:
    rows = [Row(clicks_key(key), 1_800_000_000_000 + number, b"\x01 record %d %d" % (number, key)) for key in range(40)]
    return Batch("writer", number, rows, {FIELD: 40})


def key_count(node: Node) -> int:
    with node.client() as client:
        return len(client.keys("c:*"))


def committer_of(redis: RedisCluster, policy: ReplicaPolicy) -> ClusterCommitter:
    return ClusterCommitter(redis, 86_400, SharedStrings(redis, 86_400), policy)


async def test_what_is_acknowledged_lies_on_the_replicas(replicated: Cluster) -> None:
    policy = ReplicaPolicy(1, 5_000)
    async with connect(replicated.url) as redis:
        committer = committer_of(redis, policy)
        await committer.apply(batch(1))
        keys = sum(key_count(node) for node in replicated.replicas)
        await committer.aclose()
    assert keys == 40
    assert not policy.is_short


async def test_a_replica_that_hangs_is_told_of_and_costs_no_click(replicated: Cluster) -> None:
    policy = ReplicaPolicy(1, 20)
    hung = [node.process for node in replicated.replicas]
    async with connect(replicated.url) as redis:
        committer = committer_of(redis, policy)
        try:
            for process in hung:
                process.send_signal(signal.SIGSTOP)
            await committer.apply(batch(2))
            assert policy.is_short
        finally:
            for process in hung:
                process.send_signal(signal.SIGCONT)
        number = 3
        async with asyncio.timeout(30):
            while policy.is_short:
                await asyncio.sleep(0.1)
                await committer.apply(batch(number))
                number += 1
        await committer.aclose()
