"""One supervised child process."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from stack.child import Child, NotReadyError, restart_delay_s
from stack.program import Program

pytestmark = pytest.mark.anyio

PATIENCE_S = 20.0
SLEEPS = "import time; time.sleep(600)"
IGNORES_SIGTERM = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); time.sleep(600)"
HAS_A_WORKER = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(worker.pid, flush=True)
time.sleep(600)
"""


async def at_once() -> bool:
    return True


async def never() -> bool:
    return False


def written(log: Path) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return log.exists() and log.stat().st_size > 0  # noqa: ASYNC240 - a file of a few bytes

    return ready


def program(code: str, log: Path | None = None) -> Program:
    return Program("test", (sys.executable, "-u", "-c", code), log=log)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.01)


def running(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("crashes", "delay_s"), [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 10.0), (2000, 10.0)]
)
async def test_the_wait_before_a_restart_doubles_up_to_ten_seconds(crashes: int, delay_s: float) -> None:
    assert restart_delay_s(crashes) == delay_s


async def test_a_child_that_was_killed_is_started_again() -> None:
    changes: list[int | None] = []
    child = Child(program(SLEEPS), at_once, lambda: changes.append(child.pid))
    await child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: bool(changes))
    assert running(child.pid)
    assert changes == [child.pid]
    assert child.pid != first
    await child.stop(PATIENCE_S, asyncio.Event())
    assert child.pid is None


async def test_a_child_that_ends_before_it_is_ready_is_an_error_that_names_its_status() -> None:
    child = Child(program("raise SystemExit(3)"), never, lambda: None)
    with pytest.raises(NotReadyError, match="test ended with status 3 before it was ready"):
        await child.start()


async def test_a_child_is_ready_when_it_says_so(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(program(f"print('up'); {SLEEPS}", log), written(log), lambda: None)
    await child.start()
    assert log.read_text() == "up\n"
    await child.stop(PATIENCE_S, asyncio.Event())


async def test_a_child_that_ignores_the_stop_signal_is_killed_when_hurried(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(program(IGNORES_SIGTERM, log), written(log), lambda: None)
    await child.start()
    pid, hurry = child.pid, asyncio.Event()
    stopping = asyncio.create_task(child.stop(600, hurry))
    hurry.set()
    async with asyncio.timeout(PATIENCE_S):
        await stopping
    assert not running(pid)


async def test_the_workers_of_a_crashed_child_are_ended_before_it_is_started_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child(program(HAS_A_WORKER, log), written(log), lambda: None)
    await child.start()
    worker = int(log.read_text())
    assert running(worker)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await until(lambda: not running(worker))
    await child.stop(PATIENCE_S, asyncio.Event())


async def test_a_child_does_not_share_the_terminal_s_process_group() -> None:
    child = Child(program(SLEEPS), at_once, lambda: None)
    await child.start()
    assert child.pid is not None
    assert os.getpgid(child.pid) == child.pid != os.getpgrp()
    await child.stop(PATIENCE_S, asyncio.Event())


HELD = """
import os, time
from stack.held_start import await_release
await_release()
print(os.environ["TOLD"], flush=True)
time.sleep(600)
"""


async def test_a_child_that_was_loaded_begins_when_it_is_started_and_begins_again_with_what_it_was_told(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    child = Child(program(HELD, log), written(log), lambda: None)
    child.load()
    loaded = child.pid
    assert log.read_text() == ""
    await child.start({"TOLD": "now"})
    assert (child.pid, log.read_text()) == (loaded, "now\n")
    assert loaded is not None
    os.kill(loaded, signal.SIGKILL)
    await until(lambda: log.read_text() == "now\nnow\n")
    await child.stop(PATIENCE_S, asyncio.Event())


async def test_a_child_that_was_only_loaded_is_ended_by_stop(tmp_path: Path) -> None:
    child = Child(program(HELD, tmp_path / "log"), never, lambda: None)
    child.load()
    loaded = child.pid
    assert running(loaded)
    await child.stop(PATIENCE_S, asyncio.Event())
    assert not running(loaded)


async def test_a_child_that_ended_while_it_loaded_is_an_error_when_it_is_to_start() -> None:
    child = Child(program("import sys; sys.exit(7)"), never, lambda: None)
    child.load()
    await until(lambda: child.pid is None)
    with pytest.raises(NotReadyError, match="status 7"):
        await child.start({"TOLD": "now"})
