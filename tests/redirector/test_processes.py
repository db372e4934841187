"""The redirector as processes: readiness, several workers, two redirectors on one DATA_DIR."""

import asyncio
import re
import signal

import httpx
import psutil
import pytest

from tests.engines import short_directory
from tests.redirector.serving import (
    STOP_TIMEOUT_S,
    UNHURRIED,
    Redirector,
    counted,
    publish,
    reconcile,
    running,
    start_redirector,
    stored_clicks,
    ttclid,
    wait_for,
)
from tests.redirector.wire import ask, ask_many, request


def test_without_redis_and_without_a_link_file_it_is_alive_and_not_ready() -> None:
    with short_directory() as directory:
        redirector = start_redirector(f"unix://{directory}/none.sock", directory)
        try:
            redirector.wait_until_ready((503,))
            assert ask(redirector.port, "/healthz").status == 200
            assert redirector.ready_state() == {"ok": False, "links": 0, "redis": "away: clicks are spooled"}
            assert ask(redirector.port, "/spring").status == 404
        finally:
            assert redirector.stop() == 0


def test_two_workers_share_the_port_and_their_numbers_are_added_up(redis_url: str) -> None:
    publish(redis_url)
    with (
        short_directory() as directory,
        running(redis_url, directory, REDIRECTOR_WORKERS="2", **UNHURRIED) as redirector,
    ):
        tokens = [ttclid(number) for number in range(400)]
        requests = [request(f"/spring?ttclid={token}") for token in tokens]
        replies = asyncio.run(ask_many(redirector.port, requests, 50))
        wait_for(lambda: redirector.metric("signalpost_clicks_total") == 400)
        reconcile(redis_url, replies, tokens)
        assert redirector.stop() == 0


def test_a_worker_that_dies_is_replaced(redis_url: str) -> None:
    publish(redis_url)
    with (
        short_directory() as directory,
        running(redis_url, directory, REDIRECTOR_WORKERS="2", **UNHURRIED) as redirector,
    ):

        def workers() -> set[int]:
            return {int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", redirector.log.read_text())}

        wait_for(lambda: len(workers()) == 2)
        first = min(workers())
        psutil.Process(first).kill()
        wait_for(lambda: len(workers()) == 3)
        assert ask(redirector.port, "/spring").status == 302


def test_two_redirectors_on_one_data_dir_drain_each_others_dead(redis_url: str) -> None:
    publish(redis_url)
    with short_directory() as directory, running(redis_url, directory) as one, running(redis_url, directory) as other:
        away = {"REDIS_URL": f"unix://{directory}/none.sock"}
        broken = start_redirector(away["REDIS_URL"], directory)
        try:
            broken.wait_until_ready()
            tokens = [ttclid(number) for number in range(50)]
            replies = asyncio.run(ask_many(broken.port, [request(f"/spring?ttclid={token}") for token in tokens], 5))
            assert stored_clicks(redis_url) == []
        finally:
            broken.kill()
        wait_for(lambda: len(stored_clicks(redis_url)) == 50)
        wait_for(lambda: not list(directory.glob("spool/*.spool")))
        reconcile(redis_url, replies, tokens)
        for redirector in (one, other):
            assert ask(redirector.port, "/spring").status == 302


def test_a_second_signal_while_it_stops_does_no_harm(redis_url: str) -> None:
    publish(redis_url)
    with short_directory() as directory, running(redis_url, directory) as redirector:
        ask(redirector.port, "/spring")
        redirector.process.send_signal(signal.SIGTERM)
        redirector.process.send_signal(signal.SIGTERM)
        assert redirector.process.wait(STOP_TIMEOUT_S) == 0
        assert counted(redis_url).total() == len(stored_clicks(redis_url)) == 1


@pytest.mark.parametrize("name", ["/healthz", "/readyz"])
def test_health_is_answered_as_json(redirector: Redirector, name: str) -> None:
    assert httpx.get(f"http://127.0.0.1:{redirector.port}{name}").json()["ok"] is True
