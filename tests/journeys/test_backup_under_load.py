"""A backup that is made while clicks, installs and events come in, restored on a machine that has nothing."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from anyio.from_thread import start_blocking_portal

from tests.cli.running_up import environment, running_up, signalpost
from tests.engines import short_directory
from tests.journeys.traveller import Signalpost, new_ttclid, until

LOST = """
SELECT (SELECT count(*) FROM deliveries d WHERE NOT EXISTS
           (SELECT FROM events e WHERE e.app_id = d.app_id AND e.event_key = d.event_key))
     + (SELECT count(*) FROM attempts a WHERE NOT EXISTS
           (SELECT FROM deliveries d WHERE d.app_id = a.app_id AND d.delivery_id = a.delivery_id))
     + (SELECT count(*) FROM events e JOIN apps a USING (app_id) WHERE e.name = 'sign_up' AND NOT EXISTS
           (SELECT FROM deliveries d WHERE d.app_id = e.app_id AND d.event_key = e.event_key))
"""


class Load:
    """Clicks and events, one after the other, until it is told to stop. What was answered is noted after the answer."""

    def __init__(self, everything: Signalpost) -> None:
        self.ttclids: list[str] = []
        self.events: list[str] = []
        self._on = everything
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._click, self._report)]

    def _click(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            ttclid = new_ttclid()
            assert self._on.click(ttclid, f"203.0.113.{number % 250}").status_code == 302
            self.ttclids.append(ttclid)

    def _report(self) -> None:
        install = self._on.install("198.51.100.7")["install_id"]
        while not self._stop.is_set():
            event = f"event-{len(self.events)}"
            assert self._on.event(install, "sign_up", event_id=event)["accepted"] == 1
            self.events.append(event)

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()


@pytest.fixture
def ask() -> Iterator[Callable[[str, str], list[Any]]]:
    """Ask the ledger at a URL."""
    with start_blocking_portal() as portal:

        async def fetch(url: str, sql: str) -> list[Any]:
            connection = await asyncpg.connect(url)
            rows = await connection.fetch(sql)
            await connection.close()
            return [row[0] for row in rows]

        yield lambda url, sql: portal.call(fetch, url, sql)


def exported_clicks(env: dict[str, str]) -> set[str]:
    done = signalpost(env, "export", "clicks")
    assert done.returncode == 0, done.stderr
    return {json.loads(line)["query"].split("ttclid=")[1] for line in done.stdout.splitlines() if "ttclid=" in line}


def report(env: dict[str, str]) -> Any:
    done = signalpost(env, "report", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_that_was_accepted_before_is_missing_afterwards(
    everything: Signalpost, ask: Callable[[str, str], list[Any]], tmp_path: Path
) -> None:
    load = Load(everything)
    file = tmp_path / "load.backup"
    with load.running():
        until(lambda: len(load.ttclids) > 50 and len(load.events) > 20)
        clicks, events = set(load.ttclids), set(load.events)
        done = signalpost(everything.up.env, "backup", str(file), "--json")
        assert done.returncode == 0, done.stderr
        until(lambda: len(load.events) > len(events) + 5)  # others went on meanwhile
    with restored(everything, file) as env, running_up(env) as up:
        url = up.runfile()["settings"]["DATABASE_URL"]
        names = ask(url, "SELECT event_id FROM events WHERE name = 'sign_up'")
        assert events <= set(names)
        assert ask(url, LOST) == [0]
        assert clicks <= exported_clicks(env)


def test_a_report_of_the_restored_is_that_of_the_original(everything: Signalpost, tmp_path: Path) -> None:
    file = tmp_path / "quiet.backup"
    everything.click(new_ttclid(), "192.0.2.77")
    install = everything.install("192.0.2.77")["install_id"]
    everything.event(install, "purchase", value="9.99", currency="EUR")
    settled = until(lambda: _unchanged(everything.up.env))
    done = signalpost(everything.up.env, "backup", str(file), "--json")
    assert done.returncode == 0, done.stderr
    with restored(everything, file) as env:
        asleep = signalpost(env, "backup", str(tmp_path / "asleep.backup"), "--json")
        assert json.loads(asleep.stdout)["rows"] == json.loads(done.stdout)["rows"]  # the engines ran for it alone
        with running_up(env):
            assert until(lambda: report(env) == settled)


def _unchanged(env: dict[str, str]) -> Any:
    """The report, where three seconds change nothing in it: workers bring visits every two."""
    before = report(env)
    time.sleep(3)
    return before if report(env) == before else None


@contextmanager
def restored(everything: Signalpost, file: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation that was restored into an empty DATA_DIR; nothing of it runs."""
    with short_directory() as directory:
        shutil.copy(Path(everything.up.env["DATA_DIR"]) / "secret_key", directory)
        env = environment(directory) | {"TIKTOK_API_URL": everything.url("sandbox")}
        done = signalpost(env, "restore", str(file))
        assert done.returncode == 0, done.stderr
        yield env
