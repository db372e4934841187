"""The forwarder as a process, or as several on one port (FORWARDER_WORKERS)."""

import os
import shutil
import signal
import sys
import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from config.collector import spare_the_imported
from config.logging import configure_logging
from config.settings import METRICS_PORT_OFFSET, ForwarderSettings, SettingsError, load
from forwarder.intake.data_centres import DataCentreRangesError, read_data_centres
from tiktok.currency_rates import RatesError, RateTable

GRACEFUL_SHUTDOWN_S = 10
KEEP_ALIVE_S = 30
MAX_CONNECTIONS = 2_000  # per process
HIGHEST_PORT = 65_535

log = structlog.get_logger()


def serve(settings: ForwarderSettings) -> None:
    """Serve until SIGINT or SIGTERM; then established requests are finished first.

    Raises:
        SystemExit: 1 where no engine is named, a file cannot be used or a port is taken, with one sentence on stderr.
    """
    configure_logging(settings.log_level, settings.log_format, "forwarder")
    for name, url, kind in (
        ("REDIS_URL", settings.redis_url, "Redis"),
        ("DATABASE_URL", settings.database_url, "PostgreSQL"),
    ):
        if not url:
            sys.exit(f"no {kind}: set {name} or start `signalpost up`")
    try:
        # said once, before any process is started
        read_data_centres(settings.datacenter_ranges_file)
        RateTable(settings.currency_rates_file)
    except (DataCentreRangesError, RatesError) as error:
        sys.exit(str(error))
    if settings.forwarder_port == 0:
        log.warning("FORWARDER_PORT is 0: nothing is listened to")
        _wait_for_stop()
        return
    _start_metrics(settings)
    uvicorn.run(_application(settings), **_options(settings))


def load_code(settings: ForwarderSettings) -> None:
    """What `serve` will load, before it can serve; where more processes than this one do, they load it."""
    if settings.forwarder_port and settings.forwarder_workers == 1:
        _name_metrics_directory(settings)
        for module in ("forwarder.app", "forwarder.intake.protocol"):
            import_module(module)  # not before the metrics directory is named


def _application(settings: ForwarderSettings) -> Any:
    if settings.forwarder_workers > 1:
        return "forwarder.app:create_app"
    from forwarder.app import build_app  # not before the metrics directory is named  # noqa: PLC0415

    spare_the_imported()
    return build_app(settings)


def _options(settings: ForwarderSettings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.forwarder_port,
        "workers": settings.forwarder_workers,
        "factory": settings.forwarder_workers > 1,
        "loop": "uvloop",
        "http": "forwarder.intake.protocol:IntakeProtocol",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,  # TRUSTED_PROXIES are ours to judge
        "limit_concurrency": MAX_CONNECTIONS,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": GRACEFUL_SHUTDOWN_S,
    }


def _start_metrics(settings: ForwarderSettings) -> None:
    """Every process writes its counts into one directory; this one serves them all on HOST, away from the public
    port.
    """
    directory = _name_metrics_directory(settings)
    port = settings.forwarder_port + METRICS_PORT_OFFSET
    if port > HIGHEST_PORT:
        log.warning("no port left for metrics", port=port)
        return
    from forwarder.metrics import serve_metrics  # reads the variable when it is imported  # noqa: PLC0415

    try:
        serve_metrics(settings.host, port, directory)
    except OSError as error:
        sys.exit(f"port {port} on {settings.host} is needed for the forwarder's metrics: {error.strerror}")


def _name_metrics_directory(settings: ForwarderSettings) -> Path:
    """Before anything of the metrics is loaded."""
    directory = _emptied(settings.data_dir / "run" / f"forwarder-metrics-{settings.forwarder_port}")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    return directory


@cache
def _emptied(directory: Path) -> Path:
    """Once: what this process has begun to write there stays."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    return directory.resolve()


def _wait_for_stop() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def main() -> None:
    """`python -m forwarder`."""
    try:
        settings = load(ForwarderSettings)
    except SettingsError as error:
        sys.exit(str(error))
    serve(settings)


if __name__ == "__main__":
    main()
