"""An erasure and a worker that lock each other out: PostgreSQL ends one of them, and both are done."""

import asyncio

import asyncpg
import pytest

from tests.ledger.waiting import until_somebody_waits
from tests.privacy.conftest import Erase, Service

pytestmark = pytest.mark.anyio

SETTLED = "UPDATE deliveries SET reason = 'settled' WHERE source_event_id = $1"


async def test_an_erasure_and_a_worker_in_each_others_way_are_both_done(
    service: Service, erase: Erase, database_url: str
) -> None:
    """The worker's session would look for the deadlock later, so that it is the erasure that is ended."""
    await service.api.install()
    await service.api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"})
    worker = await asyncpg.connect(database_url, server_settings={"deadlock_timeout": "20s"})
    async with worker.transaction():
        await worker.execute(SETTLED, "e")
        erasing = asyncio.ensure_future(erase(install_id="i-1"))
        await until_somebody_waits(service.api.pool)
        await worker.execute(SETTLED, "install:i-1")
    assert await erasing
    assert await service.api.pool.fetchval("SELECT count(*) FROM deliveries") == 0
    await worker.close()
