"""Installs as they were reported, in the order they happened: what a backtest is run on."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

RECORDED_INSTALLS = """
SELECT app_id, install_id, body FROM installs
WHERE ($1 = '' OR app_id = $1) AND occurred_at >= $2 AND occurred_at < $3
ORDER BY occurred_at, app_id, install_id
"""


async def recorded_installs(
    connection: Any, app_id: str, since: datetime, until: datetime
) -> AsyncIterator[tuple[str, str, dict[str, Any]]]:
    """(app_id, install_id, body as accepted) of installs that happened between the times, the later one excluded.

    Args:
        connection: an asyncpg connection in a transaction; rows are read as they are asked for.
        app_id: '' = every app's.
    """
    async for row in connection.cursor(RECORDED_INSTALLS, app_id, since, until, prefetch=500):
        yield row["app_id"], row["install_id"], row["body"]
