"""A plain post has two ways: from the parser's callbacks, and through Starlette. Whatever comes, both answer the same
bytes, but for the value of Date.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.secrets import load_keyring
from forwarder.__main__ import _options
from forwarder.app import build_app
from forwarder.intake import pending_post, protocol
from forwarder.intake.pending_post import PendingPost
from ledger.pool import open_pool
from tests.forwarder.api import APP, KEY, fill_ledger, install_body, settings
from tests.redirector.ways import listening

pytestmark = pytest.mark.anyio

BEARER = f"Authorization: Bearer {KEY}"
TO_THE_LONG_WAY = f"Signalpost-App: {APP}"
EVENT = {"event_id": "e-@", "install_id": "i-@", "name": "purchase", "value": "9.99", "currency": "EUR"}
ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*EVENT, "user", "")), inner, max_size=4)
    ),
    max_leaves=8,
)


class Short(PendingPost):
    """Counts who took it."""

    begun = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        Short.begun += 1


@dataclass
class Server:
    """A forwarder at a port, and its ledger."""

    port: int
    pool: Any

    async def ask(self, raw: bytes, *more: bytes) -> bytes:
        """The whole answer to one request, without its Date; `more` are pieces that follow a moment later."""
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            for piece in (raw, *more):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05 if more else 0)
            answer = await one_answer(reader)
            writer.close()
        return answer

    async def both(self, path: str, body: bytes, *lines: str) -> tuple[bytes, bytes, bool]:
        """The short and the long way's answer to the same, and whether the first was really taken. `@` in a body is
        another word each time.
        """
        before = Short.begun
        short = await self.ask(posted(path, body.replace(b"@", b"SHORT"), BEARER, *lines))
        was_short = Short.begun == before + 1
        before = Short.begun
        long = await self.ask(posted(path, body.replace(b"@", b"LONG."), BEARER, TO_THE_LONG_WAY, *lines))
        assert Short.begun == before
        return short.replace(b"SHORT", b"@"), long.replace(b"LONG.", b"@"), was_short


async def one_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"date: ")]
    length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
    return b"\r\n".join(lines) + await reader.readexactly(length)


def posted(path: str, body: bytes, *lines: str, version: str = "1.1") -> bytes:
    head = [f"POST {path} HTTP/{version}", "Host: t.test", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


@asynccontextmanager
async def opened_server(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Server]:
    own = settings(database_url, redis_url, data_dir, trusted_proxies="127.0.0.0/8")
    pool = await open_pool(database_url, 2)
    await fill_ledger(pool, load_keyring(own.secret_key, own.data_dir))
    config = uvicorn.Config(build_app(own), **_options(own))
    async with listening(config) as port:
        yield Server(port, pool)
    await pool.close()


@pytest.fixture
async def server(
    database_url: str, redis_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Server]:
    monkeypatch.setattr(protocol, "PendingPost", Short)
    async with opened_server(database_url, redis_url, data_dir) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/events", EVENT),
        ("/v1/events", [EVENT, EVENT, {**EVENT, "event_id": "f-@"}]),
        ("/v1/events", [EVENT, {"name": "nothing"}, {**EVENT, "value": -1}, 7]),
        ("/v1/events", {**EVENT, "value": "dear"}),
        ("/v1/events", [{"name": "x"}, {}]),
        ("/v1/events", []),
        ("/v1/events", [EVENT] * 1_001),
        ("/v1/events", {**EVENT, "event_id": "{{event}}"}),
        ("/v1/events", {**EVENT, "properties": {"contents": 7}}),
        ("/v1/installs", install_body(install_id="i-@", occurred_at="2026-11-20T10:00:00Z")),
        ("/v1/installs", install_body(install_id="i-@", platform="palm")),
        ("/v1/installs", install_body(ip="10.0.0.1", install_id=None)),
        ("/v1/installs", []),
    ],
)
async def test_both_ways_answer_alike(server: Server, path: str, body: Any) -> None:
    short, long, was_short = await server.both(path, json.dumps(body).encode())
    assert short == long
    assert was_short


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"\xff", b'{"event_id": "\\ud800"}', b'"\xed\xa0\x80"', b"NaN", b"[" * 2_000]
)
async def test_both_ways_refuse_the_same_text_alike(server: Server, body: bytes) -> None:
    short, long, was_short = await server.both("/v1/events", body)
    assert short == long
    assert was_short


async def test_both_ways_read_any_json_alike(server: Server) -> None:
    @hypothesis_settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(ODD_JSON)
    def alike(body: Any) -> None:
        seen.append(json.dumps(body).encode())

    seen: list[bytes] = []
    alike()
    for body in seen:
        short, long, _ = await server.both("/v1/events", body)
        assert short == long, body


async def test_both_ways_believe_a_trusted_proxy_alike(server: Server) -> None:
    body = json.dumps(install_body(install_id="i-@", ip=None)).encode()
    await server.both("/v1/installs", body, "X-Forwarded-For: 9.9.9.9", "x-forwarded-for: 203.0.113.9")
    addresses = await server.pool.fetch("SELECT body ->> 'ip' AS ip FROM installs")
    assert [row["ip"] for row in addresses] == ["203.0.113.9"] * 2


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((BEARER, "Content-Encoding: gzip"), b"415"),
        ((BEARER, "Content-Type: text/plain"), b"415"),
        ((BEARER, "Connection: close"), b"202"),
        ((BEARER, "Expect: 100-continue"), b"100"),
        ((BEARER.replace("sp_", "sp-"),), b"401"),
        ((BEARER, "Signalpost-App: app_bbbbbbbbbbbb"), b"401"),
        ((BEARER, "Signalpost-Signature: t=1"), b"401"),
        ((), b"401"),
    ],
)
async def test_what_is_out_of_the_ordinary_goes_the_long_way(
    server: Server, lines: tuple[str, ...], status: bytes
) -> None:
    before = Short.begun
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(posted("/v1/events", json.dumps(EVENT).encode(), *lines))
        assert (await reader.readline()).split()[1] == status
        writer.close()
    assert Short.begun == before


@pytest.mark.parametrize(
    "lines", [(), ("Connection: keep-alive",), ("Content-Type: application/json; charset=utf-8",), ("X-Other: 1",)]
)
async def test_what_clients_usually_send_goes_the_short_way(server: Server, lines: tuple[str, ...]) -> None:
    before = Short.begun
    assert b" 202 " in await server.ask(posted("/v1/events", json.dumps(EVENT).encode(), BEARER, *lines))
    assert Short.begun == before + 1


async def test_a_body_that_comes_in_pieces_is_taken(server: Server) -> None:
    raw = posted("/v1/events", json.dumps(EVENT).encode(), BEARER)
    assert b'"accepted":1' in await server.ask(raw[:60], raw[60:-20], raw[-20:])


async def test_a_body_that_does_not_come_is_refused_and_the_connection_ends(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_post, "DEADLINE_S", 0.1)
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(posted("/v1/events", json.dumps(EVENT).encode(), BEARER)[:-1])
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"body_timeout" in answer
    assert await server.pool.fetchval("SELECT count(*) FROM events") == 0


async def test_pipelined_posts_are_answered_in_their_order(server: Server) -> None:
    bodies = [[EVENT] * count for count in (1, 3, 2)]
    raw = b"".join(posted("/v1/events", json.dumps(body).replace("@", "p").encode(), BEARER) for body in bodies)
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw)
        answers = [await one_answer(reader) for _ in bodies]
        writer.close()
    said = [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers]
    assert [one["accepted"] + one["duplicates"] for one in said] == [1, 3, 2]


async def test_an_answer_comes_only_after_its_commit(server: Server, database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    locked = other.transaction()
    await locked.start()
    await other.execute("LOCK TABLE events IN EXCLUSIVE MODE")
    asked = asyncio.create_task(server.ask(posted("/v1/events", json.dumps(EVENT).encode(), BEARER)))
    done, _ = await asyncio.wait([asked], timeout=0.5)
    assert not done
    await locked.rollback()
    await other.close()
    assert b'"accepted":1' in await asked
    assert await server.pool.fetchval("SELECT count(*) FROM events") == 1


async def test_who_is_gone_before_the_answer_is_stored_all_the_same(server: Server, database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    locked = other.transaction()
    await locked.start()
    await other.execute("LOCK TABLE events IN EXCLUSIVE MODE")
    before = Short.begun
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(posted("/v1/events", json.dumps(EVENT).encode(), BEARER))
    while Short.begun == before:  # noqa: ASYNC110 - nothing else says that it was read
        await asyncio.sleep(0.01)
    writer.close()
    await locked.rollback()
    await other.close()
    async with asyncio.timeout(20):
        while not await server.pool.fetchval("SELECT count(*) FROM events"):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
    assert b'"duplicates":1' in await server.ask(posted("/v1/events", json.dumps(EVENT).encode(), BEARER))
