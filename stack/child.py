"""One child process: started, started again whenever it ends by itself, and stopped in good order."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from stack.held_start import HELD_FD, Hold
from stack.program import Program

READY_TIMEOUT_S = 60.0
POLL_S = 0.05
READY_POLL_S = 0.02  # while it starts; a question that is refused costs 0.15 ms of CPU, which its start needs
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 10.0
STEADY_S = 60.0  # a child that lived this long has recovered: its next crash counts as the first

log = structlog.get_logger()


class NotReadyError(RuntimeError):
    """A child ended, or did not answer, before it was ready."""


def restart_delay_s(crashes: int) -> float:
    """How long to wait before the next start, after this many crashes in a row before this one."""
    return min(FIRST_DELAY_S * 2.0 ** min(crashes, 16), LONGEST_DELAY_S)


class Child:
    """A program under supervision. `changed` is called whenever its process id is another one."""

    def __init__(self, program: Program, ready: Callable[[], Awaitable[bool]], changed: Callable[[], None]) -> None:
        self.program = program
        self._ready = ready
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._hold: Hold | None = None

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def load(self) -> None:
        """Have it load its code; it begins with `start`. For programs that know of `stack.held_start`.

        Raises:
            OSError: it cannot be executed.
        """
        hold = self._hold = Hold()
        held = {**self.program.environment, HELD_FD: str(hold.reading)}
        try:
            self._spawn(replace(self.program, environment=held, inherited=(*self.program.inherited, hold.reading)))
        finally:
            hold.started()

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return when it is ready; from then on it is kept running.

        Args:
            environment: what is known only now, added to the program's.

        Raises:
            NotReadyError: it ended first, or a minute passed.
            OSError: it cannot be executed.
        """
        told = dict(environment or {})
        self.program = replace(self.program, environment={**self.program.environment, **told})
        if self._hold is not None and self._process is not None:
            process = self._process
            self._hold.release(told)
            self._hold = None
        else:
            process = self._spawn(self.program)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not await self._ready():
            if process.poll() is not None:
                raise NotReadyError(f"{self.program.name} {_ending(process.returncode)} before it was ready")
            if time.monotonic() > deadline:
                raise NotReadyError(f"{self.program.name} runs, but did not get ready in {READY_TIMEOUT_S:.0f} s")
            await asyncio.sleep(READY_POLL_S)
        self._keeper = asyncio.create_task(self._keep())

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        # no await between the start and the note of it: a cancelled task must not lose a process
        if program.log:
            with program.log.open("ab") as output:
                self._process = _popen(program, output.fileno())
        else:
            self._process = _popen(program, 2)  # standard output is for what `up` itself says
        self._started_at = time.monotonic()
        return self._process

    async def _keep(self) -> None:
        crashes = 0
        while self._process:
            while self._process.poll() is None:  # noqa: ASYNC110 - a process sets no event
                await asyncio.sleep(POLL_S)
            status, lived_s = self._process.returncode, time.monotonic() - self._started_at
            self._kill_group()
            crashes = 0 if lived_s >= STEADY_S else crashes
            delay_s = restart_delay_s(crashes)
            crashes += 1
            log.error(
                "a process ended by itself; starting it again",
                program=self.program.name,
                ending=_ending(status),
                delay_s=delay_s,
            )
            await asyncio.sleep(delay_s)
            try:
                self._spawn(self.program)
            except OSError as error:
                log.error("a process cannot be started", program=self.program.name, reason=error.strerror)
            else:
                self._changed()

    def _kill_group(self) -> None:
        # workers of a dead process would hold its port against its successor
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def stop(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Ask it to end; after `grace_s` seconds, or at once when `hurry` is set, kill it with all it started."""
        if self._keeper:
            self._keeper.cancel()
        if self._hold is not None:
            self._hold.give_up()
            self._hold = None
        if not self._process:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.program.stop_signal)
        deadline = time.monotonic() + grace_s
        while self._process.poll() is None and time.monotonic() < deadline and not hurry.is_set():  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        if self._process.poll() is None:
            log.warning("a process did not end in time; killing it", program=self.program.name)
        self._kill_group()
        self._process.wait()


def _ending(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _popen(program: Program, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        program.command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        **program.popen_options(),
    )
