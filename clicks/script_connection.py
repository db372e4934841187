"""`apply.lua` over one bare connection, as fast as the driver goes.

A command through the client object costs ~100 us of pool, retry and timeout handling, which a redirector would pay for
each batch; the bare connection costs a quarter of that. Whoever calls sets the deadline: a call given up closes the
connection, so that a late answer can never be read as the next one's.
"""

import math
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, ResponseError

from clicks.batch import Call

SCRIPT = files("clicks").joinpath("apply.lua")


class ScriptConnection:
    """Runs the script on one server. Not for concurrent use."""

    def __init__(self, make_connection: Callable[[], AbstractConnection]) -> None:
        self._make_connection = make_connection
        self._connection: AbstractConnection | None = None
        self._sha: Any = None

    async def run(self, calls: Sequence[Call]) -> list[int]:
        """Run the script once per call, all in one write, and return its answers, in that order.

        Calls may have run that stand behind one that failed.

        Raises:
            redis.exceptions.RedisError, OSError: the server is away or refuses; of several refusals the first.
        """
        connection = self._connection
        if connection is None or self._sha is None:
            connection = await self._open()
        try:
            return await self._exchange(connection, calls)
        except NoScriptError:  # the server was restarted or its scripts were flushed
            self._sha = None
            connection = await self._open()
            return await self._exchange(connection, calls)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def _open(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = self._make_connection()
            # the caller's deadline holds; the driver's own costs a task per write
            self._connection.socket_timeout = None
        connection = self._connection
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_packed_command(_pack(["SCRIPT", "LOAD", SCRIPT.read_text()]), check_health=False)
        self._sha = await connection.read_response(timeout=math.inf)
        return connection

    async def _exchange(self, connection: AbstractConnection, calls: Sequence[Call]) -> list[int]:
        commands = b"".join([_pack(["EVALSHA", self._sha, *call]) for call in calls])
        await connection.send_packed_command(commands, check_health=False)
        answers: list[int] = []
        refusal: ResponseError | None = None
        for _ in calls:
            try:
                answers.append(await connection.read_response(timeout=math.inf))
            except ResponseError as error:  # the answers behind it have to be read all the same
                refusal = refusal or error
        if refusal is not None:
            raise refusal
        return answers


def _pack(parts: list[Any]) -> bytes:
    packed: bytes = hiredis.pack_command(tuple(parts))
    return packed
