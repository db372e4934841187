"""`apply.lua` over one bare connection, as fast as it goes.

A command through the client object costs ~100 us of pool, retry and timeout handling, which a redirector would pay for
each batch; through the driver's connection a quarter of that, and past it (`clicks.redis_link`) a third less again.
Whoever calls sets the deadline: a call given up closes the connection, so that a late answer can never be read as the
next one's.
"""

import math
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, RedisError

from clicks.batch import Call
from clicks.redis_link import RedisLink
from clicks.replicas import Replicas

SCRIPT = files("clicks").joinpath("apply.lua")


class ScriptConnection:
    """Runs the script on one server. Not for concurrent use."""

    def __init__(self, make_connection: Callable[[], AbstractConnection], replicas: Replicas) -> None:
        """`replicas` are the server's: an answer waits for them."""
        self._make_connection = make_connection
        self._replicas = replicas
        self._connection: AbstractConnection | None = None
        self._link: RedisLink | None = None
        self._sha: Any = None

    async def run(self, calls: Sequence[Call]) -> list[int]:
        """Run the script once per call, all in one write, and return its answers, in that order.

        Calls may have run that stand behind one that failed.

        Raises:
            redis.exceptions.RedisError, OSError: the server is away or refuses; of several refusals the first.
        """
        link = self._link
        if link is None or link.is_lost:
            link = await self._open()
        try:
            return await self._exchange(link, calls)
        except NoScriptError:  # the server was restarted or its scripts were flushed
            self._sha = None
            return await self._exchange(await self._open(), calls)

    async def close(self) -> None:
        self._link = None
        if self._connection is not None:
            await self._connection.disconnect()

    async def _drop(self) -> None:
        self._link = None
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)

    async def _open(self) -> RedisLink:
        if self._connection is None:
            self._connection = self._make_connection()
            # the caller's deadline holds; the driver's own costs a task per write
            self._connection.socket_timeout = None
        await self._drop()
        connection = self._connection
        await connection.connect()  # type: ignore[no-untyped-call]
        if self._sha is None:
            await connection.send_packed_command(_pack(["SCRIPT", "LOAD", SCRIPT.read_text()]), check_health=False)
            self._sha = await connection.read_response(timeout=math.inf)
        self._link = RedisLink(connection)
        return self._link

    async def _exchange(self, link: RedisLink, calls: Sequence[Call]) -> list[int]:
        commands = b"".join([_pack(["EVALSHA", self._sha, *call]) for call in calls])
        wait = self._replicas.command()
        try:
            if wait is None:
                answers = await link.ask(commands, len(calls))
            else:
                *answers, replicas = await link.ask(commands + _pack(list(wait)), len(calls) + 1)
                answers.append(replicas) if isinstance(replicas, RedisError) else self._replicas.heard(replicas)
        except BaseException:  # lost, or given up by whoever waits
            await self._drop()
            raise
        for answer in answers:
            if isinstance(answer, RedisError):
                raise answer
        return answers


def _pack(parts: list[Any]) -> bytes:
    packed: bytes = hiredis.pack_command(tuple(parts))
    return packed
