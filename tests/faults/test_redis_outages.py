"""Redis killed, hung, full, read-only, closed, paused, loading: visitors are redirected at once, no click is lost."""

import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from clicks.batch import Row
from clicks.record_layout import references
from redirector.spool import read_segment
from tests.engines import short_directory
from tests.faults.outage import Outage, outage
from tests.redirector.serving import running, stored_clicks, wait_for


def test_redis_killed_under_load_and_started_again_loses_no_click() -> None:
    with outage() as scene:
        with scene.clicking():
            wait_for(lambda: len(scene.replies) >= 300)
            scene.kill_engine()
            answered = len(scene.replies)
            wait_for(lambda: len(scene.replies) >= answered + 500)
            assert scene.redirector.ready_state()["redis"] == "away: clicks are spooled"
            scene.restart_engine()
            answered = len(scene.replies)
            wait_for(lambda: len(scene.replies) >= answered + 300)
        scene.reconcile()
        wait_for(lambda: scene.redirector.metric("signalpost_spool_clicks") == 0)
        assert scene.redirector.metric("signalpost_spool_drained_total") >= 500
        assert scene.redirector.metric("signalpost_spool_dropped_total") == 0


def test_a_redis_that_hangs_costs_a_visitor_no_more_than_the_budget() -> None:
    with outage() as scene:
        scene.click(50)
        scene.engine.send_signal(signal.SIGSTOP)
        try:
            scene.answers_within_a_second()
            assert scene.click(200) < 5.0
        finally:
            scene.engine.send_signal(signal.SIGCONT)
        scene.reconcile()  # what Redis read before it hung and applied afterwards is not counted twice


def full(scene: Outage) -> None:
    with scene.client() as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"])


def not_full(scene: Outage) -> None:
    with scene.client() as client:
        assert client.info("stats")["evicted_keys"] == 0
        client.config_set("maxmemory", 0)


def replica(scene: Outage) -> None:
    with scene.client() as client:
        client.replicaof("127.0.0.1", "1")


def not_replica(scene: Outage) -> None:
    with scene.client() as client:
        client.replicaof("NO", "ONE")


def locked(scene: Outage) -> None:
    with scene.client() as client:
        client.config_set("requirepass", "secret")
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def not_locked(scene: Outage) -> None:
    with redis.Redis.from_url(scene.redis_url, password="secret") as client:
        client.config_set("requirepass", "")


def paused(scene: Outage) -> None:
    with scene.client() as client:
        client.client_pause(60_000, all=False)


def not_paused(scene: Outage) -> None:
    with scene.client() as client:
        client.client_unpause()


@pytest.mark.parametrize(
    ("breaks", "mends", "error"),
    [
        pytest.param(full, not_full, "OutOfMemoryError|OOM", id="full"),
        pytest.param(replica, not_replica, "ReadOnlyError|READONLY", id="read-only"),
        pytest.param(locked, not_locked, "AuthenticationError|NOAUTH|ConnectionError", id="asks for a password"),
        pytest.param(paused, not_paused, "TimeoutError", id="writes paused"),
    ],
)
def test_a_redis_that_takes_no_writes_loses_no_click(
    breaks: Callable[[Outage], None], mends: Callable[[Outage], None], error: str
) -> None:
    with outage() as scene:
        scene.click(20)
        breaks(scene)
        scene.answers_within_a_second()
        scene.click(200)
        assert [reply.status for reply in scene.replies] == [302] * len(scene.sent)
        wait_for(lambda: scene.redirector.metric("signalpost_redirect_redis_failures_total") >= 3)
        assert any(f'error="{name}"' in key for key in scene.redirector.metrics() for name in error.split("|"))
        wait_for(lambda: scene.redirector.metric("signalpost_spool_clicks") >= 200)
        assert scene.redirector.log.read_text().count("Redis takes no clicks: they go to the spool") == 1
        mends(scene)
        scene.reconcile()


def test_a_redis_that_is_loading_loses_no_click() -> None:
    with outage() as scene:
        scene.click(20)
        with scene.client() as client:
            client.mset({f"filler:{number}": number for number in range(FILLERS)})
            client.bgrewriteaof()
            wait_for(lambda: client.info("persistence")["aof_rewrites"] and not is_rewriting(client))
        scene.kill_engine()
        program = scene.valkey.prepare()
        slowly = ("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")  # us
        scene.engine = subprocess.Popen([*program.command, *slowly], env=program.environment, stdout=subprocess.DEVNULL)
        wait_for(lambda: is_loading(scene))
        scene.answers_within_a_second()
        assert scene.click(200) < 5.0
        wait_for(lambda: scene.redirector.metric("signalpost_redirect_redis_failures_total") >= 1)
        scene.reconcile()


FILLERS = 3_000  # keys that take 1 ms each to load


def is_rewriting(client: redis.Redis) -> bool:
    return bool(client.info("persistence")["aof_rewrite_in_progress"])


def is_loading(scene: Outage) -> bool:
    with scene.client() as client:
        try:
            client.ping()
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.exceptions.ConnectionError:
            return False
    raise AssertionError("loaded before anybody saw it")


def test_what_is_spooled_stands_by_itself_but_for_what_was_under_way() -> None:
    with outage() as scene:
        scene.click(100)
        with scene.client() as client:
            wait_for(lambda: any(client.hlen(key) > 2 for key in client.scan_iter(b"{counts}:texts:*")))
        scene.click(100)
        scene.kill_engine()
        scene.click(500)
        referring = [row for row in spooled_rows(scene) if references(row.record)]
        assert len(referring) <= 100  # a batch or two, of 20 connections
        assert len(spooled_rows(scene)) >= 500
        scene.restart_engine()
        scene.reconcile()


def spooled_rows(scene: Outage) -> list[Row]:
    rows: list[Row] = []
    for path in scene.redirector.data_dir.glob("spool/*.spool"):
        with path.open("rb") as segment:
            rows += [row for batch in read_segment(segment.fileno()) if batch is not None for row in batch.rows]
    return rows


def test_a_new_start_without_redis_serves_the_links_it_knew_and_drains_later() -> None:
    with outage() as scene:
        scene.click(20)
        assert scene.redirector.stop() == 0
        scene.kill_engine()
        with running(scene.redis_url, scene.directory) as scene.redirector:
            scene.answers_within_a_second()
            scene.click(100)
            wait_for(lambda: scene.redirector.ready_state()["redis"] == "away: clicks are spooled")
            scene.restart_engine()
            scene.reconcile()


def test_a_redirector_killed_with_a_spool_leaves_it_to_the_next() -> None:
    with outage() as scene:
        scene.kill_engine()
        scene.click(100)
        scene.redirector.kill()
        assert list(scene.directory.glob("spool/*.spool"))
        scene.restart_engine()
        assert stored_clicks(scene.redis_url) == []
        with running(scene.redis_url, scene.directory) as scene.redirector:
            scene.reconcile()


BULKY = "&x=" + secrets.token_hex(3_000)


def wait_for_drops(scene: Outage) -> int:
    """How many clicks the redirector says it dropped, once it stops rising."""
    wait_for(lambda: scene.redirector.metric("signalpost_spool_dropped_total") > 0)
    time.sleep(1.1)  # the metrics follow once a second
    return int(scene.redirector.metric("signalpost_spool_dropped_total"))


def test_a_spool_at_its_cap_still_redirects_and_says_what_it_dropped() -> None:
    with outage(SPOOL_MAX_MB="1") as scene:
        scene.kill_engine()
        scene.click(500, more=BULKY)
        assert {reply.status for reply in scene.replies} == {302}
        dropped = wait_for_drops(scene)
        assert scene.redirector.ready_state()["redis"] == "away: the spool takes no more: clicks are dropped"
        scene.restart_engine()
        wait_for(lambda: scene.redirector.ready_state()["redis"] == "ok")
        wait_for(lambda: len(stored_clicks(scene.redis_url)) == len(scene.sent) - dropped)
        assert scene.redirector.log.read_text().count("the spool takes no more") < 10


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 2 MB."""
    with short_directory() as directory:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", directory], check=False)
        if mounted.returncode:
            pytest.skip("may not mount a file system here")
        try:
            yield directory
        finally:
            subprocess.run(["umount", "-l", directory], check=True)


def test_a_full_disk_still_redirects_and_what_fits_again_is_kept_again(small_disk: Path) -> None:
    with outage(small_disk) as scene:
        scene.kill_engine()
        scene.click(20)
        ballast = small_disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        scene.click(300, more=BULKY)
        assert {reply.status for reply in scene.replies} == {302}
        dropped = wait_for_drops(scene)
        ballast.unlink()
        scene.click(50)
        scene.restart_engine()
        wait_for(lambda: len(stored_clicks(scene.redis_url)) == len(scene.sent) - dropped)
        assert scene.redirector.process.poll() is None
