"""Serves the sandbox with uvicorn, able to close a connection without an answer."""

import contextlib
import signal
import socket

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.accounts.demo import LINK
from sandbox.app import create_app
from sandbox.gate import DROP_CONNECTION
from sandbox.memory import Limits
from sandbox.rate import RateLimits
from sandbox.tokens import Pixel

# What a delayed answer may still take once the sandbox is told to stop, in seconds.
_GRACE_S = 2


class DroppingProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; each request's `scope["state"]` also holds the function that cuts its connection.

    ASGI knows no way to end a request without an answer: an app that returns early is given a 500 by the server.
    """

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][DROP_CONNECTION] = self.transport.abort


def configured(limits: Limits, demo: Pixel | None, ads_lead_to: str = LINK) -> uvicorn.Config:
    """How the sandbox is served, wherever it listens: with the demo account around the pixel, where there is one."""
    return uvicorn.Config(
        create_app(limits, demo, ads_lead_to=ads_lead_to),
        http=DroppingProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        timeout_graceful_shutdown=_GRACE_S,
    )


def serve(
    address: tuple[str, int],
    *,
    pixel: str | None,
    token: str | None,
    ads_lead_to: str = LINK,
    rates: RateLimits | None = None,
) -> None:
    """Serve at (host, port) until SIGTERM or SIGINT, then return. Port 0 takes any free port; the log line `listening`
    says which.

    `pixel` and `token` make a pair known from the start, and the demo account around them (`sandbox.accounts.demo`);
    without them any pair is adopted on first use. `ads_lead_to` is the link of that account's ads, without macros.

    Raises `OSError` when the address cannot be listened on, `ValueError` when only one of the pair is given.
    """
    if (pixel is None) != (token is None):
        raise ValueError("pixel and token go together: give both or neither")
    host, port = address
    demo = Pixel(code=pixel, token=token) if pixel is not None and token is not None else None
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    server = uvicorn.Server(configured(Limits(rates=rates or RateLimits()), demo, ads_lead_to))
    shown_host = f"[{host}]" if ":" in host else host
    structlog.get_logger().info("listening", process="sandbox", url=f"http://{shown_host}:{listener.getsockname()[1]}")
    with contextlib.suppress(KeyboardInterrupt), listener:
        # Once stopped, uvicorn raises the signal it caught once more; as an interrupt it ends here, cleanly.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        server.run(sockets=[listener])
