"""Requests that somebody has spoilt: which bytes, and in which packets they come, follows from a seed."""

import random
import re
import socket
from collections.abc import Sequence
from contextlib import suppress

from tests.redirector.wire import Reply, read_all

QUIET_S = 0.3  # an answer that takes longer is not waited for; nothing is concluded from that
PATIENCE_S = 60.0  # for the server to end a connection that we have ended
LAST_WORD = b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

_REPLY = re.compile(rb"HTTP/1\.1 \d{3} ")

WORDS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b"\x01", b"\x1b[31m", b"\x7f", b"\x80", b"\xff\xfe", b"\xed\xa0\x80",
    b"\xe2\x80\xae", b"%", b"%00", b"%0", b"%0d%0aX-Injected:1", b"\r\nX-Injected: 1\r\n", b"%ff", b"%2e%2e%2f", b"%5B",
    b"\r\nSet-Cookie: injected=1\r\n", b"\r\nContent-Length: 5\r\n", b"\r\nTransfer-Encoding: chunked\r\n",
    b"\r\nExpect: 100-continue\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n", b"\r\nHost: evil.test\r\n", b":",
    b" ", b"\t", b";", b",", b"=", b"&", b"?", b"#", b"/", b"//", b"//[", b"http://[", b"@", b"..", b"'", b'"', b"\\",
    b"<script>", b"{{7*7}}", b"{", b"}", b"[", b"]", b"-1", b"0", b"1e400", b"NaN", b"null", b"true", b"9" * 40,
    b"0001-01-01", b"9999-12-31", b"a" * 3_000, b"HEAD", b"HTTP/1.0", b"chunked",
)  # fmt: skip
"""What is put in: ends and beginnings of lines, encodings, what means something to a parser, ends of ranges."""


def spoilt(dice: random.Random, honest: Sequence[bytes]) -> bytes:
    """One of these requests, with up to six bytes or words flipped, put in, taken out, doubled or exchanged."""
    raw = bytearray(dice.choice(honest))
    for _ in range(dice.randint(1, 6)):
        start = dice.randrange(len(raw) + 1)
        end = min(len(raw), start + dice.choice((1, 1, 2, 8, 40)))
        match dice.randrange(5):
            case 0 if start < len(raw):
                raw[start] ^= 1 << dice.randrange(8)
            case 1:
                raw[start:start] = dice.choice(WORDS)
            case 2:
                del raw[start:end]
            case 3:
                raw[start:start] = raw[start:end] * dice.choice((1, 1, 50))
            case _:
                other = dice.choice(honest)
                at = dice.randrange(len(other))
                raw[start:end] = other[at : at + end - start + dice.randrange(20)]
    return bytes(raw)


def packets(dice: random.Random, raw: bytes) -> list[bytes]:
    """The same bytes, cut in up to four."""
    places = sorted(dice.randrange(len(raw) + 1) for _ in range(dice.choice((0, 0, 1, 3))))
    cut = [raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)]
    return [part for part in cut if part]


def answered(port: int, parts: Sequence[bytes]) -> bytes:
    """All that the server says to these packets, until it has closed.

    Raises:
        TimeoutError: it never did, though we had.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # it has closed already
            for part in parts:
                connection.sendall(part)
        connection.settimeout(QUIET_S)
        with suppress(OSError):
            while part := connection.recv(65_536):
                received += part
            return received
        connection.settimeout(PATIENCE_S)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        return received + read_all(connection)


def replies_in(raw: bytes) -> list[Reply]:
    """The replies that these bytes are, each line of their heads well-formed; the last body may have been cut off.

    Raises:
        AssertionError: they are none.
    """
    replies: list[Reply] = []
    while raw:
        head, end, raw = raw.partition(b"\r\n\r\n")
        assert end, f"half a head: {head[:200]!r}"
        status_line, *lines = head.decode("ascii").split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1", status_line
        headers = [_header(line) for line in lines]
        named = dict(headers)
        has_body = bool(raw) and _REPLY.match(raw) is None  # none behind HEAD
        size = int(named.get("content-length", "0")) if has_body else 0
        if has_body and "transfer-encoding" in named:
            size = len(raw)
        replies.append(Reply(int(status), headers, raw[:size]))
        raw = raw[size:]
    return replies


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(": ")
    assert colon, line
    assert name.replace("-", "").isalnum(), line
    assert value.isprintable(), line
    return name.lower(), value
