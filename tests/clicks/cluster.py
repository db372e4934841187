"""A Redis Cluster of three nodes on loopback: the embedded Valkey, three times, without replicas."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from cli.engines.valkey import server_path
from tests.engines import ended_with_us, short_directory

NODES = 3
SLOTS = 16_384
START_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Node:
    """One running node."""

    port: int
    process: subprocess.Popen[bytes]

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=5)


@dataclass(frozen=True)
class Cluster:
    """The nodes, the first of which is the one that is configured."""

    nodes: list[Node]

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
                sizes.append(client.dbsize())
        return sizes


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def _start(directory: Path, port: int, bus_port: int) -> subprocess.Popen[bytes]:
    directory.mkdir()
    options = {
        "port": port, "cluster-port": bus_port, "bind": "127.0.0.1", "dir": directory, "cluster-enabled": "yes",
        "cluster-node-timeout": 2_000, "save": "", "appendonly": "no", "maxmemory-policy": "noeviction",
        "zset-max-listpack-value": 1_024,
    }  # fmt: skip
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with (directory / "log").open("wb") as log:
        return subprocess.Popen([server_path(), *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _until(true: object, deadline: float) -> None:
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "the cluster did not form"
        time.sleep(0.02)


def _answers(node: Node) -> bool:
    try:
        with node.client() as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _form(nodes: list[Node], bus_ports: list[int], deadline: float) -> None:
    share = -(-SLOTS // len(nodes))
    for number, node in enumerate(nodes):
        _until(lambda node=node: _answers(node), deadline)
        with node.client() as client:
            first, last = number * share, min((number + 1) * share, SLOTS) - 1
            client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
    with nodes[0].client() as client:
        for node, bus_port in zip(nodes[1:], bus_ports[1:], strict=True):
            client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus_port)
    for node in nodes:
        with node.client() as client:
            _until(
                lambda client=client: (
                    client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"
                    and len(client.execute_command("CLUSTER SLOTS")) == NODES
                ),
                deadline,
            )


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start, form and, at the end, kill the nodes."""
    ports = _free_ports(2 * NODES)
    deadline = time.monotonic() + START_TIMEOUT_S
    with short_directory() as directory:
        pairs = list(zip(ports[:NODES], ports[NODES:], strict=True))
        nodes = [Node(port, _start(directory / str(port), port, bus_port)) for port, bus_port in pairs]
        try:
            with ended_with_us([node.process for node in nodes]):
                _form(nodes, ports[NODES:], deadline)
                yield Cluster(nodes)
        finally:
            for node in nodes:
                node.process.kill()
                node.process.wait()
