"""Learning from matched installs: workers add what intake noted, every process that matches reads what came of it."""

from datetime import datetime
from typing import Any

import msgspec
import structlog

from forwarder.matching.observation import Observation
from forwarder.matching.statistics import Learned, Statistics, learn, learned_from
from forwarder.matching.summary import summary
from forwarder.outages import OutageLog
from forwarder.refreshing import keep_fresh
from ledger.match_statistics import (
    WHOLE,
    recent_rates,
    statistics_of,
    statistics_since,
    store_statistics,
    take_observations,
)

REFRESH_S = 15.0
SUMMARY_DAYS = 7
BATCH = 2_000  # observations in one transaction

log = structlog.get_logger()


class Knowledge:
    """The statistics as of a few seconds ago. While PostgreSQL is away, or before the first read, they stay."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._read_until: datetime | None = None
        self.statistics = Statistics()

    async def refresh(self) -> None:
        """Read what changed.

        Raises:
            OSError, asyncpg.PostgresError: PostgreSQL is away.
        """
        states, self._read_until = await statistics_since(self._pool, self._read_until)
        if states:
            known = self.statistics
            fresh = {app_id: _learned(app_id, state) for app_id, state in states.items()}
            whole = fresh.pop(WHOLE, known.whole)
            self.statistics = Statistics(whole, known.apps | fresh)

    async def keep_fresh(self, outages: OutageLog) -> None:
        """Refresh every 15 seconds until cancelled."""
        await keep_fresh(self.refresh, REFRESH_S, "statistics", outages)


async def statistics_summary(pool: Any, app_id: str = "") -> dict[str, Any]:
    """What matched installs have taught, of one app or of all, and how the last days' installs were matched.

    Raises:
        OSError, asyncpg.PostgresError: PostgreSQL is away.
    """
    knowledge = Knowledge(pool)
    await knowledge.refresh()
    rates = await recent_rates(pool, app_id, SUMMARY_DAYS)
    return summary(knowledge.statistics, app_id) | {f"last_{SUMMARY_DAYS}_days": rates}


async def add_observations(pool: Any) -> int:
    """Add what intake noted to the statistics; returns how many observations. Call until it returns 0."""
    async with pool.acquire() as connection, connection.transaction():
        seen = msgspec.convert(await take_observations(connection, BATCH), list[Observation])
        if not seen:
            return 0
        app_ids = {one.app_id for one in seen}
        stored = await statistics_of(connection, [WHOLE, *app_ids])
        learned = {app_id: _learned(app_id, state) for app_id, state in stored.items()}
        whole = learned.pop(WHOLE, None)
        statistics = Statistics(whole, learned)
        learn(statistics, seen)
        states = {WHOLE: statistics.whole} | statistics.apps
        await store_statistics(connection, {app_id: msgspec.to_builtins(one) for app_id, one in states.items()})
    return len(seen)


def _learned(app_id: str, state: Any) -> Learned:
    try:
        return learned_from(state)
    except msgspec.ValidationError as error:
        log.error("statistics cannot be read and start anew", app=app_id, error=str(error))
        return Learned()
