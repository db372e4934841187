"""Spans for OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT is set and the extra `otel` is installed; else nothing.

A span says what was done, for which app, how much of it and how it ended: never who a person is, a query string, an id
of a click or an error's words. What may stand in one is FACTS. The redirector has none.
"""

import functools
import importlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Protocol, TypeVar

import structlog

FACTS: Final = frozenset({"app_id", "pixel_id", "rows", "path", "status", "code", "outcome", "error"})
SERVICE: Final = "signalpost"

T = TypeVar("T")
R = TypeVar("R")

log = structlog.get_logger()


class Span(Protocol):
    """What is open."""

    def tell(self, **facts: str | int) -> None:
        """Facts that are known only now, each one of FACTS."""


class _Off:
    def tell(self, **facts: str | int) -> None:
        """Nobody listens."""


class _On:
    def __init__(self, span: Any) -> None:
        self._span = span

    def tell(self, **facts: str | int) -> None:
        for name, value in facts.items():
            if name not in FACTS:
                raise ValueError(f"{name} is none of the facts that a span may hold")
            self._span.set_attribute(f"signalpost.{name}", value)


class _Tracing:
    """Of this process: off until it is begun."""

    tracer: Any = None
    off: Final[AbstractContextManager[Span]] = nullcontext(_Off())


def span(name: str, **facts: str | int) -> AbstractContextManager[Span]:
    """Around a piece of work; what fails inside is noted by its type."""
    return _Tracing.off if _Tracing.tracer is None else _recorded(name, facts)


def traced(name: str, work: Callable[[Sequence[T]], Awaitable[R]]) -> Callable[[Sequence[T]], Awaitable[R]]:
    """The work on a batch, each time in a span; the work itself where nobody listens."""
    if _Tracing.tracer is None:
        return work

    @functools.wraps(work)
    async def in_span(items: Sequence[T]) -> R:
        with span(name, rows=len(items)):
            return await work(items)

    return in_span


@contextmanager
def _recorded(name: str, facts: dict[str, str | int]) -> Iterator[Span]:
    started = _Tracing.tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)
    with started as opened:
        own = _On(opened)
        own.tell(**facts)
        try:
            yield own
        except BaseException as error:
            own.tell(error=type(error).__name__)
            opened.set_status(importlib.import_module("opentelemetry.trace").StatusCode.ERROR)
            raise


def begin(endpoint: str, process: str) -> None:
    """Send spans to this OTLP endpoint (HTTP; `/v1/traces` is added); '' = nowhere. In the background, in batches."""
    if not endpoint:
        return
    try:
        exporting = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        batching = importlib.import_module("opentelemetry.sdk.trace.export")
    except ImportError:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra `otel` is not installed: no spans are sent")
        return
    exporter = exporting.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    begin_with(batching.BatchSpanProcessor(exporter), process)


def begin_with(processor: Any, process: str) -> None:
    """The same with a span processor of the caller's."""
    tracing = importlib.import_module("opentelemetry.sdk.trace")
    resources = importlib.import_module("opentelemetry.sdk.resources")
    resource = resources.Resource({"service.name": SERVICE, "service.namespace": process})
    provider = tracing.TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    _Tracing.tracer = provider.get_tracer(SERVICE)


def end() -> None:
    """From now on nothing is recorded; what was, goes out with the end of the process."""
    _Tracing.tracer = None
