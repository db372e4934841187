"""HTTP at the socket: order, limits, and what is refused before any application sees it."""

import re
import socket
import time
from collections import Counter

import anyio
import pytest

from clicks.links import Link
from tests.redirector.serving import LINKS, Redirector, counted, publish, stored_clicks, ttclid, wait_for
from tests.redirector.wire import (
    ANDROID,
    BOT,
    DESKTOP,
    IPHONE,
    PRELOADER,
    PREVIEW,
    ask,
    ask_many,
    connected,
    exchange,
    parse_replies,
    read_all,
    request,
)

CLOSE = "Connection: close"
SMUGGLED = b"GET /spring HTTP/1.1\r\n\r\n"


def test_pipelined_requests_are_answered_in_order(redirector: Redirector) -> None:
    sent = [
        (request("/spring?n=1"), "GET", 302),
        (request("/unknown"), "GET", 404),
        (request("/spring?n=3", method="HEAD"), "HEAD", 302),
        (request("/spring?n=5", user_agent=IPHONE), "GET", 302),
        (request("/healthz"), "GET", 200),
        (request("/spring?n=7", CLOSE), "GET", 302),
    ]
    replies = exchange(redirector.port, *(raw for raw, _, _ in sent), methods=[method for _, method, _ in sent])
    assert [reply.status for reply in replies] == [status for _, _, status in sent]
    assert [click.query for click in sorted(stored_clicks(redirector.redis_url), key=lambda c: c.query)] == [
        "n=1", "n=5", "n=7",
    ]  # fmt: skip


def test_a_hundred_pipelined_clicks_are_a_hundred_clicks(redirector: Redirector) -> None:
    replies = exchange(redirector.port, *[request("/spring")] * 99, request("/spring", CLOSE))
    assert len(replies) == 100
    ids = {reply.click_id for reply in replies}
    assert {click.click_id for click in stored_clicks(redirector.redis_url)} == ids
    assert len(ids) == 100


def test_the_click_before_a_malformed_request_is_still_answered(redirector: Redirector) -> None:
    replies = exchange(redirector.port, request("/spring"), b"GET /spring HTTP/1.1\r\nno colon here\r\n\r\n")
    assert [reply.status for reply in replies] == [302, 400]
    assert [click.click_id for click in stored_clicks(redirector.redis_url)] == [replies[0].click_id]


def test_the_page_before_a_malformed_request_is_still_answered(redirector: Redirector) -> None:
    replies = exchange(redirector.port, request("/unknown"), b"GET /spring HTTP/9.9\r\n\r\n")
    assert [reply.status for reply in replies] == [404, 400]


def test_a_connection_stays_open_between_clicks(redirector: Redirector) -> None:
    with connected(redirector.port) as connection:
        for _ in range(3):
            connection.sendall(request("/spring"))
            (reply,) = parse_replies(connection.recv(65_536))
            assert (reply.status, reply.header("connection")) == (302, None)


def test_http_1_0_is_answered_and_closed(redirector: Redirector) -> None:
    (reply,) = exchange(redirector.port, b"GET /spring HTTP/1.0\r\nUser-Agent: " + ANDROID.encode() + b"\r\n\r\n")
    assert (reply.status, reply.header("connection")) == (302, "close")


def test_nothing_is_done_for_what_follows_connection_close(redirector: Redirector) -> None:
    (reply,) = exchange(redirector.port, request("/spring", CLOSE), request("/spring"))
    assert [click.click_id for click in stored_clicks(redirector.redis_url)] == [reply.click_id]


def test_a_head_split_into_single_bytes_is_one_request(redirector: Redirector) -> None:
    with connected(redirector.port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("/spring?campaign_name=a", CLOSE):
            connection.sendall(bytes((byte,)))
        (reply,) = parse_replies(read_all(connection))
    assert reply.location.endswith("utm_campaign%3Da")


def test_a_click_with_a_body_is_a_click_and_the_body_no_request(redirector: Redirector) -> None:
    body = b"GET /spring HTTP/1.1\r\n\r\n"
    first = request("/spring", f"Content-Length: {len(body)}") + body
    replies = exchange(redirector.port, first, request("/unknown", CLOSE))
    assert [reply.status for reply in replies] == [302, 404]


@pytest.mark.parametrize("length", [8 * 1024 + 1, 65_535, 65_536, 70_000, 1024 * 1024])
def test_a_url_over_8_kib_is_414_and_no_click(redirector: Redirector, length: int) -> None:
    target = b"/spring?" + b"a" * (length - 8)
    (reply,) = exchange(redirector.port, request(target))
    assert (reply.status, reply.header("connection")) == (414, "close")
    assert reply.header("cache-control") == "no-store"
    assert stored_clicks(redirector.redis_url) == []


def test_a_url_of_8_kib_is_a_click(redirector: Redirector) -> None:
    target = "/spring?ttclid=" + ttclid(1) + "&x="
    target += "a" * (8 * 1024 - len(target))
    assert ask(redirector.port, target).status == 302
    (click,) = stored_clicks(redirector.redis_url)
    assert f"/spring?{click.query}" == target


@pytest.mark.parametrize(
    "lines",
    [
        [f"X-{number}: 1" for number in range(101)],
        ["X-Long: " + "a" * (32 * 1024)],
        [f"X-{number}: " + "a" * 1_000 for number in range(40)],
    ],
    ids=["101 headers", "one of 32 KiB", "40 of 1 KB"],
)
def test_too_many_or_too_long_headers_are_431(redirector: Redirector, lines: list[str]) -> None:
    (reply,) = exchange(redirector.port, request("/spring", *lines))
    assert (reply.status, reply.header("connection")) == (431, "close")
    assert stored_clicks(redirector.redis_url) == []


def test_an_endless_header_is_refused_before_it_ends(redirector: Redirector) -> None:
    with connected(redirector.port) as connection:
        connection.sendall(b"GET /spring HTTP/1.1\r\nX-Long: ")
        sent = 0
        while sent < 64 * 1024 * 1024:
            try:
                connection.sendall(b"a" * 65_536)
            except OSError:
                break
            sent += 65_536
            connection.setblocking(False)
            try:
                received = connection.recv(65_536)
            except BlockingIOError:
                continue
            finally:
                connection.settimeout(10)
            assert received.startswith(b"HTTP/1.1 431 ")
            break
    assert sent < 8 * 1024 * 1024


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /spring HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + SMUGGLED,
        b"POST /spring HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /spring HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /spring HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"GET /spring HTTP/1.1\r\nHost: t\r\nContent-Length : 5\r\n\r\nabcde",
        b"GET /spring HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
        b"GET /spring HTTP/1.1\r\nHost: t\r\nX: a\r\n b\x00\r\n\r\n",
        b"GET /spring HTTP/1.1\nHost: t\n\n",
    ],
    ids=["CL+TE", "two CL", "unknown TE", "chunked not last", "space before colon", "CL -1", "NUL", "bare LF"],
)
def test_requests_that_two_parsers_could_read_differently_leave_no_click(redirector: Redirector, raw: bytes) -> None:
    with connected(redirector.port) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        replies = parse_replies(read_all(connection))
    assert [reply.status for reply in replies if reply.status not in (400, 405)] == []
    assert stored_clicks(redirector.redis_url) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
        [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==",
            "Sec-WebSocket-Version: 13",
        ],
    ],
    ids=["h2c", "websocket"],
)
def test_an_upgrade_is_ignored_and_the_click_answered(redirector: Redirector, lines: list[str]) -> None:
    with connected(redirector.port) as connection:
        connection.sendall(request("/spring", *lines))
        assert parse_replies(connection.recv(65_536))[0].status == 302
        connection.sendall(request("/unknown", CLOSE))
        assert [reply.status for reply in parse_replies(read_all(connection))] == [404]


def test_a_client_that_leaves_in_the_middle_of_a_request_harms_nobody(redirector: Redirector) -> None:
    whole = request("/spring")
    for cut in (1, 5, 20, len(whole) - 2, len(whole)):
        with connected(redirector.port) as connection:
            connection.sendall(whole[:cut])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert ask(redirector.port, "/spring").status == 302


def test_a_new_link_works_at_once(redirector: Redirector) -> None:
    assert ask(redirector.port, "/brand-new").status == 404
    time.sleep(0.11)  # unknown slugs may ask Redis ten times a second
    publish(redirector.redis_url, (*LINKS, Link("brand-new", "app_new", fallback_url="https://new.example")))
    assert ask(redirector.port, "/brand-new").location == "https://new.example"
    publish(redirector.redis_url)


def test_counts_and_metrics_are_exact_under_2000_clicks_of_every_kind_at_once(redirector: Redirector) -> None:
    kinds = {
        ("android", "click"): request("/burst", user_agent=ANDROID),
        ("ios", "click"): request("/burst", user_agent=IPHONE),
        ("other", "click"): request("/burst", user_agent=DESKTOP),
        ("other", "bot"): request("/burst", user_agent=BOT),
        ("other", "preview"): request("/burst", user_agent=PREVIEW),
        ("ios", "preload"): request("/burst", user_agent=PRELOADER),
        ("android", "prefetch"): request("/burst", "Purpose: prefetch", user_agent=ANDROID),
        ("ios", "head"): request("/burst", user_agent=IPHONE, method="HEAD"),
    }
    publish(redirector.redis_url, (*LINKS, Link("burst", "app_burst", fallback_url="https://burst.example")))
    wait_for(lambda: ask(redirector.port, "/burst/stores").status == 200)
    requests = [request for request in kinds.values() for _ in range(250)]
    replies = anyio.run(ask_many, redirector.port, requests, 250)
    assert {reply.status for reply in replies} == {302}
    visits = counted(redirector.redis_url)

    def all_counted() -> bool:  # a burst may have gone by way of the spool
        visits.update(counted(redirector.redis_url))
        return visits.total() >= len(requests)

    wait_for(all_counted)
    assert visits == {("burst", *kind): 250 for kind in kinds}
    assert len(stored_clicks(redirector.redis_url)) == 750
    wait_for(lambda: clicks_metric(redirector, "burst").total() >= len(requests))
    assert clicks_metric(redirector, "burst") == dict.fromkeys(kinds, 250)


def clicks_metric(redirector: Redirector, link: str) -> Counter[tuple[str, str]]:
    pattern = re.compile(rf'signalpost_clicks_total{{kind="(\w+)",link="{link}",platform="(\w+)"}}')
    found = ((pattern.fullmatch(name), value) for name, value in redirector.metrics().items())
    return Counter({(match[2], match[1]): int(value) for match, value in found if match})


def test_the_metrics_have_the_names_of_the_contract(redirector: Redirector) -> None:
    ask(redirector.port, "/spring")
    names = {name.partition("{")[0] for name in redirector.metrics()}
    assert {
        "signalpost_redirect_seconds_bucket", "signalpost_redirect_seconds_sum", "signalpost_redis_batch_size_bucket",
        "signalpost_spool_clicks", "signalpost_spool_dropped_total",
    } <= names  # fmt: skip


@pytest.mark.parametrize("path", ["/metrics", "/docs", "/openapi.json", "/.git/config", "/.env", "/debug"])
def test_nothing_else_stands_on_the_public_port(redirector: Redirector, path: str) -> None:
    assert ask(redirector.port, path).status == 404
