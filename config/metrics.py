"""Prometheus for a group of worker processes: each writes its numbers to a directory, one listener adds them up."""

import os
import shutil
from pathlib import Path
from typing import Final

DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"  # by this name prometheus_client looks for it


def prepare(data_dir: Path, process: str) -> None:
    """Give the workers of this process an empty directory to share. Call before anything imports prometheus_client."""
    directory = data_dir / "metrics" / f"{process}-{os.getpid()}"
    for old in directory.parent.glob(f"{process}-*"):
        if not _is_alive(old.name.rpartition("-")[2]):
            shutil.rmtree(old, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    os.environ[DIRECTORY] = str(directory)


def forget(pid: int) -> None:
    """Take away what a worker that has ended last said of the present; what it counted stays in the sums."""
    if DIRECTORY not in os.environ:
        return
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - as in `serve`

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def serve(host: str, port: int) -> None:
    """Answer `/metrics` on a thread of this process.

    Raises:
        OSError: the port is taken.
    """
    # imported only now: prometheus_client decides by the environment, on import, where its numbers lie
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_http_server(port, addr=host, registry=registry)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return False
    return True
