"""Rows of the ledger, put there by plain SQL."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg

from ledger.pool import open_pool
from tests.forwarder.delivering.scene import APP, PIXEL, add_app_and_pixel

SECOND_APP, SECOND_PIXEL = "app_bbbbbbbbbbbb", "px_bbbbbbbbbbbb"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


class Rows:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def second_app(self) -> tuple[str, str]:
        """(app_id, pixel_id) of another app with a pixel."""
        await self.pool.execute(
            "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ($1, 'B', '\\x02', '')", SECOND_APP
        )
        await self.pool.execute(
            "INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ($1, $2, 'C', '')",
            SECOND_PIXEL, SECOND_APP,
        )  # fmt: skip
        return SECOND_APP, SECOND_PIXEL

    async def to_second_app(self, delivery_id: int) -> None:
        """The delivery and its event are the other app's from here on."""
        await self.pool.execute(
            """WITH moved AS (INSERT INTO events (app_id, event_id, name, occurred_at, body)
                VALUES ($2, 'moved', 'purchase', $4, '{}') RETURNING event_key)
            UPDATE deliveries SET app_id = $2, pixel_id = $3, event_key = (SELECT event_key FROM moved)
            WHERE delivery_id = $1""",
            delivery_id, SECOND_APP, SECOND_PIXEL, NOW,
        )  # fmt: skip

    async def event(self, event_id: str, install_id: str | None = "i1", received_at: datetime = NOW) -> int:
        key: int = await self.pool.fetchval(
            """INSERT INTO events (app_id, event_id, name, install_id, occurred_at, received_at, body)
            VALUES ($1, $2, 'purchase', $3, $4, $4, '{}') RETURNING event_key""",
            APP, event_id, install_id, received_at,
        )  # fmt: skip
        return key

    async def delivery(self, event_id: str, install_id: str | None = "i1", **columns: Any) -> int:
        """A delivery that is due now, but for the columns that are named."""
        fields: dict[str, Any] = {"state": "due", "reason": "", "next_attempt_at": NOW, "maybe_arrived_at": None}
        fields |= {"payload": None, "last_outcome": None, "attempts": 0, "created_at": NOW} | columns
        number: int = await self.pool.fetchval(
            """INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event,
                target_event, install_id, state, reason, next_attempt_at, maybe_arrived_at, payload, last_outcome,
                attempts, created_at)
            VALUES ($1, $2, $3, 'sent', $4, 'purchase', 'Purchase', $5, $6, $7, $8, $9, $10, $11, $12, $13)
            RETURNING delivery_id""",
            APP, PIXEL, await self.event(event_id, install_id), event_id, install_id, *fields.values(),
        )  # fmt: skip
        return number

    async def due_at(self, delivery_id: int) -> datetime | None:
        return await self.pool.fetchval("SELECT next_attempt_at FROM deliveries WHERE delivery_id = $1", delivery_id)  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def opened_rows(database_url: str) -> AsyncIterator[Rows]:
    pool = await open_pool(database_url, 8)
    try:
        await add_app_and_pixel(pool)
        yield Rows(pool)
    finally:
        await pool.close()
