"""What Redis may do to a whole machine."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import redis

from tests.faults.fault import Fault, Says
from tests.faults.machine_oracle import Losses
from tests.faults.whole_machine import WholeMachine

SPOOLED = {"redirector": "away: clicks are spooled"}
AWAY = SPOOLED | {"forwarder": "away: installs are taken", "worker": "away: counters and late matches wait"}
PAUSE_MS = 25_000
TAIL_BYTES = 8_192  # of the append-only file; a second of clicks at the rate of these runs is 20,000


@contextmanager
def killed(machine: WholeMachine) -> Iterator[None]:
    machine.kill_engine("redis")
    yield
    machine.start_engine("redis")


@contextmanager
def hung(machine: WholeMachine) -> Iterator[None]:
    process = machine.engine_processes["redis"]
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def paused(machine: WholeMachine) -> Iterator[None]:
    """For 25 s: while everything waits nobody can be told to end it."""
    with machine.redis() as client:
        client.client_pause(PAUSE_MS, all=True)
        yield
        machine.until(lambda: _answers(client))


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def told(breaks: Callable[[redis.Redis], object], mends: Callable[[redis.Redis], object]) -> "Breaks":
    """A fault that Redis is told to have, and told to end."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        with machine.redis() as client:
            breaks(client)
        try:
            yield
        finally:
            with redis.Redis.from_url(machine.redis_url, password=PASSWORD) as client:
                mends(client)

    return broken


Breaks = Callable[[WholeMachine], AbstractContextManager[None]]
PASSWORD = "a password of the fault suite"


def _lock(client: redis.Redis) -> None:
    client.config_set("requirepass", PASSWORD)
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _fill(client: redis.Redis) -> None:
    client.config_set("maxmemory", client.info("memory")["used_memory"])


def _empty(client: redis.Redis) -> None:
    assert client.info("stats")["evicted_keys"] == 0, "Redis threw clicks out"
    client.config_set("maxmemory", 0)


@contextmanager
def tail_lost(machine: WholeMachine) -> Iterator[None]:
    """A power cut as Redis sees it: the end of its file never reached the disk."""
    machine.kill_engine("redis")
    (tail,) = (machine.data_dir / "valkey" / "appendonlydir").glob("*.incr.aof")
    _cut(tail, TAIL_BYTES)
    yield
    machine.start_engine("redis")


def _cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(max(0, path.stat().st_size - size))


REDIS_FAULTS = (
    Fault("Redis killed, started again later", (1,), killed, Says(AWAY, "redis", "Redis is away")),
    Fault("Redis hangs", (3,), hung, Says(AWAY, "redis", "Redis is away")),
    Fault(
        "CLIENT PAUSE ALL, 25 s", (3,), paused, Says(AWAY, log="Redis is away"),
    ),
    Fault(
        "CLIENT PAUSE WRITE", (3,),
        told(lambda r: r.client_pause(60_000, all=False), lambda r: r.client_unpause()),
        Says(SPOOLED, log="Redis takes no clicks"),
    ),
    Fault("Redis is full", (4,), told(_fill, _empty), Says(SPOOLED, "redis writes", "Redis takes no clicks")),
    Fault(
        "a policy that evicts", (5,),
        told(
            lambda r: r.config_set("maxmemory-policy", "allkeys-lru"),
            lambda r: r.config_set("maxmemory-policy", "noeviction"),
        ),
        Says(doctor="redis maxmemory-policy"),
    ),
    Fault(
        "Redis is a replica", (7,),
        told(lambda r: r.replicaof("127.0.0.1", "1"), lambda r: r.replicaof("NO", "ONE")),
        Says(SPOOLED, "redis writes", "Redis takes no clicks"),
    ),
    Fault(
        "Redis asks for a password", (7,),
        told(_lock, lambda r: r.config_set("requirepass", "")),
        Says(AWAY, "redis", "Redis is away"),
    ),
    Fault(
        "the end of Redis's file is lost", (9,), tail_lost, Says(AWAY, "redis", "Redis is away"),
        Losses(clicks=TAIL_BYTES // 100, counts_differ=True), "lossy",
    ),
)  # fmt: skip
