"""`DATA_DIR/run.json`: what a running `signalpost up` tells the commands started beside it.

{"pid": 1, "settings": {"REDIS_URL": "...", ...}, "processes": {"redirector": {"pid": 2, "url": "..."}},
 "engines": {"redis": {"url": "...", "pid": 3}, "postgresql": {...}}}
"""

import json
import os
from pathlib import Path
from typing import Any


def runfile_path(data_dir: Path) -> Path:
    return data_dir / "run.json"


def write_runfile(data_dir: Path, content: dict[str, Any]) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    path = runfile_path(data_dir)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, indent=1))
    temporary.chmod(0o600)
    temporary.replace(path)


def remove_runfile(data_dir: Path) -> None:
    runfile_path(data_dir).unlink(missing_ok=True)


def read_runfile(data_dir: Path) -> dict[str, Any] | None:
    """The content, or None where no `up` runs in this directory (a file its writer left behind does not count)."""
    try:
        text = runfile_path(data_dir).read_text()
    except OSError:
        return None
    import psutil  # noqa: PLC0415 - every process comes by here, and finds no file as a rule

    try:
        content = json.loads(text)
        number = int(content["pid"])
        os.kill(number, 0)
        if psutil.Process(number).status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return None  # dead, and its parent has not asked how it ended: the kernel still knows the number
    except PermissionError:
        return None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return content if isinstance(content, dict) else None


def published_settings(data_dir: Path) -> dict[str, str]:
    """Settings by upper-case name, as the running `up` uses them; empty where none runs."""
    content = read_runfile(data_dir) or {}
    settings = content.get("settings", {})
    return {str(name): str(value) for name, value in settings.items()} if isinstance(settings, dict) else {}
