"""Serving the redirector: `signalpost run redirector`."""

import uvicorn

from config import metrics
from config.settings import METRICS_PORT_OFFSET, RedirectorSettings
from redirector.supervision import Supervisor

BACKLOG = 4096
GRACEFUL_STOP_S = 8  # for answers in progress; what is taken is flushed after it, within 10 s in all
KEEP_ALIVE_S = 15
MAX_CONNECTIONS = 10_000  # per worker; beyond it a visitor gets a 503 at once instead of a place in a queue


def server_config(settings: RedirectorSettings) -> uvicorn.Config:
    """How uvicorn serves Signal links."""
    return uvicorn.Config(
        "redirector.app:app",
        factory=True,
        host=settings.host,
        port=settings.redirector_port,
        workers=settings.redirector_workers,
        http="redirector.protocol:SignalLinkProtocol",
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # X-Forwarded-For is read by clicks.address, from the right
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
        limit_concurrency=MAX_CONNECTIONS,
    )


def serve(settings: RedirectorSettings) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP replaces the workers without a connection lost.

    Raises:
        OSError: a port is taken.
    """
    metrics.prepare(settings.data_dir, "redirector")
    if settings.redirector_port:
        metrics.serve(settings.host, settings.redirector_port + METRICS_PORT_OFFSET)
    config = server_config(settings)
    Supervisor(config, config.bind_socket()).run()
