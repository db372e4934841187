"""The one failure an engine has: a sentence that says what is wrong and, where there is one, the way out."""

from collections.abc import Iterable
from pathlib import Path

LOG_TAIL_BYTES = 8192
GRAVE_WORDS = ("FATAL:", "PANIC:", "initdb: error:")


class EngineError(RuntimeError):
    """An engine cannot be prepared or does not start."""


def telling_line(lines: Iterable[str]) -> str:
    """The line that says why an engine gave up; empty where there is none.

    The last grave one, as PostgreSQL ends with a farewell; else the last that is not blank.
    """
    said = [line.strip() for line in lines if line.strip()]
    grave = [line for line in said if any(word in line for word in GRAVE_WORDS)]
    return (grave or said or [""])[-1]


def last_log_line(log: Path, since: int = 0) -> str:
    """The telling line of what stands in a log after its first `since` bytes."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - LOG_TAIL_BYTES))
            return telling_line(file.read().decode(errors="replace").splitlines())
    except OSError:
        return ""
