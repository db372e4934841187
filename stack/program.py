"""What the supervisor starts: an engine or one of our own processes, as a child in the foreground."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Account:
    """The system account a child runs as, where it must not be root."""

    name: str
    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Hand the path to this account."""
        os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, slots=True)
class Program:
    """One child process, ready to be started.

    Attributes:
        name: as `signalpost doctor` and the log call it.
        command: what is executed; the first entry is an absolute path.
        environment: the whole environment of the child.
        directory: where it runs; None = where we run.
        log: the file its output is appended to; None = our standard error.
        stop_signal: what makes it end in good order.
        account: whom it runs as; None = whoever we are.
        inherited: descriptors it shares with us, besides the three standard ones.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    inherited: tuple[int, ...] = ()

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for `Popen`, without the streams. A session of its own keeps the terminal's Ctrl-C away."""
        options: dict[str, Any] = {
            "env": self.environment,
            "cwd": self.directory,
            "start_new_session": True,
            "pass_fds": self.inherited,
        }
        if self.account:
            options |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return options
