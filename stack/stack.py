"""Everything one `signalpost up` runs: the engines, the ledger's tables, the processes and the runfile."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin.readyz import answers
from admin.refusal import Refused
from admin.shown_url import without_password
from config.runfile import remove_runfile, write_runfile
from config.settings import AllSettings
from stack.child import Child, NotReadyError
from stack.parent import PARENT_FD
from stack.ports import port_problem
from stack.processes import (
    ALWAYS,
    SANDBOX_APP,
    SANDBOX_LINK,
    SANDBOX_PIXEL,
    SANDBOX_TOKEN,
    ProcessName,
    port_of,
    ports_of,
    url_of,
)
from stack.program import Program
from stack.together import together

if TYPE_CHECKING:
    from admin.demo import Demo
    from stack.foundation import Foundation

PROCESS_GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to run beside the processes that always do."""

    sandbox: bool = False
    demo: bool = False
    """Of the sandbox."""
    history: bool = False
    """Four weeks of the demo's past, made once."""


class Stack:
    """Starts it all, keeps it running, and stops it in the order in which nothing is lost."""

    def __init__(self, settings: AllSettings, data_dir: Path, wanted: Wanted) -> None:
        """`settings` as loaded; `data_dir` absolute, ours and locked."""
        self.names = (ProcessName.SANDBOX, *ALWAYS) if wanted.sandbox else ALWAYS
        tiktok_api_url = url_of(ProcessName.SANDBOX, settings) if wanted.sandbox else settings.tiktok_api_url
        app = SANDBOX_APP if wanted.sandbox else {}  # at the sandbox no other is known
        self.settings = settings.model_copy(update={"data_dir": data_dir, "tiktok_api_url": tiktok_api_url, **app})
        self.demo: Demo | None = None
        self.setup_token: str | None = None  # the first owner's one-time secret; None where there is an owner
        self.notes: list[str] = []  # what an operator should know although everything runs
        self._wanted = wanted
        self._foundation: Foundation | None = None
        self._processes: dict[ProcessName, Child] = {}
        self._ready = False
        self._pipe = os.pipe()  # the children end when its writing end closes, which happens when we end

    async def start(self) -> None:
        """Return when every process is ready.

        Raises:
            Refused, SecretError: what is in the way, in a sentence.
        """
        self._check_ports()
        self._processes = {name: self._child(name) for name in self.names}
        for child in self._processes.values():
            child.load()
        from stack.foundation import Foundation  # noqa: PLC0415 - loads while they do

        self._foundation = Foundation(self._write_runfile)
        self.settings = await self._foundation.engines.start(self.settings)
        prepared = await self._foundation.prepare_ledger(self.settings, demo=self._wanted.demo)
        self.demo, self.setup_token, self.notes = prepared.demo, prepared.setup_token, prepared.notes
        try:
            # not before the tables are there, and redirectors' links published
            await together(child.start(self._told(name)) for name, child in self._processes.items())
        except NotReadyError as error:
            raise Refused(f"{error}; what it said stands above") from None
        self._ready = True
        self._write_runfile()
        if self.demo and self._wanted.history and not self.demo.has_history:
            self._foundation.begin_history(self.settings, self.demo)

    def _check_ports(self) -> None:
        taken: dict[int, str] = {}
        for port in (port for name in self.names for port in ports_of(name, self.settings)):
            if port.number in taken:
                raise Refused(f"{port.setting}: port {port.number} is that of {taken[port.number]} too: set another")
            taken[port.number] = port.setting
            if problem := port_problem(port.setting, self.settings.host, port.number):
                raise Refused(problem)

    def _child(self, name: ProcessName) -> Child:
        program = Program(
            name=name.value,
            command=(
                sys.executable,
                "-P",
                "-m",
                "cli",
                "run",
                name.value,
            ),  # -P: not some other `cli` in this directory
            environment={
                **os.environ,
                **self._published(),
                "DATA_DIR": str(self.settings.data_dir),
                PARENT_FD: str(self._pipe[0]),
            },
            inherited=(self._pipe[0],),
        )
        return Child(program, answers(url_of(name, self.settings)), self._write_runfile)

    def _published(self) -> dict[str, str]:
        """The settings as everything that is started beside us must see them."""
        ports = (port_of(name, self.settings) for name in ProcessName)
        return {
            "REDIS_URL": self.settings.redis_url,
            "DATABASE_URL": self.settings.database_url,
            "TIKTOK_API_URL": self.settings.tiktok_api_url,
            "HOST": self.settings.host,
            **(
                {name.upper(): value for name, value in SANDBOX_APP.items()}
                if ProcessName.SANDBOX in self.names
                else {}
            ),
            "PUBLIC_URL": self.settings.public_base,
            "CONSOLE_URL": self.settings.console_base,
            **{port.setting: str(port.number) for port in ports},
        }

    def _told(self, name: ProcessName) -> dict[str, str]:
        """What a process learns once everything that it stands on is there."""
        told = self._published()
        if self.demo and name is ProcessName.SANDBOX:
            told |= {SANDBOX_PIXEL: self.demo.pixel_code, SANDBOX_TOKEN: self.demo.token}
            told[SANDBOX_LINK] = f"{self.settings.public_base}/{self.demo.slug}"
        return told

    def content(self) -> dict[str, Any]:
        """What runs now: {"processes": {name: {"pid", "url"}}, "engines": {name: {"url", "pid"?}}}."""
        urls = {"redis": self.settings.redis_url, "postgresql": self.settings.database_url}
        children = self._foundation.engines.children if self._foundation else {}
        embedded = {name: {"url": urls[name], "pid": child.pid} for name, child in children.items()}
        return {
            "processes": {
                name.value: {"pid": child.pid, "url": url_of(name, self.settings)}
                for name, child in self._processes.items()
            },
            "engines": {name: {"url": without_password(url)} for name, url in urls.items()} | embedded,
        }

    def _write_runfile(self) -> None:
        if self._ready:
            content = {"pid": os.getpid(), "settings": self._published(), **self.content()}
            write_runfile(self.settings.data_dir, content)

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop the processes, then what they stand on: the sandbox, then the engines. Nothing runs afterwards.

        `hurry`, once set, ends the processes' time to finish; the engines keep theirs, as they hold the data.
        """
        self._ready = False
        if self._foundation:
            await self._foundation.end_history()
        sandbox = [child for name, child in self._processes.items() if name is ProcessName.SANDBOX]
        others = [child for name, child in self._processes.items() if name is not ProcessName.SANDBOX]
        for children in (others, sandbox):
            await asyncio.gather(*(child.stop(PROCESS_GRACE_S, hurry) for child in children))
        if self._foundation:
            await self._foundation.engines.stop()
        remove_runfile(self.settings.data_dir)
        for end in self._pipe:
            os.close(end)
