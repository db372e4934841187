"""An app's server, a worker and the sandbox over one ledger and one Redis, and a clock that is turned by hand."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio import Event, create_task_group

from clicks.all_clicks import AllClicks
from clicks.connection import connect
from clicks.store import ClickStore
from config.settings import WorkerSettings
from forwarder.delivering.delivery import DeliveryContext, deliver_batch
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.jobs.timetable import TIMETABLE, JobContext, JobScheduler
from forwarder.worker_metrics import WorkerMetrics
from ledger.cold_clicks import ColdClicks
from tests.forwarder.api import APP, PIXEL, Api, opened_api, settings
from tests.forwarder.delivering.scene import Clock, Sandbox
from tests.forwarder.running_sandbox import running_sandbox
from tiktok.events_api import EventsApi, events_client


@dataclass
class Service:
    """What apps post to, and what sends it on when it is told to."""

    api: Api
    sandbox: Sandbox
    job: JobContext
    clock: Clock

    async def deliver(self) -> None:
        """One look of a worker at what is due by the clock, which has not fallen behind the requests."""
        self.clock.now = max(self.clock.now, datetime.now(UTC))
        await deliver_batch(self.job.delivery_context, (APP, PIXEL))

    async def do(self, task: str) -> None:
        """One round of a worker's task, by the clock."""
        await next(one for one in TIMETABLE if one.name == task).run(self.job)

    async def sent(self) -> list[str]:
        """TikTok's names of what arrived."""
        return sorted(item["payload"]["event"] for item in (await self.sandbox.events())["items"])

    async def outcomes(self) -> dict[str, str]:
        """Source event id -> what became of its delivery."""
        rows = await self.api.deliveries()
        return {row["source_event_id"]: f"{row['state']}: {row['reason']}".rstrip(": ") for row in rows}


@asynccontextmanager
async def connected(redis_url: str) -> AsyncIterator[Any]:
    redis = connect(redis_url)
    try:
        yield redis
    finally:
        await redis.aclose()


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with running_sandbox() as url:
        yield url


@asynccontextmanager
async def opened_service(database_url: str, redis_url: str, data_dir: Path, sandbox_url: str) -> AsyncIterator[Service]:
    sandbox = Sandbox(sandbox_url)
    await sandbox.reset()
    await sandbox.add_pixel("C" * 20, "token")
    clock = Clock()
    async with opened_api(settings(database_url, redis_url, data_dir)) as api, events_client() as client:
        context = DeliveryContext(
            api.pool, EventsApi(client, sandbox_url, 5.0), api.keyring, WorkerSettings(public_url="https://go.example.com"),
            WorkerMetrics(), clock, lambda: 0.0,
        )  # fmt: skip
        async with connected(redis_url) as redis, create_task_group() as tasks:
            stopping = Event()
            scheduler = DeliveryScheduler(context, tasks, stopping, JobScheduler(stopping, lambda _: None).guarded)
            clicks = AllClicks(
                ClickStore(redis, api.keyring.derive("address")),
                ColdClicks(api.pool),
                72,
                lambda: clock().timestamp(),
            )
            yield Service(api, sandbox, JobContext(context, scheduler, redis, clicks), clock)
    await sandbox.close()


@pytest.fixture
async def service(database_url: str, redis_url: str, data_dir: Path, sandbox_url: str) -> AsyncIterator[Service]:
    async with opened_service(database_url, redis_url, data_dir, sandbox_url) as opened:
        yield opened
