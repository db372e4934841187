"""The console as a process."""

import contextlib
import gc
import sys
import threading
from typing import Final

import structlog
import uvicorn

from config.logging import configure_logging
from config.settings import METRICS_PORT_OFFSET, AllSettings, SettingsError, load
from console.app import build_app
from console.metrics import ConsoleMetrics

GRACEFUL_SHUTDOWN_S: Final = 10
HIGHEST_PORT: Final = 65_535

log = structlog.get_logger()


def serve(settings: AllSettings) -> None:
    """Serve until SIGINT or SIGTERM; then requests that are being answered are finished first.

    Raises:
        OSError: the metrics' port is taken.
        SystemExit: the console's own port is, or PostgreSQL was not there in time.
    """
    configure_logging(settings.log_level, settings.log_format, "console")
    if not settings.console_port:
        log.warning("CONSOLE_PORT is 0: nothing is listened to")
        threading.Event().wait()  # the signal ends the process
    metrics, port = ConsoleMetrics(), settings.console_port + METRICS_PORT_OFFSET
    app = build_app(settings, metrics)
    # what is loaded by now stays: looking through it for garbage would hold up every thirtieth page for a while
    gc.collect()
    gc.freeze()
    with metrics.served(settings.host, port) if port <= HIGHEST_PORT else contextlib.nullcontext():
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.console_port,
            loop="uvloop",
            http="console.protocol:ConsoleProtocol",
            ws="none",
            lifespan="on",
            access_log=False,  # its lines would hold codes of logins
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        )


def main() -> None:
    """`python -m console`."""
    try:
        settings = load(AllSettings)
    except SettingsError as error:
        sys.exit(str(error))
    serve(settings)


if __name__ == "__main__":
    main()
