"""Which heads are taken: raw bytes in a target, one Host, and no body behind a refused method."""

import socket

import pytest

from tests.redirector.serving import Redirector, stored_clicks
from tests.redirector.wire import ANDROID, connected, exchange, parse_replies, read_all, request

CLOSE = "Connection: close"
UA = f"User-Agent: {ANDROID}\r\n".encode()


@pytest.mark.parametrize("path", ["/spring", "/spring/", "/spring”"])
@pytest.mark.parametrize("name", ["Été", "夏セール", "💩", "a é b".replace(" ", "+")])
def test_raw_utf_8_in_a_target_is_read_as_its_bytes(redirector: Redirector, path: str, name: str) -> None:
    target = f"{path}?campaign_name={name}&ttclid=E.C.P.abcd&ad_name={name}".encode()
    (reply,) = exchange(redirector.port, request(target, CLOSE))
    assert reply.status == 302
    (click,) = stored_clicks(redirector.redis_url)
    assert (click.campaign_name, click.ttclid, click.ad_name) == (
        name.replace("+", " "),
        "E.C.P.abcd",
        name.replace("+", " "),
    )


def test_bytes_that_are_no_utf_8_are_still_a_click(redirector: Redirector) -> None:
    (reply,) = exchange(redirector.port, request(b"/spring?campaign_name=\xc9t\xe9&ad_id=7", CLOSE))
    assert reply.status == 302
    assert [click.ad_id for click in stored_clicks(redirector.redis_url)] == ["7"]


def test_raw_bytes_are_read_wherever_the_network_cuts_them_and_in_a_pipeline(redirector: Redirector) -> None:
    raw = request("/spring?ad_name=Été".encode()) * 3 + request("/spring?ad_name=Été&x".encode(), CLOSE)
    with connected(redirector.port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(raw), 3):
            connection.sendall(raw[start : start + 3])
        replies = parse_replies(read_all(connection))
    replies += exchange(redirector.port, raw)
    assert [reply.status for reply in replies] == [302] * 8
    assert [click.ad_name for click in stored_clicks(redirector.redis_url)] == ["Été"] * 8


def test_raw_bytes_in_headers_stay_as_they_are(redirector: Redirector) -> None:
    agent = f"{ANDROID} Größe".encode()
    head = b"GET /spring HTTP/1.1\r\nHost: t\r\nConnection: close\r\nUser-Agent: " + agent + b"\r\n\r\n"
    (reply,) = exchange(redirector.port, head)
    assert reply.status == 302
    (click,) = stored_clicks(redirector.redis_url)
    assert click.user_agent.encode("latin-1", "ignore") == agent or click.user_agent.encode() == agent


@pytest.mark.parametrize("raw", [b"\xc3\xa9 /spring", b"GET \xc3\xa9", b"GET /spring\xc3\xa9 HTTP/1.1\xc3"])
def test_raw_bytes_elsewhere_in_a_request_line_are_malformed(redirector: Redirector, raw: bytes) -> None:
    (reply,) = exchange(redirector.port, raw + b" HTTP/1.1\r\nHost: t\r\n\r\n")
    assert reply.status in (400, 405)


def test_raw_bytes_do_not_stretch_the_limit_of_a_url(redirector: Redirector) -> None:
    (reply,) = exchange(redirector.port, request(b"/spring?a=" + b"\xc3\xa9" * 9_000))
    assert reply.status == 414


HOSTS = {
    "none": b"", "two": b"Host: t\r\nHost: t\r\n", "two that differ": b"Host: t\r\nhOST: u\r\n",
    "blank inside": b"Host: t u\r\n",
    "path": b"Host: t/a\r\n", "user": b"Host: a@t\r\n", "list": b"Host: t, u\r\n", "port": b"Host: t:8a\r\n",
    "not ASCII": b"Host: \xc3\xa9\r\n", "percent": b"Host: t%2\r\n",
}  # fmt: skip


@pytest.mark.parametrize("lines", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("start", [b"GET /spring", b"HEAD /spring", b"GET /healthz", b"GET http://t.test/spring"])
def test_http_1_1_needs_exactly_one_valid_host(redirector: Redirector, start: bytes, lines: bytes) -> None:
    (reply,) = exchange(redirector.port, start + b" HTTP/1.1\r\n" + lines + UA + b"\r\n")
    assert (reply.status, reply.header("connection")) == (400, "close")
    assert stored_clicks(redirector.redis_url) == []


@pytest.mark.parametrize("host", ["", "t", "T.test:80", "[::1]", "[::1]:8080", "127.0.0.1", "a_b.test", "t.", "t:"])
def test_a_valid_host_is_served(redirector: Redirector, host: str) -> None:
    head = f"GET /spring HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n".encode()
    assert [reply.status for reply in exchange(redirector.port, head + UA + b"\r\n")] == [302]


def test_http_1_0_may_have_no_host_but_not_two(redirector: Redirector) -> None:
    start = b"GET /spring HTTP/1.0\r\n" + UA
    assert [reply.status for reply in exchange(redirector.port, start + b"\r\n")] == [302]
    assert [reply.status for reply in exchange(redirector.port, start + HOSTS["two"] + b"\r\n")] == [400]


BODIES = {
    "length": (["Content-Length: 31"], b"GET /spring HTTP/1.1\r\nHost: t\r\n\r\n"),
    "no length": ([], b"a=1&b=2"),
    "a request for a body": ([], b"GET /spring HTTP/1.1\r\nHost: t\r\n\r\n"),
    "chunked": (["Transfer-Encoding: chunked"], b"3\r\nabc\r\n0\r\n\r\n"),
    "expects 100": (["Content-Length: 3", "Expect: 100-continue"], b"abc"),
    "none": ([], b""),
}


@pytest.mark.parametrize(("lines", "body"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/spring", "/unknown", "/healthz", "/spring/"])
def test_a_refused_method_is_answered_once_and_the_connection_closes(
    redirector: Redirector, path: str, method: str, lines: list[str], body: bytes
) -> None:
    (reply,) = exchange(redirector.port, request(path, *lines, method=method) + body)
    assert (reply.status, reply.header("connection"), reply.header("allow")) == (405, "close", "GET, HEAD")
    assert stored_clicks(redirector.redis_url) == []


def test_where_only_beacons_go_the_405_says_so_and_closes(redirector: Redirector) -> None:
    replies = exchange(redirector.port, request("/spring/enrich") + request("/spring"))
    assert [(reply.status, reply.header("connection"), reply.header("allow")) for reply in replies] == [
        (405, "close", "POST")
    ]
