"""An erasure beside a worker: both are done where they lock each other out, and reports count what is left."""

import asyncio

import asyncpg
import pytest

from ledger.events import join_events
from ledger.pool import open_pool
from ledger.stored_installs import NewInstalls, store_installs
from tests.forwarder.api import APP
from tests.ledger.test_installs import install
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


CLICK = {"click_id": "c", "at_ms": 1, "campaign_id": "17"}


async def test_an_event_that_is_erased_while_an_install_that_comes_takes_it_counts_no_longer(
    service: Service, erase: Erase, database_url: str
) -> None:
    await service.api.events({"event_id": "e", "name": "purchase", "user": {"external_id": "u"}})
    comes = install("i-9", app_id=APP, match_method="referrer", click_id="c", click=CLICK, external_ids=("u",))
    forwarder = await open_pool(database_url, 1)
    async with forwarder.acquire() as connection, connection.transaction():
        await store_installs(connection, NewInstalls([comes]))
        assert len(await join_events(connection, [(APP, "i-9", ("u",))])) == 1
        erasing = asyncio.ensure_future(erase(external_id="u"))
        await until_somebody_waits(service.api.pool)
    assert await erasing
    await forwarder.close()
    pool = service.api.pool
    assert await pool.fetchval("SELECT count(*) FROM events") == 0
    assert await pool.fetchval("SELECT sum(events) FROM report_deltas") == 0
