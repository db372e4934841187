"""Used logins in the ledger."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from ledger.oauth_states import use_state
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


async def test_a_nonce_is_used_once_per_app_and_forgotten_after_a_day(database_url: str) -> None:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        assert await use_state(rows.pool, APP, "n", NOW)
        assert not await use_state(rows.pool, APP, "n", NOW + timedelta(hours=23))
        assert await use_state(rows.pool, SECOND_APP, "n", NOW)
        assert await use_state(rows.pool, APP, "n", NOW + timedelta(hours=25))
        assert await rows.pool.fetchval("SELECT count(*) FROM oauth_states") == 2
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await use_state(rows.pool, "app_none", "n", NOW)
