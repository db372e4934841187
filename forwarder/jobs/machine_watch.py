"""What of this machine and its engines somebody should look at: disk, spool, clocks, the replica for reports."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis.exceptions import RedisError

from config.disk import Room, room, waiting
from ledger.alerts import Alert
from ledger.connecting import connect
from ledger.database_url import DatabaseUrlError
from ledger.outages import LEDGER_FAILED
from ledger.report_pool import LAG, MAX_LAG_S
from tiktok.server_clock import differs_little

DISK, SPOOL, CLOCK, REPLICA = "disk_low", "spool_in_use", "clock_differs", "replica_late"
KINDS: Final = (DISK, SPOOL, CLOCK, REPLICA)
MAX_CLOCK_DIFFERENCE_S: Final = 2.0
CONNECT_TIMEOUT_S: Final = 5.0
NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


@dataclass(frozen=True, slots=True)
class MachineState:
    """What was found."""

    alerts: list[Alert]
    room: Room | None
    replica_lag_s: float | None
    """None where there is no replica, or it does not answer."""


def machine() -> str:
    """The name under which this machine's alerts stand."""
    return socket.gethostname()


async def machine_state(
    pool: Any, redis: Any, data_dir: Path, report_url: str, tiktok_ahead_s: float | None = None
) -> MachineState:
    """One look around. An engine that is away says so elsewhere, the replica here. `tiktok_ahead_s`: of this machine's
    clock, as `ServerClock.ahead_s`.
    """
    found = room(data_dir)
    lag_s, replica = await _replica(report_url) if report_url else (None, [])
    alerts = [*_disk(data_dir, found), *_spool(data_dir), *await _clocks(pool, redis, tiktok_ahead_s), *replica]
    return MachineState(alerts, found, lag_s)


def _disk(data_dir: Path, found: Room | None) -> list[Alert]:
    if found is None or not found.is_low:
        return []
    fix = "free some, or move DATA_DIR: with none left spools, embedded engines and backups stop"
    return [_alert(DISK, f"{machine()}: on the disk of {data_dir} {found.sentence()}; {fix}")]


def _spool(data_dir: Path) -> list[Alert]:
    found = waiting(data_dir, time.time())
    if not found.is_stuck:
        return []
    fix = "Redis does not take them, or no redirector runs here; nothing is lost while the disk has room"
    return [_alert(SPOOL, f"{machine()}: {found.sentence()}; {fix}")]


async def _clocks(pool: Any, redis: Any, tiktok_ahead_s: float | None) -> list[Alert]:
    before = time.time()
    differences = {"PostgreSQL": await pool.fetchval(NOW) - (before + time.time()) / 2}
    took = time.time() - before
    try:
        before = time.time()
        seconds, microseconds = await redis.time()
        differences["Redis"] = seconds + microseconds / 1e6 - (before + time.time()) / 2
        took = max(took, time.time() - before)
    except (RedisError, OSError):
        pass
    # a slow answer says less of a clock
    wrong = {engine: s for engine, s in differences.items() if abs(s) > MAX_CLOCK_DIFFERENCE_S + took / 2}
    if tiktok_ahead_s is not None and not differs_little(tiktok_ahead_s):
        wrong["TikTok"] = tiktok_ahead_s
    if not wrong:
        return []
    told = " and ".join(f"{whose} is {_roughly(seconds)} from this machine" for whose, seconds in wrong.items())
    return [_alert(CLOCK, f"{machine()}: by its clock {told}; set it by NTP: windows, leases and event times go by it")]


def _roughly(seconds: float) -> str:
    """In seconds, or minutes where it is many: a message that changed each time would be written each time."""
    return f"{seconds:+.0f} s" if abs(seconds) < 120 else f"{seconds / 60:+.0f} min"


async def _replica(url: str) -> tuple[float | None, list[Alert]]:
    try:
        connection = await connect(url, timeout_s=CONNECT_TIMEOUT_S)
        try:
            lag_s: float = await connection.fetchval(LAG)
        finally:
            await connection.close()
    except (*LEDGER_FAILED, DatabaseUrlError) as error:
        said = f"the replica of REPORT_DATABASE_URL does not let us in ({type(error).__name__})"
        return None, [_alert(REPLICA, f"{machine()}: {said}; reports are read from the primary meanwhile")]
    if lag_s <= MAX_LAG_S:
        return lag_s, []
    minutes = int(lag_s // 60)  # a message that changed each time would be written each time
    said = f"the replica for reports is over {minutes} min behind; look at its load and network"
    return lag_s, [_alert(REPLICA, f"{machine()}: {said}; reports are read from the primary meanwhile")]


def _alert(kind: str, message: str) -> Alert:
    return Alert(kind, machine(), message)
