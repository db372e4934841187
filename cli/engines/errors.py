"""The one failure an engine has: a sentence that says what is wrong and, where there is one, the way out."""

from pathlib import Path

LOG_TAIL_BYTES = 8192
FATAL_WORDS = ("FATAL:", "PANIC:")


class EngineError(RuntimeError):
    """An engine cannot be prepared or does not start."""


def last_log_line(log: Path, since: int = 0) -> str:
    """The line that says why an engine gave up, of what stands in its log after `since` bytes; empty where none does.

    The last fatal one, as PostgreSQL ends with a farewell; else the last that is not blank.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - LOG_TAIL_BYTES))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    fatal = [line for line in lines if any(word in line for word in FATAL_WORDS)]
    return (fatal or lines or [""])[-1]
