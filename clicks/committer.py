"""Applying batches of clicks to a single Redis, over a connection of its own."""

from redis.asyncio import Redis

from clicks.batch import Batch, apply_call
from clicks.replicas import ReplicaPolicy
from clicks.script_connection import ScriptConnection
from clicks.shared_strings import SharedStrings


class Committer:
    """Applies one batch at a time. Not for concurrent use."""

    def __init__(
        self, redis: Redis, retention_s: int, texts: SharedStrings, replicas: ReplicaPolicy | None = None
    ) -> None:
        """`texts` are those that the records of the batches refer to."""
        of_server = (replicas or ReplicaPolicy()).of_a_server()
        self._connection = ScriptConnection(redis.connection_pool.make_connection, of_server)
        self._retention_s = retention_s
        self._texts = texts

    async def apply(self, batch: Batch) -> None:
        """As `ClickStore.apply`.

        Raises:
            redis.exceptions.RedisError, OSError: Redis is away or refuses.
        """
        call = apply_call(batch, self._retention_s, self._texts.witness)
        try:
            (are_there,) = await self._connection.run([call])
        except BaseException:  # also a deadline's: whoever waits calls it off
            self._texts.doubt()
            raise
        if not are_there or self._texts.has_lost:
            await self._texts.put_back(is_gone=not are_there)

    async def aclose(self) -> None:
        await self._connection.close()
