"""Rule 6 for spans: an install, an event, a delivery and the call to TikTok name nobody."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config import tracing
from tests.forwarder.api import referrer
from tests.privacy.canaries import EMAIL, INSTALL, IP, PERSON, PERSONAL, PHONE, TTCLID, USER_AGENT, found_in
from tests.privacy.conftest import Service, opened_service

sdk = pytest.importorskip("opentelemetry.sdk.trace.export", reason="the extra `otel` is not installed")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
pytestmark = pytest.mark.anyio


@pytest.fixture
async def watched(
    database_url: str, redis_url: str, data_dir: Path, sandbox_url: str
) -> AsyncIterator[tuple[Service, Any]]:
    exporter = memory.InMemorySpanExporter()
    tracing.begin_with(sdk.SimpleSpanProcessor(exporter), "test")
    try:
        async with opened_service(database_url, redis_url, data_dir, sandbox_url) as service:
            yield service, exporter
    finally:
        tracing.end()


async def test_the_way_of_a_person_is_told_in_spans_without_the_person(watched: tuple[Service, Any]) -> None:
    service, exporter = watched
    click = await service.api.click(ip=IP, query=f"campaign_id=1&ttclid={TTCLID}", user_agent=USER_AGENT)
    user = {"email": EMAIL, "phone": PHONE, "external_id": PERSON}
    person = {"install_id": INSTALL, "ip": IP, "user_agent": USER_AGENT, "user": user}
    await service.api.install(**person, platform="android", install_referrer=referrer(click))
    await service.api.events({**person, "event_id": "e", "name": "purchase"})
    await service.sandbox.fault(code=40002, message=f"{EMAIL} {IP}", times=1)
    await service.deliver()
    told = [json.loads(one.to_json()) for one in exporter.get_finished_spans()]
    assert {one["name"] for one in told} >= {"installs", "events", "deliveries", "tiktok"}
    assert found_in(json.dumps(told), PERSONAL) == set()
    facts = {name for one in told for name in one["attributes"]}
    assert facts <= {f"signalpost.{fact}" for fact in tracing.FACTS}
