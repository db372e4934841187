"""Reports read a replica, and the primary where it fails them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from admin.postgresql_checks import check_postgresql
from admin.replica_checks import check_replica
from config.settings import AllSettings
from ledger import report_pool
from ledger.pool import open_pool
from ledger.report_pool import LEFT_ALONE_S, ReportPool
from tests.ledger.standby import replicated
from tests.ledger.waiting import until

pytestmark = pytest.mark.anyio
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def primary(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, 2)
    yield pool
    await pool.close()


async def is_replica(pool: Any) -> bool:
    found: bool = await pool.fetchval("SELECT pg_is_in_recovery()")
    return found


async def test_without_a_replica_the_primary_is_read(primary: asyncpg.Pool) -> None:
    assert not await ReportPool(primary).read(is_replica)


async def test_a_replica_that_is_away_leaves_reads_to_the_primary_and_is_asked_again_later(
    primary: asyncpg.Pool,
) -> None:
    clock = Clock()
    reports = ReportPool(primary, NOWHERE, clock)
    with capture_logs() as logs:
        for _ in range(3):
            assert not await reports.read(is_replica)
        clock.now = LEFT_ALONE_S
        assert not await reports.read(is_replica)
    assert len(logs) == 2


async def test_a_replica_that_fails_in_the_midst_of_a_read_leaves_it_to_the_primary(
    primary: asyncpg.Pool, database_url: str
) -> None:
    reports = ReportPool(primary, database_url)
    asked: list[Any] = []

    async def cancelled_by_recovery(pool: Any) -> int:
        asked.append(pool)
        if pool is not primary:
            raise asyncpg.SerializationError("canceling statement due to conflict with recovery")
        return 1

    assert await reports.read(cancelled_by_recovery) == 1
    assert len(asked) == 2
    await reports.close()


async def test_a_mistake_of_whoever_asks_is_not_the_replicas(primary: asyncpg.Pool, database_url: str) -> None:
    reports = ReportPool(primary, database_url)

    async def mistaken(_: Any) -> int:
        raise ValueError("no such dimension")

    with pytest.raises(ValueError, match="no such dimension"), capture_logs() as logs:
        await reports.read(mistaken)
    assert logs == []
    await reports.close()


async def test_a_replica_is_read_until_it_is_too_far_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pool, "MAX_LAG_S", 0.5)
    monkeypatch.setattr(report_pool, "LEFT_ALONE_S", 0.0)
    async with replicated() as (primary_url, replica_url):
        pool = await open_pool(primary_url, 2)
        reports = ReportPool(pool, replica_url)
        assert await reports.read(is_replica)
        follower = await asyncpg.connect(replica_url)
        await follower.execute("SELECT pg_wal_replay_pause()")
        await pool.execute("CREATE TABLE written ()")

        async def primary_is_read() -> bool:
            return not await reports.read(is_replica)

        await until(primary_is_read)
        (late,) = await check_replica(AllSettings(report_database_url=replica_url))
        await follower.execute("SELECT pg_wal_replay_resume()")
        await until(lambda: reports.read(is_replica))
        (fresh,) = await check_replica(AllSettings(report_database_url=replica_url))
        assert (late.ok, fresh.ok) == (True, True)  # under a minute
        assert fresh.detail == "a replica, 0 s behind"
        found = await check_postgresql(AllSettings(database_url=replica_url))
        assert [check.detail for check in found.checks if not check.ok] == ["a standby: it takes no writes"]
        await follower.close()
        await reports.close()
        await pool.close()


async def test_doctor_says_that_a_replica_does_not_answer() -> None:
    (check,) = await check_replica(AllSettings(report_database_url=NOWHERE))
    assert not check.ok
    assert "reports are read from DATABASE_URL meanwhile" in check.fix


async def test_a_replica_that_never_answers_holds_no_report_up(
    primary: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_pool, "ANSWER_WITHIN_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        reports = ReportPool(primary, f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none")
        async with asyncio.timeout(30):  # connecting alone would take a minute
            assert not await reports.read(is_replica)


async def test_an_address_of_a_replica_that_cannot_be_read_leaves_reads_to_the_primary(primary: asyncpg.Pool) -> None:
    assert not await ReportPool(primary, "postgresql://h:port/db").read(is_replica)
