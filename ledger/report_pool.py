"""Where reports are read: a replica of the ledger, and the ledger itself where the replica is away or far behind."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog

from ledger.database_url import DatabaseUrlError
from ledger.outages import LEDGER_FAILED
from ledger.pool import open_pool

T = TypeVar("T")

POOL_SIZE: Final = 4
MAX_LAG_S: Final = 60.0
ANSWER_WITHIN_S: Final = 3.0  # a replica that is there but silent must not hold a report up
LEFT_ALONE_S: Final = 10.0  # after a failure; each read would wait for a server that does not answer
# what was received is replayed: nothing happened since, however long that is ago
LAG = """
SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
    END::float8
"""

log = structlog.get_logger()


class ReportPool:
    """Reads by a replica where there is one. A read is a function of an asyncpg pool, and may be done twice."""

    def __init__(self, primary: Any, replica_url: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """`replica_url` '' = there is none; it is first connected to by a read."""
        self._primary = primary
        self._url = replica_url
        self._clock = clock
        self._replica: Any = None
        self._left_alone_until = -1.0
        self._opening = asyncio.Lock()

    async def read(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """What `work` gives. A replica that fails, also in the midst of it, leaves the work to the primary.

        Raises:
            asyncpg.PostgresError, OSError, ...: the primary failed, as `ledger.outages.LEDGER_FAILED` has them.
        """
        if self._url and self._clock() >= self._left_alone_until:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    replica = await self._fresh_replica()
                if replica is not None:
                    return await work(replica)
            except (*LEDGER_FAILED, DatabaseUrlError) as error:
                self._leave_alone("does not answer", error=type(error).__name__)
        return await work(self._primary)

    async def close(self) -> None:
        if self._replica is not None:
            await self._replica.close()

    async def _fresh_replica(self) -> Any:
        """None where it is too far behind."""
        async with self._opening:
            if self._replica is None:
                self._replica = await open_pool(self._url, POOL_SIZE)
        lag_s = await self._replica.fetchval(LAG)
        if lag_s > MAX_LAG_S:
            self._leave_alone("is behind", seconds=round(lag_s))
            return None
        return self._replica

    def _leave_alone(self, what: str, **facts: Any) -> None:
        log.warning(f"the replica for reports {what}: the primary is read", **facts)
        self._left_alone_until = self._clock() + LEFT_ALONE_S
