"""How often input was set aside: in the metrics at once, in the ledger a moment later."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from forwarder import metrics
from forwarder.intake.set_aside import noting
from forwarder.outages import OutageLog
from forwarder.refreshing import keep_fresh
from ledger.input_set_aside import SetAsideCount, add_set_aside

STORE_EVERY_S: Final = 2.0


class SetAside:
    """Counts what was set aside: in the metrics at once, in the ledger every two seconds."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._unstored: Counter[tuple[str, str, str]] = Counter()

    @contextmanager
    def of(self, app_id: str) -> Iterator[None]:
        """Count what is set aside of this app's input inside the block."""
        with noting() as noted:
            try:
                yield
            finally:
                for (field, reason), times in noted.items():
                    metrics.INPUT_SET_ASIDE.labels(app_id, field, reason).inc(times)
                    self._unstored[app_id, field, reason] += times

    async def keep_stored(self, outages: OutageLog) -> None:
        """Store every two seconds until cancelled."""
        await keep_fresh(self.store, STORE_EVERY_S, "counts of input set aside", outages)

    async def store(self) -> None:
        """Add what was counted since the last call to the ledger.

        Raises:
            OSError, asyncpg.PostgresError: PostgreSQL is away; what was counted is stored by a later call.
        """
        if not self._unstored:
            return
        taken, self._unstored = self._unstored, Counter()
        counts = [SetAsideCount(app_id, field, reason, times) for (app_id, field, reason), times in taken.items()]
        try:
            await add_set_aside(self._pool, counts, datetime.now(UTC))
        except BaseException:
            self._unstored += taken
            raise
