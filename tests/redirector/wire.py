"""HTTP as bytes on a socket: what is sent is what the test says, and replies are read the way a browser does."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

TIMEOUT_S = 10.0

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Safari/604.1 musical_ly_43.8.0 BytedanceWebview/d8a21c6"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-S901U Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36 musical_ly_2023507030 JsSdk/1.0 NetType/WIFI "
    "Channel/googleplay AppName/musical_ly app_version/35.7.3 ByteLocale/en Region/US BytedanceWebview/d8a21c6"
)
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36"
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PRELOADER = f"{IPHONE} thirdLandingPageFeInfra"
PREVIEW = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply; header names in lower case, in the order they came."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The only value of a header; None where it is absent."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def location(self) -> str:
        location = self.header("location")
        assert location is not None
        return location

    @property
    def click_id(self) -> str:
        """The click id in the referrer of a Play URL."""
        referrer = parse_qs(urlsplit(self.location).query)["referrer"][0]
        return parse_qs(referrer)["click_id"][0]


def request(target: str | bytes, *headers: str, user_agent: str | None = ANDROID, method: str = "GET") -> bytes:
    """The bytes of a request; `headers` are whole lines."""
    path = target if isinstance(target, bytes) else target.encode()
    lines = ["Host: t.test", *([f"User-Agent: {user_agent}"] if user_agent is not None else []), *headers]
    head = "".join(f"{line}\r\n" for line in lines).encode("latin-1")
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + head + b"\r\n"


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = b""
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            return received
        if not part:
            return received
        received += part


def parse_replies(raw: bytes, methods: list[str] | None = None) -> list[Reply]:
    """The replies in these bytes; `methods` of the requests where some were HEAD."""
    replies: list[Reply] = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int(dict(headers).get("content-length", "0"))
        if methods and methods[len(replies)] == "HEAD":
            length = 0
        replies.append(Reply(int(status_line.split(" ")[1]), headers, raw[:length]))
        raw = raw[length:]
    return replies


def exchange(port: int, *requests: bytes, methods: list[str] | None = None) -> list[Reply]:
    """The replies to all of this, sent at once; the last request must make the server close."""
    with connected(port) as connection:
        connection.sendall(b"".join(requests))
        return parse_replies(read_all(connection), methods)


def ask(port: int, target: str | bytes, *headers: str, user_agent: str | None = ANDROID, method: str = "GET") -> Reply:
    """The reply to one request on a connection of its own.

    Raises:
        OSError: nobody listens, or who listened died before it answered.
    """
    sent = request(target, *headers, "Connection: close", user_agent=user_agent, method=method)
    replies = exchange(port, sent, methods=[method])
    if not replies:
        raise ConnectionResetError("closed without an answer")
    (reply,) = replies
    return reply


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """The next reply of a connection that stays open; it must have a Content-Length."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), TIMEOUT_S)
    (reply,) = parse_replies(head)
    length = int(reply.header("content-length") or 0)
    return Reply(reply.status, reply.headers, await reader.readexactly(length))


async def ask_on(port: int, requests: list[bytes]) -> list[Reply]:
    """The replies to requests sent one after another on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    replies = []
    try:
        for sent in requests:
            writer.write(sent)
            replies.append(await read_reply(reader))
    finally:
        writer.close()
    return replies


async def ask_many(port: int, requests: list[bytes], connections: int = 20) -> list[Reply]:
    """The replies to many requests over some connections at a time, in the order of the requests."""
    shares = [requests[start::connections] for start in range(connections)]
    answers = await asyncio.gather(*(ask_on(port, share) for share in shares if share))
    replies: list[Reply] = [Reply(0)] * len(requests)
    for start, share in enumerate(answers):
        replies[start::connections] = share
    return replies
