"""The one failure an engine has: a sentence that says what is wrong and, where there is one, the way out."""

from pathlib import Path

LOG_TAIL_BYTES = 8192


class EngineError(RuntimeError):
    """An engine cannot be prepared or does not start."""


def last_log_line(log: Path) -> str:
    """The last line of an engine's log that is not blank; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
