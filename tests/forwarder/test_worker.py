"""The worker as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest

from ledger.pixels import token_record, update_pixel
from tests.forwarder.delivering.scene import PIXEL, PIXEL_REF, TOKEN, Scene

pytestmark = pytest.mark.anyio

SECRET = "a secret of the worker's tests"
PROGRAM = """
from config.settings import WorkerSettings, load
from forwarder.worker import serve
serve(load(WorkerSettings))
"""
WAIT_S = 30.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(database_url: str, redis_url: str, sandbox_url: str, data_dir: Path) -> Iterator[Start]:
    """Starts workers, and kills what is left of them."""
    started: list[subprocess.Popen[bytes]] = []

    def start_worker(**settings: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
            "SECRET_KEY": SECRET, "TIKTOK_API_URL": sandbox_url, "WORKER_PORT": "0", **settings,
        }  # fmt: skip
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment))
        return started[-1]

    yield start_worker
    for process in started:
        process.kill()
        process.wait(WAIT_S)


@pytest.fixture
async def keyed_scene(scene: Scene, data_dir: Path) -> Scene:
    """A scene whose token the workers' key opens."""
    from config.secrets import load_keyring

    token = load_keyring(SECRET, data_dir).encrypt(TOKEN, token_record(PIXEL))
    await update_pixel(scene.pool, PIXEL_REF, token_encrypted=token)
    return scene


async def delivered(scene: Scene, count: int) -> None:
    with anyio.fail_after(WAIT_S):
        while (await scene.states()).get("delivered") != count:  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.02)


async def test_a_worker_delivers_and_ends_in_good_order(keyed_scene: Scene, start: Start) -> None:
    await keyed_scene.deliveries(20)
    worker = start()
    await delivered(keyed_scene, 20)
    worker.send_signal(signal.SIGTERM)
    assert await anyio.to_thread.run_sync(worker.wait, WAIT_S) == 0


async def test_two_workers_side_by_side_send_everything_once(keyed_scene: Scene, start: Start) -> None:
    await keyed_scene.deliveries(100)
    start()
    start()
    await delivered(keyed_scene, 100)
    taken = await keyed_scene.sandbox.events()
    assert (taken["unique"], taken["duplicates"]) == (100, 0)


async def test_the_stop_waits_for_what_is_in_flight(keyed_scene: Scene, start: Start) -> None:
    await keyed_scene.delivery("e1")
    await keyed_scene.sandbox.fault(delay_s=1.0)
    worker = start()
    with anyio.fail_after(WAIT_S):
        while not await keyed_scene.sandbox.requests():  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.01)
    worker.send_signal(signal.SIGTERM)
    assert await anyio.to_thread.run_sync(worker.wait, WAIT_S) == 0
    assert await keyed_scene.states() == {"delivered": 1}


async def test_a_worker_killed_while_tiktok_has_the_request_is_followed_by_the_same_bytes(
    keyed_scene: Scene, start: Start
) -> None:
    await keyed_scene.delivery("e1")
    await keyed_scene.sandbox.fault(delay_s=30)
    killed = start()
    with anyio.fail_after(WAIT_S):
        while not await keyed_scene.sandbox.requests():  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.01)
    killed.kill()
    await keyed_scene.pool.execute("UPDATE deliveries SET next_attempt_at = now()")  # the lease has ended
    start()
    await delivered(keyed_scene, 1)
    second, first = await keyed_scene.sandbox.requests()
    assert first["body"] == second["body"]


async def test_a_worker_waits_for_an_engine_that_is_not_there_yet_and_stops_all_the_same(
    start: Start, free_port: int
) -> None:
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    worker = start(WORKER_PORT=str(free_port), **nowhere)
    found = await answer(f"http://127.0.0.1:{free_port}/readyz", status=503)
    assert found.json() == {
        "ok": False,
        "postgresql": "away: nothing is delivered",
        "redis": "away: counters and late matches wait",
        "tiktok": "ok",
    }
    worker.send_signal(signal.SIGTERM)
    assert await anyio.to_thread.run_sync(worker.wait, WAIT_S) == 0


async def test_a_worker_outlives_the_loss_of_its_connections(keyed_scene: Scene, start: Start) -> None:
    await keyed_scene.delivery("before")
    start()
    await delivered(keyed_scene, 1)
    await keyed_scene.end_sessions()
    await keyed_scene.delivery("after")
    await delivered(keyed_scene, 2)


async def test_health_and_metrics_stand_on_ports_of_their_own(keyed_scene: Scene, start: Start, free_port: int) -> None:
    start(WORKER_PORT=str(free_port))
    base = f"http://127.0.0.1:{free_port}"
    ready = await answer(f"{base}/readyz")
    assert ready.json() == {"ok": True, "postgresql": "ok", "redis": "ok", "tiktok": "ok"}
    assert (await answer(f"{base}/healthz")).json() == {"ok": True}
    assert (await answer(f"{base}/metrics")).status_code == 404
    assert "signalpost_deliveries_pending" in (await answer(f"http://127.0.0.1:{free_port + 1000}/metrics")).text


async def answer(url: str, status: int | None = None) -> httpx.Response:
    """The first answer of that status, or else that is no 503: the process may still be starting."""
    deadline = time.monotonic() + WAIT_S
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                found = await client.get(url)
                if found.status_code == status or (status is None and found.status_code != 503):
                    return found
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{url} does not answer"
            await anyio.sleep(0.05)
