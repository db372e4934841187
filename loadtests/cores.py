"""Which core runs what: the server under test alone on one, everything that loads or serves it on the other."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Cores:
    """`server` and `rest` are core numbers; the same, and nothing pinned, where there is only one or no pinning."""

    server: int
    rest: int
    pinned: bool


def choose_cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    return Cores(allowed[0], allowed[1], True) if len(allowed) > 1 else Cores(allowed[0], allowed[0], False)


def put_ahead() -> bool:
    """Run this process, and what it starts from here on, ahead of ordinary ones; False where that is not allowed.

    Niceness does not do it: schedulers that group by session weigh it within a session only.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except (AttributeError, PermissionError):
        return False
    return True


def pin(pid: int, core: int) -> None:
    """Move a process, its threads and its descendants to one core; what they start later stays there too."""
    for process in process_tree(pid):
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def process_tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """User and system time a process and its descendants have used, of descendants only what still lives."""
    times = [process.cpu_times() for process in process_tree(pid)]
    return sum(float(each.user + each.system) for each in times)


def core_busy_seconds(core: int) -> float:
    """How long a core was busy since the machine started, including what the hypervisor took from it."""
    times = psutil.cpu_times(percpu=True)[core]
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
