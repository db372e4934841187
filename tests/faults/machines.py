"""The kinds of machine that faults need, and whether this host can be one."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from stack.engines.account import unprivileged_account
from tests.engines import short_directory
from tests.faults.whole_machine import WholeMachine, whole_machine

FAKETIME: Final = "/usr/lib/*/faketime/libfaketime.so.1"
CLOCK: Final = "clock"
SLOW_SYNC: Final = "slow-sync"
SMALL_MB: Final = {"postgresql": 256, "valkey": 24}


class NotPossibleError(Exception):
    """This host cannot be such a machine; the text says what is missing."""


@contextmanager
def machine_of_kind(kind: str) -> Iterator[WholeMachine]:
    r""" " ordinary; `lossy` the same, apart because its sums do not come out even; `two` with two redirector workers;
    `strange` with a clock and a disk that do as they are told; `small` with small disks under its engines.

    Raises:
        NotPossibleError: not here.
    """
    with ExitStack() as stack:
        place = stack.enter_context(short_directory())
        settings: dict[str, str] = {}
        if kind == "two":
            settings = {"REDIRECTOR_WORKERS": "2"}
        elif kind == "strange":
            settings = _strange(place)
        elif kind == "small":
            (place / "data").mkdir(mode=0o700)
            for folder, size in SMALL_MB.items():
                stack.enter_context(_small_disk(place / "data" / folder, size))
        yield stack.enter_context(whole_machine(place, **settings))


def _strange(place: Path) -> dict[str, str]:
    libraries = sorted(Path("/").glob(FAKETIME[1:]))
    if not libraries:
        raise NotPossibleError("libfaketime is not installed (Debian: faketime)")
    slow = place / "slow_sync.so"
    source = Path(__file__).with_name("slow_sync.c")
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", slow, source, "-ldl"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise NotPossibleError("no C compiler to build the slow disk with") from None
    for name, content in ((CLOCK, "+0\n"), (SLOW_SYNC, "0")):
        (place / name).write_text(content)
    for path in (place, slow, place / CLOCK, place / SLOW_SYNC):  # PostgreSQL runs as somebody else
        path.chmod(0o755)
    return {
        "LD_PRELOAD": f"{libraries[0]}:{slow}",
        "FAKETIME_TIMESTAMP_FILE": str(place / CLOCK),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "SLOW_SYNC_FILE": str(place / SLOW_SYNC),
    }


@contextmanager
def _small_disk(folder: Path, size_mb: int) -> Iterator[None]:
    folder.mkdir(mode=0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0700", "none", folder], check=False)
    if done.returncode:
        raise NotPossibleError("may not mount a file system here")
    try:
        account = unprivileged_account()
        if account is not None and folder.name == "postgresql":
            account.owns(folder)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
