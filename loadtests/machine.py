"""What was measured, on what: no figure means anything without it."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loadtests.cores import Cores


@dataclass(frozen=True, slots=True)
class Machine:
    """The circumstances of one run."""

    at: str  # UTC, to the minute
    commit: str  # short; "+" where files differ from it
    processor: str
    cores: int
    system: str
    python: str
    pinning: str
    load_before: float  # load average of the last minute, before anything was started


def describe_machine(cores: Cores) -> Machine:
    pinning = (
        f"server on core {cores.server}, load, Redis and PostgreSQL on core {cores.rest}"
        if cores.pinned
        else "nothing pinned: server and load share the machine"
    )
    return Machine(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        commit=_commit(),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        pinning=pinning,
        load_before=round(os.getloadavg()[0], 2),
    )


def _commit() -> str:
    root = Path(__file__).parent.parent
    try:
        commit = _git(root, "rev-parse", "--short", "HEAD")
        return f"{commit}+" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
