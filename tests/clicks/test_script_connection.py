"""The script over a connection of its own: refused, lost, given up, and whole again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import Mock

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, InvalidResponse, ResponseError  # noqa: A004

from clicks.batch import Batch, Call, Row, apply_call
from clicks.redis_link import RedisLink
from clicks.replicas import Replicas
from clicks.script_connection import ScriptConnection

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("one_redis")]

NOW_MS = 1_800_000_000_000


def call(number: int, key: bytes = b"c:abcdef") -> Call:
    return apply_call(Batch("w", number, [Row(key, NOW_MS + number, b"record %d" % number)], {}), 86_400)


@pytest.fixture
async def script(client: Redis) -> AsyncIterator[ScriptConnection]:
    opened = ScriptConnection(client.connection_pool.make_connection, Replicas(0, 1))
    yield opened
    await opened.close()


async def kept(client: Redis) -> list[bytes]:
    return list(await client.zrange("c:abcdef", 0, -1))


async def kill_all_others(client: Redis) -> None:
    await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


async def test_each_call_has_its_answer(client: Redis, script: ScriptConnection) -> None:
    assert await script.run([call(1), call(2)]) == [1, 1]
    assert await script.run([call(3)]) == [1]
    assert await kept(client) == [b"record 1", b"record 2", b"record 3"]


async def test_a_refusal_is_raised_and_the_answers_behind_it_are_read(client: Redis, script: ScriptConnection) -> None:
    await client.set("c:string", "no sorted set")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await script.run([call(1), call(2, b"c:string"), call(3)])
    assert await script.run([call(4)]) == [1]
    assert await kept(client) == [b"record 1", b"record 3", b"record 4"]


async def test_a_server_that_forgot_its_scripts_is_told_again(client: Redis, script: ScriptConnection) -> None:
    await script.run([call(1)])
    await client.script_flush()
    assert await script.run([call(2)]) == [1]


async def test_a_connection_lost_while_nothing_was_asked_is_opened_anew(
    client: Redis, script: ScriptConnection
) -> None:
    await script.run([call(1)])
    await kill_all_others(client)
    link: Any = script._link
    while not link.is_lost:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0.01)
    assert await script.run([call(2)]) == [1]


async def test_a_connection_lost_under_a_call_is_an_error_and_the_next_call_works(
    client: Redis, script: ScriptConnection
) -> None:
    await script.run([call(1)])
    await client.execute_command("CLIENT", "PAUSE", "10000", "WRITE")
    asked = asyncio.create_task(script.run([call(2)]))
    await asyncio.sleep(0.05)
    await kill_all_others(client)
    with pytest.raises(ConnectionError):
        await asked
    await client.execute_command("CLIENT", "UNPAUSE")
    assert await script.run([call(3)]) == [1]


async def test_the_answer_to_a_call_given_up_is_never_the_next_ones(client: Redis, script: ScriptConnection) -> None:
    await client.set("c:string", "no sorted set")
    await script.run([call(1)])
    await client.execute_command("CLIENT", "PAUSE", "10000", "WRITE")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await script.run([call(2, b"c:string")])
    await client.execute_command("CLIENT", "UNPAUSE")
    assert await script.run([call(3)]) == [1]


async def test_closing_waits_for_the_end_and_may_be_done_twice(script: ScriptConnection) -> None:
    await script.run([call(1)])
    await script.close()
    await script.close()
    assert await script.run([call(2)]) == [1]


async def test_what_no_redis_says_ends_the_connection() -> None:
    transport = Mock(is_closing=Mock(return_value=False))
    link = RedisLink(Mock(_writer=Mock(transport=transport)))
    asked = asyncio.create_task(link.ask(b"x", 1))
    await asyncio.sleep(0)
    link.data_received(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(InvalidResponse):
        await asked
    transport.abort.assert_called_once()


async def test_answers_come_in_pieces_and_what_nobody_asked_for_is_left_out() -> None:
    link = RedisLink(Mock(_writer=Mock(transport=Mock(is_closing=Mock(return_value=False)))))
    asked = asyncio.create_task(link.ask(b"x", 2))
    await asyncio.sleep(0)
    for piece in (b":1\r", b"\n>2\r\n+invalidate\r\n_\r\n", b"-OOM com", b"mand not allowed\r\n"):
        link.data_received(piece)
    first, second = await asked
    assert first == 1
    assert isinstance(second, ResponseError)
