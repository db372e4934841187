"""What the console counts, and the port where Prometheus reads it."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, start_http_server


class ConsoleMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._logins = Counter(
            "signalpost_tiktok_logins",
            "Logins that came back from TikTok, by what became of them",
            ["outcome"],
            registry=self.registry,
        )

    def login(self, outcome: str) -> None:
        self._logins.labels(outcome).inc()

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[None]:
        """Raises:
        OSError: the port is in use.
        """
        server, _ = start_http_server(port, addr=host, registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
