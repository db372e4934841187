"""An app's server, a worker and the sandbox over one ledger and one Redis, and a clock that is turned by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from anyio import Event, create_task_group

from admin.erasure import erase_install, erase_person
from admin.refusal import Refused
from admin.session import open_session
from clicks.all_clicks import AllClicks
from clicks.connection import connect
from clicks.store import ClickStore
from config.settings import AllSettings, WorkerSettings
from forwarder.delivering.delivery import DeliveryContext, deliver_batch
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.jobs.timetable import TIMETABLE, JobContext, JobScheduler
from forwarder.worker_metrics import WorkerMetrics
from ledger.cold_clicks import ColdClicks
from tests.forwarder.api import APP, KEY, PIXEL, SECRET_KEY, Api, opened_api, settings
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


Erase = Callable[..., Awaitable[bool]]
"""Of an `install_id` or an `external_id`; whether there was anything."""


@pytest.fixture(params=["HTTP", "command"])
async def erase(
    request: pytest.FixtureRequest, service: Service, database_url: str, redis_url: str, data_dir: Path
) -> AsyncIterator[Erase]:
    """Both ways to erase somebody: the app's server asks for it, or an operator does."""
    if request.param == "HTTP":
        yield _erased_by_http(service.api)
        return
    given = AllSettings(database_url=database_url, redis_url=redis_url, data_dir=data_dir, secret_key=SECRET_KEY)
    async with open_session(given, actor="cli:anna") as session:

        async def erased(install_id: str = "", external_id: str = "") -> bool:
            try:
                if install_id:
                    await erase_install(session, APP, install_id)
                else:
                    await erase_person(session, APP, external_id)
            except Refused:
                return False
            return True

        yield erased


def _erased_by_http(api: Api) -> Erase:
    async def erased(install_id: str = "", external_id: str = "") -> bool:
        path = f"/v1/installs/{install_id}" if install_id else f"/v1/installs?external_id={external_id}"
        answer = await api.client.delete(path, headers={"Authorization": f"Bearer {KEY}"})
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    return erased
