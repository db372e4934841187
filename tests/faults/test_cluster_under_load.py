"""A Redis Cluster with replicas, under a redirector that is never idle: every 302 is a click, once, and can be read."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from redis.crc import key_slot

from clicks.keys import COUNTS
from clicks.shared_strings import MIN_USES
from loadtests.valkey_cluster import Node, node_id
from tests.clicks.cluster import Cluster, running_cluster
from tests.engines import short_directory
from tests.redirector.serving import Redirector, counted, publish, running, stored_clicks, ttclid, wait_for
from tests.redirector.wire import ANDROID, Reply, read_reply, request

CONNECTIONS = 4
PAUSE_S = 0.02  # between two clicks of a connection
MOVED = 10  # slots with clicks in them
COUNTS_SLOT = key_slot(COUNTS)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running_cluster(replicated=True) as started:
        yield started


@pytest.fixture
def redirector(cluster: Cluster) -> Iterator[Redirector]:
    publish(cluster.url)
    settings = {"TRUSTED_PROXIES": "127.0.0.0/8", "REDIS_WAIT_REPLICAS": "1"}
    with short_directory() as directory, running(cluster.url, directory, **settings) as started:
        yield started


@dataclass
class Load:
    """Clicks that do not end until they are told to: what each was answered with."""

    port: int
    replies: dict[int, Reply] = field(default_factory=dict)
    is_over: bool = False

    async def run(self) -> None:
        await asyncio.gather(*(self._connection(number) for number in range(CONNECTIONS)))

    async def _connection(self, first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        number = first
        while not self.is_over:
            writer.write(click_request(number))
            self.replies[number] = await read_reply(reader)
            number += CONNECTIONS
            await asyncio.sleep(PAUSE_S)
        writer.close()


def click_request(number: int) -> bytes:
    forwarded = f"X-Forwarded-For: 203.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
    return request(f"/spring?ad_id=1&campaign_name=summer&ttclid={ttclid(number)}", forwarded)


@contextmanager
def under_load(redirector: Redirector) -> Iterator[Load]:
    """The block's faults meet clicks that keep coming, some hundred before and after it."""
    load = Load(redirector.port)
    thread = threading.Thread(target=lambda: asyncio.run(load.run()))
    thread.start()
    try:
        wait_for(lambda: len(load.replies) > 4 * MIN_USES)
        yield load
        seen = len(load.replies)
        wait_for(lambda: len(load.replies) > seen + 4 * MIN_USES)
    finally:
        load.is_over = True
        thread.join()


def living_nodes(cluster: Cluster) -> list[Node]:
    return [node for node in [*cluster.nodes, *cluster.replicas] if node.process.poll() is None]


def reconcile(redirector: Redirector, cluster: Cluster, load: Load) -> None:
    """Each 302 has its click, once, under its own id, with all it said; and the counts say the same."""
    assert {reply.status for reply in load.replies.values()} == {302}
    url = f"redis+cluster://127.0.0.1:{living_nodes(cluster)[0].port}"
    wait_for(redirector.is_spool_empty)
    clicks = stored_clicks(url)
    assert len(clicks) == len(load.replies)
    expected = {ttclid(number): reply.click_id for number, reply in load.replies.items()}
    assert {click.ttclid: click.click_id for click in clicks} == expected
    said = {(click.app_id, click.user_agent, click.campaign_name) for click in clicks}
    assert said == {("app_spring", ANDROID, "summer")}
    assert sum(counted(url).values()) == len(load.replies)


def primary_of(node: Node, slot: int) -> int | None:
    """The port of the primary that a node takes a slot to be at."""
    with node.client() as client:
        ranges = client.execute_command("CLUSTER SLOTS")
    return next((int(primary[1]) for first, last, primary, *_ in ranges if first <= slot <= last), None)


def owner_of(cluster: Cluster, slot: int) -> Node:
    """The node that answers for a slot."""
    port = primary_of(living_nodes(cluster)[0], slot)
    return next(node for node in [*cluster.nodes, *cluster.replicas] if node.port == port)


def test_a_primary_that_is_killed_costs_no_click(redirector: Redirector, cluster: Cluster) -> None:
    killed = owner_of(cluster, COUNTS_SLOT)  # also where the texts lie that clicks share
    with under_load(redirector) as load:
        wait_for(lambda: has_texts(killed))
        killed.process.kill()
        killed.process.wait()
        wait_for(lambda: is_served(cluster, COUNTS_SLOT))
    reconcile(redirector, cluster, load)


def has_texts(node: Node) -> bool:
    with node.client() as client:
        return any(client.scan_iter(match="{counts}:texts:*"))


def is_served(cluster: Cluster, slot: int) -> bool:
    """Whether a living node answers for it, as all living ones see it."""
    nodes = living_nodes(cluster)
    return {primary_of(node, slot) for node in nodes} <= {node.port for node in nodes}


def test_slots_that_move_cost_no_click(redirector: Redirector, cluster: Cluster) -> None:
    for node in living_nodes(cluster):  # on a busy machine one that is only slow would be replaced meanwhile
        with node.client() as client:
            client.config_set("cluster-replica-no-failover", "yes")
    source = owner_of(cluster, COUNTS_SLOT)
    target = next(node for slot in range(0, 16_384, 1_024) if (node := owner_of(cluster, slot)) is not source)
    with under_load(redirector) as load:
        wait_for(lambda: len(busy_slots(source)) > MOVED)
        for slot in [COUNTS_SLOT, *busy_slots(source)[:MOVED]]:
            move(cluster, slot, source, target)
    assert owner_of(cluster, COUNTS_SLOT) is target
    reconcile(redirector, cluster, load)


def busy_slots(node: Node) -> list[int]:
    """The slots of a node's clicks."""
    with node.client() as client:
        return sorted({key_slot(key) for key in client.scan_iter(match="c:*")})


def move(cluster: Cluster, slot: int, source: Node, target: Node) -> None:
    """As `valkey-cli --cluster reshard` does it (https://valkey.io/topics/cluster-spec/, live resharding)."""
    with source.client() as old, target.client() as new:
        new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", node_id(source))
        old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", node_id(target))
        # not CLUSTER GETKEYSINSLOT: redis-py makes text of its keys, and ours are bytes
        while keys := [key for key in old.scan_iter(count=10_000) if key_slot(key) == slot]:
            old.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, "KEYS", *keys)
        new.execute_command("CLUSTER SETSLOT", slot, "NODE", node_id(target))
        old.execute_command("CLUSTER SETSLOT", slot, "NODE", node_id(target))
    wait_for(lambda: all(primary_of(node, slot) == target.port for node in living_nodes(cluster)))


def test_every_primary_killed_in_turn_costs_no_click(redirector: Redirector, cluster: Cluster) -> None:
    """One after another, each once its place is taken, as when the machines below are changed."""
    with under_load(redirector) as load:
        for primary in cluster.nodes:
            slots = slots_of(primary)
            primary.process.kill()
            primary.process.wait()
            wait_for(lambda slots=slots: all(is_served(cluster, slot) for slot in slots))
    reconcile(redirector, cluster, load)


def slots_of(node: Node) -> list[int]:
    """The first of each range of slots that it answers for."""
    with node.client() as client:
        return [
            int(first) for first, _, primary, *_ in client.execute_command("CLUSTER SLOTS") if primary[1] == node.port
        ]
