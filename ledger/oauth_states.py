"""Logins at TikTok that were begun for an app: each may be finished once."""

from datetime import datetime
from typing import Any

USE_STATE = """
INSERT INTO oauth_states (app_id, nonce, used_at) VALUES ($1, $2, $3) ON CONFLICT (app_id, nonce) DO NOTHING
RETURNING true
"""
FORGET_STATES = "DELETE FROM oauth_states WHERE app_id = $1 AND used_at < $2::timestamptz - interval '1 day'"


async def use_state(connection: Any, app_id: str, nonce: str, now: datetime) -> bool:
    """Write down that it is used; False where it is already, or another request was quicker. What is old enough to be
    refused for its age is forgotten. `connection` is an asyncpg connection or pool.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    await connection.execute(FORGET_STATES, app_id, now)
    return bool(await connection.fetchval(USE_STATE, app_id, nonce, now))
