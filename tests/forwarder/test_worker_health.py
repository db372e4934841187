"""What the worker's /readyz says of TikTok and of a ledger that takes no rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from forwarder.worker_health import Engines, health_app
from forwarder.worker_metrics import WorkerMetrics

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def ready(database_url: str, engines: Engines) -> AsyncIterator[dict[str, Any]]:
    engines.pool = await asyncpg.create_pool(database_url, min_size=1, max_size=1)
    transport = httpx.ASGITransport(health_app(engines))
    async with engines.pool, httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        answer = await client.get("/readyz")
        assert (answer.status_code == 200) is answer.json()["ok"]
        yield answer.json()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([], "ok"),
        ([("p1", ["delivered"])], "ok"),
        ([("p1", ["transient"])], "pixels not delivered to: 1 (transient); their events wait"),
        ([("p1", ["setup"]), ("p2", ["unknown"])], "pixels not delivered to: 2 (setup, unknown); their events wait"),
        ([("p1", ["transient"]), ("p1", ["delivered"])], "ok"),
        ([("p1", ["invalid", "delivered"])], "ok"),
    ],
)
async def test_pixels_whose_last_request_delivered_nothing_are_counted(
    database_url: str, answers: list[tuple[str, list[str]]], said: str
) -> None:
    metrics = WorkerMetrics()
    for pixel_id, outcomes in answers:
        metrics.answered("app", pixel_id, outcomes, 0.1)
    async with ready(database_url, Engines(metrics.undelivered)) as body:
        assert (body["ok"], body["tiktok"]) == (True, said)


async def test_a_ledger_that_answers_and_takes_no_rows_is_not_ready(database_url: str) -> None:
    engines = Engines()
    engines.outages.away(asyncpg.DiskFullError("no space left"))
    async with ready(database_url, engines) as body:
        assert (body["ok"], body["postgresql"]) == (False, "takes no rows: nothing is delivered")
