"""Proxies of the environment, with a real SOCKS server in between."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tiktok.events_api import EventsApi, events_client
from tiktok.http_client import environment_proxies, http_client

pytestmark = pytest.mark.anyio

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class SocksServer:
    """SOCKS 5 with user and password; whatever is asked for, it answers itself over the connection it made."""

    def __init__(self, rubbish: bool = False) -> None:
        self.asked: list[tuple[str, int]] = []
        self.logins: list[bytes] = []
        self.rubbish = rubbish

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self.rubbish:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"\x05\x02" if 2 in methods else b"\x05\x00")
        if 2 in methods:
            _, length = await reader.readexactly(2)
            user = await reader.readexactly(length)
            (length,) = await reader.readexactly(1)
            self.logins.append(user + b":" + await reader.readexactly(length))
            writer.write(b"\x01\x00")
        *_, kind = await reader.readexactly(4)
        assert kind == 3, "the proxy looks the name up"
        (length,) = await reader.readexactly(1)
        name = (await reader.readexactly(length)).decode()
        self.asked.append((name, struct.unpack("!H", await reader.readexactly(2))[0]))
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()


@asynccontextmanager
async def socks(server: SocksServer) -> AsyncIterator[int]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.mark.parametrize("scheme", ["socks5h", "socks5", "socks", "SOCKS5H"])
@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"])
async def test_a_socks_proxy_is_gone_through(scheme: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SocksServer()
    async with socks(server) as port:
        monkeypatch.setenv(variable, f"{scheme}://me:hu%2Fsh@127.0.0.1:{port}")
        async with http_client(timeout=10) as client:
            assert (await client.get("http://business-api.example/x")).status_code == 200
            assert environment_proxies().unusable == ()
    assert server.asked == [("business-api.example", 80)]
    assert server.logins == [b"me:hu/sh"]


async def test_a_proxy_that_speaks_rubbish_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with socks(SocksServer(rubbish=True)) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{port}")
        async with events_client() as client:
            answer = await EventsApi(client, "http://business-api.example").track("a-token-0123456789", b"{}")
    assert (answer.error, answer.sent) == ("connect", False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.1", "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_is_never_reached_through_a_proxy(host: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://proxy:1080")
    assert environment_proxies().for_url(httpx.URL(f"{scheme}://{host}:8003/")) is None


@pytest.mark.parametrize(
    ("said", "used"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("https://proxy", "https://proxy"),
        ("proxy:3128", "http://proxy:3128"),
        ("HTTP://proxy:3128/", "http://proxy:3128/"),
        ("socks://proxy:1080", "socks5h://proxy:1080"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("socks5://proxy", "socks5://proxy:1080"),
        (" http://proxy:3128 ", "http://proxy:3128"),
    ],
)
def test_a_proxy_that_can_be_used(said: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", said)
    found = environment_proxies()
    assert found.for_url(httpx.URL("https://business-api.tiktok.com/")) == used
    assert found.for_url(httpx.URL("http://business-api.tiktok.com/")) is None
    assert found.unusable == ()


@pytest.mark.parametrize(
    "said",
    [
        "socks4://me:Geheim@proxy:1080",
        "socks4a://me:Geheim@proxy:1080",
        "ftp://me:Geheim@proxy",
        "Geheim://proxy",
        "http://me:Geheim@proxy:port",
        "http://me:Geheim@:3128",
        "http://",
        "http://me:Geheim@proxy:999999",
        "http://[fd00::1",
        "direct://",
    ],
)
async def test_a_proxy_that_cannot_be_used_is_one_sentence_without_its_password(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", said)
    found = environment_proxies()
    (sentence,) = found.unusable
    assert sentence.startswith("ALL_PROXY cannot be used: ")
    assert "Geheim@" not in sentence
    assert ":Geheim" not in sentence
    assert found.for_url(httpx.URL("https://business-api.tiktok.com/")) is None
    async with http_client():
        pass


@pytest.mark.parametrize(
    ("entries", "host", "through"),
    [
        ("fd00::/8", "business-api.tiktok.com", True),
        ("fd00::/8", "[fd12::1]", False),
        ("[fd00::1]", "[fd00::1]", False),
        ("::1,fe80::/10,fd00::/8,*.local", "tiktok.com", True),
        ("10.0.0.0/8", "10.1.2.3", False),
        ("10.0.0.0/8", "11.1.2.3", True),
        ("192.0.2.1", "192.0.2.1", False),
        ("tiktok.com", "business-api.tiktok.com", False),
        (".tiktok.com", "business-api.tiktok.com", False),
        ("*.tiktok.com", "business-api.tiktok.com", False),
        ("TikTok.com", "tiktok.com", False),
        ("tiktok.com", "nottiktok.com", True),
        ("tiktok.com:443", "tiktok.com", False),
        ("tiktok.com:8443", "tiktok.com", True),
        ("*", "tiktok.com", False),
        ("a b, tiktok.com", "tiktok.com", False),
        ("https://tiktok.com", "tiktok.com", False),
        (",,://,[,],::/,fd00::/999,10.0.0.0/99,%,:,.,*.", "tiktok.com", True),
    ],
)
async def test_exceptions(entries: str, host: str, through: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", entries)
    assert bool(environment_proxies().for_url(httpx.URL(f"https://{host}/"))) is through
    async with events_client():
        pass
