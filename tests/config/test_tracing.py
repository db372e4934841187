"""Spans: nothing without the setting, and nobody's data with it."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog

from config import tracing
from config.tracing import span, traced
from tests.privacy.canaries import EMAIL, IP, PERSONAL, found_in

WITHOUT = "the extra `otel` is not installed"


@pytest.fixture
def exported() -> Iterator[Any]:
    sdk = pytest.importorskip("opentelemetry.sdk.trace.export", reason=WITHOUT)
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=WITHOUT)
    exporter = memory.InMemorySpanExporter()
    tracing.begin_with(sdk.SimpleSpanProcessor(exporter), "test")
    yield exporter
    tracing.end()


async def double(numbers: Sequence[str]) -> int:
    return 2 * len(numbers)


def spans(exporter: Any) -> list[dict[str, Any]]:
    return [json.loads(one.to_json()) for one in exporter.get_finished_spans()]


def test_what_is_off_is_the_work_itself_and_one_object() -> None:
    assert traced("work", double) is double
    assert span("a") is span("b", rows=1)


def test_an_endpoint_without_the_extra_is_said_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with structlog.testing.capture_logs() as logged:
        tracing.begin("http://127.0.0.1:4318", "test")
        tracing.begin("", "test")
    assert ["`otel` is not installed" in line["event"] for line in logged] == [True]
    assert traced("work", double) is double


def test_a_batch_is_a_span_with_its_size(exported: Any) -> None:
    assert asyncio.run(traced("work", double)(["a", "b"])) == 4
    [one] = spans(exported)
    assert (one["name"], one["attributes"]) == ("work", {"signalpost.rows": 2})


def test_what_fails_is_told_by_its_type_alone(exported: Any) -> None:
    with pytest.raises(ValueError, match=EMAIL), span("work", app_id="app_1"):
        raise ValueError(EMAIL)
    [one] = spans(exported)
    assert one["attributes"]["signalpost.error"] == "ValueError"
    assert one["status"]["status_code"] == "ERROR"
    assert found_in(json.dumps(one), PERSONAL) == set()


def test_what_is_none_of_the_facts_is_refused(exported: Any) -> None:
    with pytest.raises(ValueError, match="ip is none"), span("work", ip=IP):
        pass
    assert found_in(json.dumps(spans(exported)), PERSONAL) == set()
