"""The console, served in a thread of the tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from config.settings import AllSettings
from console.app import build_app
from console.protocol import ConsoleProtocol

PATIENCE_S = 20.0


@contextmanager
def served(settings: AllSettings) -> Iterator[str]:
    """Where it answers."""
    config = uvicorn.Config(
        build_app(settings), port=0, http=ConsoleProtocol, lifespan="on", ws="none", log_config=None,
        proxy_headers=False, server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive(), "the console did not start"
        assert time.monotonic() < deadline, "the console did not start in time"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE_S)
