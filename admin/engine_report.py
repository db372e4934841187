"""What doctor finds out about an engine."""

from dataclasses import dataclass
from typing import Any, Final

from admin.check import Check

MAX_CLOCK_DIFFERENCE_S: Final = 2.0
CONNECT_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What was found out about one engine."""

    engine: dict[str, Any]
    """{"url", "version"}; empty where there is none."""
    checks: list[Check]


def clock_check(engine: str, theirs_s: float, before_s: float, after_s: float) -> Check:
    """Its clock beside ours in the middle of the time the question took; all in seconds."""
    difference = theirs_s - (before_s + after_s) / 2
    ok = abs(difference) <= MAX_CLOCK_DIFFERENCE_S + (after_s - before_s) / 2
    fix = "" if ok else "set both clocks by NTP: windows, leases and retries are counted by them"
    return Check(f"{engine} clock", ok, f"{difference:+z.3f} s from ours", fix)
