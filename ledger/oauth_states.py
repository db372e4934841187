"""Logins at TikTok that were begun for an app: each may be finished once."""

from datetime import datetime, timedelta
from typing import Any, Final

KEPT: Final = timedelta(days=1)  # an older login is refused for its age

USE_STATE = """
INSERT INTO oauth_states (app_id, nonce, used_at) VALUES ($1, $2, $3) ON CONFLICT (app_id, nonce) DO NOTHING
RETURNING true
"""
FORGET_STATES = "DELETE FROM oauth_states WHERE app_id = $1 AND used_at < $2"


async def use_state(connection: Any, app_id: str, nonce: str, now: datetime) -> bool:
    """Write down that it is used; False where it is already, or another request was quicker. What is old enough to be
    refused for its age is forgotten. `connection` is an asyncpg connection or pool.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    await connection.execute(FORGET_STATES, app_id, now - KEPT)
    return bool(await connection.fetchval(USE_STATE, app_id, nonce, now))
