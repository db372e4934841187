"""The ledger's primary goes under load and its standby is promoted: nothing is restarted, nothing lost."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.cli.running_up import environment, running_up, signalpost
from tests.engines import short_directory
from tests.journeys.traveller import Signalpost, until
from tests.ledger.standby import Pair, replicated_pair

DEAD = "/nowhere"
SENDERS = 3
UNAVAILABLE = 503


@dataclass
class Load:
    """Events sent until it is told to stop. One that was refused is sent again, as an app does."""

    send: Callable[[str], int]
    accepted: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, sender: int) -> None:
        number = 0
        while not self._stop.is_set():
            event_id = f"event-{sender}-{number}"
            status = self.send(event_id)
            if status < 300:
                self.accepted.append(event_id)
                number += 1
            else:
                self.refused.append(status)
                self._stop.wait(0.05)

    def stop(self) -> None:
        self._stop.set()


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as started:
        yield started


@pytest.fixture
def pair(portal: BlockingPortal) -> Iterator[Pair]:
    with portal.wrap_async_context_manager(replicated_pair()) as started:
        yield started


@pytest.fixture
def on_all_hosts(pair: Pair) -> Iterator[Signalpost]:
    """`up` with a URL of three hosts: one that is not there, the standby, the primary."""
    hosts = ",".join(
        quote(str(folder)) for folder in (DEAD, pair.replica.socket_directory, pair.primary.socket_directory)
    )
    with short_directory() as directory:
        env = environment(directory) | {"DATABASE_URL": f"postgresql://postgres@/signalpost?host={hosts}"}
        with running_up(env, "--demo", "--no-history") as up:
            yield Signalpost(up)


def test_everything_finds_the_primary_before_and_after_a_fail_over(
    on_all_hosts: Signalpost, pair: Pair, portal: BlockingPortal, tmp_path: Path
) -> None:
    assert_commands_find_the_primary(on_all_hosts, tmp_path / "before.backup")
    install = on_all_hosts.install("8.8.9.1")["install_id"]
    portal.call(pair.commit_on_both)
    before = {name: on_all_hosts.process_id(name) for name in ("forwarder", "worker", "console")}
    load = Load(lambda event_id: sent(on_all_hosts, install, event_id))
    senders = [threading.Thread(target=load.run, args=(n,)) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        until(lambda: len(load.accepted) > 50)
        pair.crash_primary()
        until(lambda: load.refused)
        pair.promote_replica()
        wanted = len(load.accepted) + 50
        until(lambda: len(load.accepted) > wanted)
    finally:
        load.stop()
        for sender in senders:
            sender.join()
    assert set(load.refused) == {UNAVAILABLE}
    assert set(load.accepted) <= portal.call(stored, pair.replica.url)
    on_all_hosts.end_leases(pair.replica.url)
    until(lambda: portal.call(undelivered, pair.replica.url) == 0)
    assert len(on_all_hosts.received("CompleteRegistration")) >= len(load.accepted)
    assert {name: on_all_hosts.process_id(name) for name in before} == before
    # what failed a moment ago is not ready for some seconds more
    until(lambda: signalpost(on_all_hosts.up.env, "doctor", "--json").returncode == 0)
    assert_commands_find_the_primary(on_all_hosts, tmp_path / "after.backup")


def assert_commands_find_the_primary(on: Signalpost, file: Path) -> None:
    checks = {check["name"]: check for check in on.command("doctor")["checks"]}
    assert checks["postgresql"]["ok"]
    assert "postgresql writes" not in checks
    for arguments in (("migrate",), ("backup", str(file))):
        done = signalpost(on.up.env, *arguments)
        assert done.returncode == 0, done.stderr


def sent(on: Signalpost, install: str, event_id: str) -> int:
    body = {"event_id": event_id, "install_id": install, "name": "sign_up"}
    headers = {"authorization": f"Bearer {on.demo['api_key']}"}
    url = f"{on.url('forwarder')}/v1/events"
    return httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False).status_code


async def stored(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT event_id FROM events WHERE name = 'sign_up'")
    await connection.close()
    return {row["event_id"] for row in rows}


async def undelivered(url: str) -> int:
    connection = await asyncpg.connect(url)
    count: int = await connection.fetchval("SELECT count(*) FROM deliveries WHERE state <> 'delivered'")
    await connection.close()
    return count
