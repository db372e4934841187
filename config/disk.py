"""What lies in DATA_DIR that somebody should look at: room on its disk, and clicks that wait in the spool."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIN_FREE_BYTES: Final = 1024**3
MIN_FREE_SHARE: Final = 0.05
SPOOL_AFTER_S: Final = 60.0  # what a slow moment left is stored again within seconds
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """A disk, in bytes; what is kept for root is not free."""

    free: int
    total: int

    @property
    def is_low(self) -> bool:
        return self.free < MIN_FREE_BYTES or self.free < self.total * MIN_FREE_SHARE

    def sentence(self) -> str:
        return f"{self.free // _MIB} MiB of {self.total // _MIB} MiB are free"


def room(data_dir: Path) -> Room | None:
    """None where there is no such directory yet."""
    try:
        disk = os.statvfs(data_dir)
    except OSError:
        return None
    return Room(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Files of the spool that hold something."""

    bytes: int
    oldest_s: float
    """Since the oldest was last written to; 0 where there is none."""

    @property
    def is_stuck(self) -> bool:
        return self.bytes > 0 and self.oldest_s > SPOOL_AFTER_S

    def sentence(self) -> str:
        return f"{max(1, self.bytes // 1024)} KiB of clicks wait in the spool, the oldest for {self.oldest_s:.0f} s"


def waiting(data_dir: Path, now_s: float) -> Waiting:
    """What redirectors of this machine could not store yet.

    Args:
        now_s: Unix time.
    """
    total, oldest_s = 0, 0.0
    for path in (data_dir / "spool").glob("*.spool"):
        try:
            found = path.stat()
        except FileNotFoundError:  # stored just now
            continue
        if found.st_size:
            total += found.st_size
            oldest_s = max(oldest_s, now_s - found.st_mtime)
    return Waiting(total, oldest_s)
