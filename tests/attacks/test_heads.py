"""Heads that no browser and no app sends, at the forwarder's and the console's sockets."""

import json

import pytest

from tests.attacks.servers import Server
from tests.redirector.wire import Reply, connected, exchange, parse_replies, read_all

HOST = b"Host: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
PATHS = {"forwarder": b"/openapi.json", "console": b"/login"}
OURS = {
    "allow", "cache-control", "connection", "content-encoding", "content-length", "content-security-policy",
    "content-type", "cross-origin-opener-policy", "cross-origin-resource-policy", "date", "referrer-policy",
    "retry-after", "vary", "www-authenticate", "x-content-type-options", "x-robots-tag",
}  # fmt: skip


def get(server: Server, *lines: bytes, query: bytes = b"") -> bytes:
    """A request for a page that anybody may have."""
    return b"GET " + PATHS[server.name] + query + b" HTTP/1.1\r\n" + HOST + b"".join(lines) + CLOSE + b"\r\n"


def only(server: Server, raw: bytes) -> Reply:
    (reply,) = exchange(server.port, raw)
    assert {name for name, _ in reply.headers} <= OURS
    return reply


def assert_is_refused(server: Server, raw: bytes, status: int) -> None:
    """One answer in the shape of the server's refusals, and the end of the connection."""
    reply = only(server, raw)
    assert (reply.status, reply.header("connection")) == (status, "close")
    if server.name == "forwarder":
        assert set(json.loads(reply.body)["error"]) == {"code", "message"}
    else:
        assert reply.header("cache-control") == "no-store"
    assert only(server, get(server)).status == 200


@pytest.mark.parametrize("raw", [b"\r", b"\n", b"\x00", b"\r\nX: 1"], ids=["CR", "LF", "NUL", "CRLF"])
def test_raw_control_bytes_in_the_request_line_are_malformed(server: Server, raw: bytes) -> None:
    assert_is_refused(server, get(server, query=b"?a=" + raw + b"b"), 400)


@pytest.mark.parametrize("length", [8 * 1024 + 1, 65_535, 65_536, 70_000, 1 << 20])
def test_a_url_over_8_kib_is_414(server: Server, length: int) -> None:
    assert_is_refused(server, get(server, query=b"?" + b"a" * (length - 1 - len(PATHS[server.name]))), 414)


def test_a_url_of_8_kib_is_answered(server: Server) -> None:
    assert only(server, get(server, query=b"?" + b"a" * (8 * 1024 - 1 - len(PATHS[server.name])))).status == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"".join(b"X-%d: 1\r\n" % number for number in range(100)),
        b"X: " + b"a" * 32 * 1024 + b"\r\n",
        b"X: " + b"a" * (1 << 20),
    ],
    ids=["many", "long", "endless"],
)
def test_too_many_or_too_long_headers_are_431(server: Server, lines: bytes) -> None:
    assert_is_refused(server, get(server, lines), 431)


@pytest.mark.parametrize(
    "host", [b"", HOST + HOST, b"Host: [\r\n", b"Host: a b\r\n"], ids=["none", "two", "[", "blank"]
)
def test_http_1_1_needs_exactly_one_valid_host(server: Server, host: bytes) -> None:
    assert_is_refused(server, get(server).replace(HOST, host), 400)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS", "PURGE", "PROPFIND"])
def test_another_method_is_a_405_that_names_what_is_answered_and_echoes_nothing(server: Server, method: str) -> None:
    reply = only(server, get(server, b"X-Secret: canary\r\n").replace(b"GET", method.encode(), 1))
    assert reply.status == 405
    assert "GET" in (reply.header("allow") or "")
    assert b"canary" not in reply.body


@pytest.mark.parametrize("line", [b"CONNECT a.test:80", b"FOO /", b"get /", b"GET"])
def test_what_is_no_method_or_no_target_is_refused(server: Server, line: bytes) -> None:
    assert_is_refused(server, line + b" HTTP/1.1\r\n" + HOST + b"\r\n", 400)


@pytest.mark.parametrize(
    "lines",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n",
    ],
    ids=["h2c", "websocket"],
)
def test_an_upgrade_is_ignored_and_the_request_answered(server: Server, lines: bytes) -> None:
    with connected(server.port) as connection:
        connection.sendall(get(server).replace(CLOSE, lines))
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4 4\r\n",
        b"Content-Length : 4\r\n",
    ],
)
def test_what_two_servers_could_cut_differently_is_refused_and_nothing_behind_it_is_a_request(
    server: Server, lines: bytes
) -> None:
    inner = get(server)
    with connected(server.port) as connection:
        connection.sendall(get(server, lines).replace(b"GET", b"POST", 1) + b"0\r\n\r\n" + inner)
        replies = parse_replies(read_all(connection))
    assert [reply.status for reply in replies] in ([400], [405], [403])


@pytest.mark.parametrize("split", [b"%0d%0aSet-Cookie:x=1", b"%0aX:1", b"%E5%98%8A%E5%98%8DX:1", b"%00"])
@pytest.mark.parametrize("where", [b"?next=/%b", b"/%b", b"%b"])
def test_no_input_adds_a_header(server: Server, where: bytes, split: bytes) -> None:
    reply = only(server, get(server, query=where.replace(b"%b", split)))
    assert reply.status in {200, 400, 404}


@pytest.mark.parametrize(
    "header",
    [
        b"X-Forwarded-Host: evil.test", b"X-Forwarded-Prefix: /evil", b"X-Original-URL: /metrics",
        b"X-Rewrite-URL: /metrics", b"X-HTTP-Method-Override: DELETE", b"Forwarded: host=evil.test",
    ],
)  # fmt: skip
def test_headers_that_rewrite_requests_elsewhere_say_nothing_here(server: Server, header: bytes) -> None:
    plain, told = only(server, get(server)), only(server, get(server, header + b"\r\n"))
    assert (told.status, told.body) == (plain.status, plain.body)


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/docs", "/metrics", "/debug", "/server-status", "/..%2f..%2fetc%2fpasswd"]
)
def test_what_is_not_public_is_not_found(server: Server, path: str) -> None:
    reply = only(server, get(server).replace(PATHS[server.name], path.encode(), 1))
    assert reply.status == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_says_how_it_is_and_not_what_it_is(server: Server, path: str) -> None:
    reply = only(server, get(server).replace(PATHS[server.name], path.encode() + b"?verbose", 1))
    assert set(json.loads(reply.body)) <= {"ok", "postgresql", "redis"}
    assert not any(character.isdigit() for character in reply.body.decode())
    assert reply.header("server") is None
