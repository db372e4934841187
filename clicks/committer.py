"""Applying batches of clicks to a single Redis, over a connection of its own."""

from redis.asyncio import Redis

from clicks.script_connection import ScriptConnection
from clicks.store import Batch, apply_call


class Committer:
    """Applies one batch at a time. Not for concurrent use."""

    def __init__(self, redis: Redis, retention_s: int) -> None:
        self._connection = ScriptConnection(redis.connection_pool.make_connection)
        self._retention_s = retention_s

    async def apply(self, batch: Batch) -> None:
        """As `ClickStore.apply`.

        Raises:
            redis.exceptions.RedisError, OSError: Redis is away or refuses.
        """
        await self._connection.run([apply_call(batch, self._retention_s)])

    async def aclose(self) -> None:
        await self._connection.close()
