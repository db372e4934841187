"""Applying batches of clicks over one connection of its own, as fast as the driver goes.

A command through the client object costs ~100 us of pool, retry and timeout handling, which a redirector would pay for
each batch; the bare connection costs a quarter of that. Whoever calls sets the deadline: a batch given up closes the
connection, so that a late answer can never be read as the next batch's.
"""

import math
from importlib.resources import files
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError

from clicks.keys import APPLIED, APPLIED_LIFETIME_S, COUNTS
from clicks.store import Batch

SCRIPT = files("clicks").joinpath("apply.lua")


class Committer:
    """Applies one batch at a time to a single Redis. Not for concurrent use."""

    def __init__(self, redis: Redis, retention_s: int) -> None:
        self._pool = redis.connection_pool
        self._retention_s = retention_s
        self._connection: AbstractConnection | None = None
        self._sha: Any = None

    async def apply(self, batch: Batch) -> None:
        """As `ClickStore.apply`.

        Raises:
            redis.exceptions.RedisError, OSError: Redis is away or refuses.
        """
        connection = self._connection
        if connection is None or self._sha is None:
            connection = await self._open()
        try:
            await self._call(connection, self._command(batch))
        except NoScriptError:  # Redis was restarted or its scripts were flushed
            self._sha = None
            connection = await self._open()
            await self._call(connection, self._command(batch))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def _open(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
            self._connection.socket_timeout = (
                None  # the caller's deadline holds; the driver's own costs a task per write
            )
        connection = self._connection
        await connection.connect()
        self._sha = await self._call(connection, _pack(["SCRIPT", "LOAD", SCRIPT.read_text()]))
        return connection

    def _command(self, batch: Batch) -> bytes:
        rows, counts = batch.rows, batch.counts
        parts: list[Any] = ["EVALSHA", self._sha, 2 + len(rows), COUNTS, APPLIED + batch.writer.encode()]
        parts += [row.key for row in rows]
        parts += (self._retention_s, APPLIED_LIFETIME_S, batch.number, len(counts))
        for count in counts.items():
            parts += count
        for row in rows:
            parts += (row.at_ms, row.record)
        return _pack(parts)

    @staticmethod
    async def _call(connection: AbstractConnection, command: bytes) -> Any:
        await connection.send_packed_command(command, check_health=False)
        return await connection.read_response(timeout=math.inf)


def _pack(parts: list[Any]) -> bytes:
    packed: bytes = hiredis.pack_command(tuple(parts))
    return packed
