"""What the forwarder counts, and the port where Prometheus reads it: all processes together, never on the public
port.
"""

from pathlib import Path
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, multiprocess, start_http_server

INSTALLS = Counter("signalpost_installs", "Installs stored, by how they were matched", ["app", "method"])
EVENTS = Counter("signalpost_events", "Events stored, by where they came from", ["app", "source"])
SECOND_REVENUE_SOURCE = Counter(
    "signalpost_second_revenue_source", "Batches with sales of a source that is not the app's own", ["app", "source"]
)
WEBHOOKS = Counter(
    "signalpost_webhooks",
    "Webhooks received, by what was made of them (rejected: not authentic)",
    ["provider", "outcome"],
)
INPUT_SET_ASIDE = Counter(
    "signalpost_input_set_aside", "Values that were read as absent, by field and reason", ["app", "field", "reason"]
)
PREVIOUS_KEY_REQUESTS = Counter(
    "signalpost_previous_key_requests", "Requests that came with the API key an app had before its present one", ["app"]
)
NONCES_UNCHECKED = Counter("signalpost_nonces_unchecked", "Signed requests taken while Redis could not remember nonces")


def count_install(app_id: str, method: str) -> None:
    INSTALLS.labels(app_id, method).inc()


def count_events(app_id: str, source: str, events: int) -> None:
    EVENTS.labels(app_id, source).inc(events)


def serve_metrics(host: str, port: int, directory: Path) -> WSGIServer:
    """Serve what every process has written into `directory`, from a thread of this one.

    PROMETHEUS_MULTIPROC_DIR must have named the directory before this module was imported.

    Raises:
        OSError: the port is in use.
    """
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    server, _ = start_http_server(port, addr=host, registry=registry)
    return server
