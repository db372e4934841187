"""Processes held to a share of a core, by Linux control groups (version 1 or 2): workers that have a core's worth each
where there are not as many cores."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PERIOD_US = 5_000  # short: a worker that has used its share stands still until the next one begins
ROOT = Path("/sys/fs/cgroup")


class QuotaError(Exception):
    """Control groups cannot be made here; the text says why."""


@contextmanager
def held_to(share: float, pids: Sequence[int]) -> Iterator[None]:
    """Each of these processes gets at most this share of one core.

    Raises:
        QuotaError: not Linux, not root, or the groups cannot be written.
    """
    groups: list[Path] = []
    try:
        for pid in pids:
            groups.append(_group(f"signalpost-{os.getpid()}-{pid}", share))
            (groups[-1] / "cgroup.procs").write_text(str(pid))
        yield
    except OSError as error:
        raise QuotaError(f"no control group can be made: {error}") from None
    finally:
        for group in groups:
            _remove(group)


def _group(name: str, share: float) -> Path:
    quota = int(share * PERIOD_US)
    first_version = ROOT / "cpu"
    group = (first_version if first_version.is_dir() else ROOT) / name
    group.mkdir()
    if first_version.is_dir():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
    return group


def _remove(group: Path) -> None:
    for pid in (group / "cgroup.procs").read_text().split():
        (group.parent / "cgroup.procs").write_text(pid)
    group.rmdir()
