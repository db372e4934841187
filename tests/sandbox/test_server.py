"""The sandbox behind its real server: dropped and late answers, starting and stopping."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from sandbox.server import serve
from tests.sandbox.rows import TOKEN, TRACK, a_body, a_row

HEADERS = {"Access-Token": TOKEN}


def _send(client: httpx.Client, event_id: str = "e-1", timeout: float = 20) -> httpx.Response:
    body = a_body(a_row(event_id=event_id, event_time=int(time.time())))
    return client.post(TRACK, json=body, headers=HEADERS, timeout=timeout)


def _script(client: httpx.Client, **fault: Any) -> None:
    assert client.post("/_sandbox/faults", json={"endpoint": "event/track", **fault}).status_code == 201


def _taken(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/_sandbox/events").json()
    return found


@pytest.mark.parametrize(
    ("drop", "taken"), [("before", 0), ("after", 1), (True, 1)], ids=["before", "after", "true means after"]
)
def test_a_dropped_connection_gives_no_answer_at_all(served: httpx.Client, drop: Any, taken: int) -> None:
    _script(served, drop=drop)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        _send(served)
    assert _taken(served)["total"] == taken
    [entry] = served.get("/_sandbox/requests").json()["items"]
    assert (entry["status"], entry["dropped"]) == (None, True)


def test_a_retry_after_a_dropped_answer_is_a_duplicate(served: httpx.Client) -> None:
    _script(served, drop="after")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        _send(served)
    assert _send(served).json()["code"] == 0
    found = _taken(served)
    assert (found["unique"], found["duplicates"]) == (1, 1)


def test_a_dropped_connection_leaves_the_others_alone(served: httpx.Client) -> None:
    with httpx.Client(base_url=served.base_url) as other:
        assert _send(other, "other-1").json()["code"] == 0
        _script(served, drop="before")
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            _send(served)
        assert _send(other, "other-2").json()["code"] == 0


def test_a_late_answer_finds_its_client_gone_and_its_event_taken(served: httpx.Client) -> None:
    _script(served, delay_s=600)
    with pytest.raises(httpx.ReadTimeout):
        _send(served, timeout=0.5)
    assert _taken(served)["total"] == 1
    assert _send(served, "e-2").json()["code"] == 0


def test_a_delay_goes_before_any_answer(served: httpx.Client) -> None:
    _script(served, delay_s=0.3, code=51012)
    began = time.monotonic()
    assert _send(served).json()["code"] == 51012
    assert time.monotonic() - began >= 0.25


def test_status_code_body_and_retry_after_come_as_scripted(served: httpx.Client) -> None:
    _script(served, status=503, retry_after=7)
    _script(served, code=60001)
    _script(served, body='{"code":0,')
    gateway, maintenance, torn = _send(served), _send(served), _send(served)
    assert (gateway.status_code, gateway.headers["retry-after"]) == (503, "7")
    assert maintenance.json()["code"] == 60001
    assert torn.text == '{"code":0,'
    assert _send(served).json()["code"] == 0


@pytest.mark.parametrize("status", [204, 304])
def test_a_scripted_status_without_body_has_none(served: httpx.Client, status: int) -> None:
    _script(served, status=status)
    answer = _send(served)
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_the_command_says_where_it_listens_and_stops_cleanly(stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--pixel", "DEMO", "--token", "demo-token"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as run:
        assert run.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", run.stdout.readline())
        assert found is not None
        # The port is open before the line is written, so this waits for the server and cannot be refused.
        assert httpx.get(f"{found.group()}/_sandbox/pixels", timeout=20).json()["items"][0]["code"] == "DEMO"
        run.send_signal(stop)
        rest, _ = run.communicate(timeout=20)
    assert run.returncode == 0
    assert "Traceback" not in rest


def test_a_port_in_use_is_one_clear_sentence_and_exit_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "--port", port], capture_output=True, text=True, timeout=20, check=False
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pixel_without_its_token_is_wrong_usage() -> None:
    with pytest.raises(ValueError, match="both or neither"):
        serve(("127.0.0.1", 0), pixel="DEMO", token=None)
