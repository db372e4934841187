"""A machine with all of Signalpost on it, as a user has it: `signalpost up` over both engines, one app with a link and
a pixel; TikTok (the sandbox, behind a proxy) is elsewhere and lives through whatever happens here.
"""

import asyncio
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import redis

from stack.engines.postgresql import PostgreSQL
from stack.engines.valkey import Valkey
from tests.cli.running_up import RunningUp, environment, signalpost
from tests.engines import short_directory, start_program, stop_engine, wait_until_ready
from tests.faults.tiktok_proxy import TikTokProxy, tiktok_proxy
from tests.faults.traffic import Target
from tests.forwarder.running_sandbox import running_sandbox
from tests.redirector.serving import SECRET_KEY, wait_for

PROCESSES = ("redirector", "forwarder", "worker", "console")
ANSWER_S = 10.0
SAY_EVERY_S = 60.0  # how often a process says that an engine is still away
PIXEL_CODE = "C4FAULTS000000000001"
PIXEL_TOKEN = "a-token-of-the-fault-suite-0001"
HURRY = """
UPDATE deliveries SET next_attempt_at = least(next_attempt_at, now()) WHERE state = 'due'
"""
OPEN = "UPDATE pixels SET paused_until = NULL"
WAITING = """
SELECT EXISTS (SELECT FROM deliveries WHERE state IN ('due', 'sending'))
"""
PENDING = """
SELECT EXISTS (SELECT FROM installs WHERE match_method = 'pending')
"""
Engine = Valkey | PostgreSQL


class WholeMachine:
    """`preload` is the environment that its processes and engines get besides (a clock or disk that is not theirs)."""

    def __init__(self, directory: Path, sandbox_url: str, proxy: TikTokProxy, settings: dict[str, str]) -> None:
        self.directory = directory
        self.sandbox_url = sandbox_url
        self.proxy = proxy
        self.preload = {name: value for name, value in settings.items() if name.startswith(("LD_", "FAKETIME", "SLOW"))}
        self.log = directory / "up.log"
        self.env = environment(directory / "data") | {
            "SECRET_KEY": SECRET_KEY,
            "TIKTOK_API_URL": f"http://127.0.0.1:{proxy.port}",
            "TRUSTED_PROXIES": "127.0.0.0/8",
            "LOG_FORMAT": "json",
            **settings,
        }
        self.data_dir = directory / "data"
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        self.engines: dict[str, Engine] = {"redis": Valkey(self.data_dir), "postgresql": PostgreSQL(self.data_dir)}
        self.engine_processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env |= {"REDIS_URL": self.redis_url, "DATABASE_URL": self.database_url}
        self.up: RunningUp | None = None
        self.chance = random.Random(0)  # of faults that choose
        self.marks: list[tuple[float, int]] = []
        self.app: dict[str, str] = {}
        self.slug = ""

    # -- power

    @property
    def redis_url(self) -> str:
        return str(self.engines["redis"].url)

    @property
    def database_url(self) -> str:
        return self.engines["postgresql"].database_url("postgres")  # type: ignore[union-attr]

    def start_engine(self, name: str) -> None:
        engine = self.engines[name]
        program = engine.prepare()
        program = dataclasses.replace(program, environment={**program.environment, **self.preload})
        self.engine_processes[name] = start_program(program)
        wait_until_ready(engine, self.engine_processes[name])

    def kill_engine(self, name: str) -> None:
        """With all it started, at once."""
        _kill(_tree(self.engine_processes[name].pid))
        self.engine_processes[name].wait()

    def start_up(self) -> None:
        with self.log.open("ab") as log:
            self.up = RunningUp(self.env, "--no-sandbox", log=log)

    def stop_up(self) -> int:
        """The exit status after SIGTERM."""
        assert self.up is not None
        return self.up.stop(signal.SIGTERM)

    def restart_up(self, settings: dict[str, str]) -> None:
        """In good order, with these settings besides."""
        assert self.stop_up() == 0
        self.env |= settings
        self.start_up()

    def up_left_over(self) -> list[psutil.Process]:
        return self.up.left_over() if self.up is not None else []

    def power_on(self) -> None:
        for name in self.engines:
            self.start_engine(name)
        self.start_up()

    def everything(self) -> list[psutil.Process]:
        """All that runs on this machine, TikTok not included."""
        assert self.up is not None
        roots = [self.up.process.pid, *(process.pid for process in self.engine_processes.values())]
        return [process for pid in roots for process in _tree(pid)]

    def power_cut(self) -> None:
        """Every process of this machine ends in the same moment: stopped first, so that none sees another go."""
        assert self.up is not None
        _kill(self.everything())
        self.up.process.wait()
        for process in self.engine_processes.values():
            process.wait()

    def off(self) -> None:
        if self.up is not None and self.up.process.poll() is None:
            self.stop_up()
        for left in self.up_left_over():
            left.kill()
        for name, process in self.engine_processes.items():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                stop_engine(self.engines[name], process)

    # -- an operator's

    def command(self, *arguments: str) -> Any:
        done = signalpost(self.env, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def set_up_app(self) -> None:
        self.app = self.command("app", "create", "Faults")
        app = self.app["app_id"]
        store = "https://play.google.com/store/apps/details?id=com.example.game"
        link = self.command("link", "create", "--app", app, "--android-url", store, "--fallback-url", "https://e.test/")
        self.slug = link["slug"]
        self.command("pixel", "add", "--app", app, "--code", PIXEL_CODE, "--token", PIXEL_TOKEN, "--no-validate")

    def command_with_input(self, text: str, *arguments: str) -> None:
        command = [sys.executable, "-P", "-m", "cli", *arguments]
        subprocess.run(command, env=self.env, input=f"{text}\n", text=True, check=True, capture_output=True)

    def doctor(self) -> dict[str, str]:
        """What is wrong: the check's name -> what was found and what to do."""
        done = signalpost(self.env, "doctor", "--json")
        checks = json.loads(done.stdout)["checks"]
        return {check["name"]: f"{check['detail']} -> {check['fix']}" for check in checks if not check["ok"]}

    # -- what it says of itself

    def port(self, process: str) -> int:
        return int(self.env[f"{process.upper()}_PORT"])

    def target(self) -> Target:
        return Target(self.port("redirector"), self.port("forwarder"), self.slug, self.app["api_key"])

    def process_id(self, name: str) -> int:
        assert self.up is not None
        pid: int = self.up.runfile()["processes"][name]["pid"]
        return pid

    def readyz(self, process: str) -> str:
        """The state and what it says; empty where nobody answers."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port(process)}/readyz", trust_env=False, timeout=ANSWER_S)
        except httpx.HTTPError:
            return ""
        return f"{answer.status_code} {answer.text}"

    def metric(self, process: str, name: str) -> float:
        """The sum of all its samples."""
        url = f"http://127.0.0.1:{self.port(process) + 1000}/metrics"
        try:
            lines = httpx.get(url, trust_env=False, timeout=ANSWER_S).text.splitlines()
        except httpx.HTTPError:
            return 0.0
        rows = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return sum(float(value) for key, _, value in rows if key.partition("{")[0] == name)

    def mark_log(self) -> int:
        """Its size now, to read on from."""
        size = self.log.stat().st_size
        self.marks.append((time.monotonic(), size))
        return size

    def recent_log(self, since: int) -> str:
        """Since that mark, or in the minute before it: an outage that comes back within it is not news."""
        at = next(at for at, size in self.marks if size == since)
        first = min(size for marked, size in self.marks if marked >= at - SAY_EVERY_S - 1)
        return self.log.read_bytes()[first:].decode("utf-8", "replace")

    def said(self, since: int = 0) -> Counter[tuple[str, str]]:
        """Lines of warnings and errors since this byte of the log, by (process, event); tracebacks as they stand."""
        lines: Counter[tuple[str, str]] = Counter()
        for line in self.log.read_bytes()[since:].decode("utf-8", "replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                lines["", line[:60]] += 1
                continue
            if entry.get("level") in {"warning", "error", "critical"}:
                lines[str(entry.get("process")), str(entry.get("event"))] += 1
        return lines

    # -- the ledger and Redis, as a test reads them

    def sql(self, statement: str, *parameters: Any, database_url: str = "") -> list[Any]:
        async def run() -> list[Any]:
            connection = await asyncpg.connect(database_url or self.database_url)
            try:
                return list(await connection.fetch(statement, *parameters))
            finally:
                await connection.close()

        return asyncio.run(run())

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url)

    def spool(self) -> list[Path]:
        return list((self.data_dir / "spool").glob("*.spool"))

    def is_settled(self, matches: bool = True) -> bool:
        """Whether nothing waits any more: no spool, no delivery and, unless `matches` is false, no match.

        Waits between tries are cut short.
        """
        if self.spool():
            return False
        self.sql(HURRY)
        self.sql(OPEN)
        return not self.sql(WAITING)[0][0] and not (matches and self.sql(PENDING)[0][0])

    def is_ready(self) -> bool:
        return all(self.readyz(process).startswith("200") for process in PROCESSES)

    def until(self, condition: Callable[[], bool], patience_s: float = 120.0) -> float:
        """The seconds until it was true."""
        began = time.monotonic()
        wait_for(condition, patience_s)
        return time.monotonic() - began


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill(processes: list[psutil.Process]) -> None:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in processes:
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue


@contextmanager
def whole_machine(directory: Path | None = None, **settings: str) -> Iterator[WholeMachine]:
    """A machine that is on, with its app. `directory` where it must lie on a disk of its own."""
    with ExitStack() as stack:
        place = directory or stack.enter_context(short_directory())
        sandbox_url = stack.enter_context(running_sandbox())
        proxy = stack.enter_context(tiktok_proxy(int(sandbox_url.rpartition(":")[2])))
        machine = WholeMachine(place, sandbox_url, proxy, settings)
        stack.callback(machine.off)
        machine.power_on()
        machine.set_up_app()
        yield machine
