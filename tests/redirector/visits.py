"""A corpus of visits: what phones, robots, ads, proxies and people who paste links send, or may send."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, cycle
from pathlib import Path
from urllib.parse import quote, quote_plus

from clicks.links import Link
from clicks.macros import MACRO_PARAMETERS
from loadtests.workloads import Clicks, user_agents
from tests.clicks.test_macros import GENERATED
from tests.matching.knobs import Knobs
from tests.matching.people import COUNTRIES, draw_person, webview_user_agent
from tests.redirector.serving import APP_STORE, FALLBACK, LINKS, PLAY, ttclid
from tests.redirector.wire import ANDROID, BOT, DESKTOP, IPHONE, PRELOADER, PREVIEW, request

LONG_GONE, FAR_OFF = 1_000_000_000, 4_000_000_000
MORE_LINKS = (
    Link("android-only", "app_a", android_url=PLAY),
    Link("nothing-but-fallback", "app_f", fallback_url="https://example.com/größe?a=ü#é"),
    Link("utm-replace", "app_u", APP_STORE, PLAY, FALLBACK, utm="replace"),
    Link("utm-off", "app_u", APP_STORE, PLAY, FALLBACK, utm="off"),
    Link("gone", "app_e", APP_STORE, PLAY, FALLBACK, mode="bridge", expires_at=LONG_GONE),
    Link("far-off", "app_e", APP_STORE, PLAY, FALLBACK, expires_at=FAR_OFF),
    Link("no-bridge", "app_b", APP_STORE, PLAY, FALLBACK, mode="bridge", bridge_weight=0),
    Link("own-campaign", "app_c", f"{APP_STORE}?pt=1&ct=own&mt=8", f"{PLAY}&referrer=old&hl=de#top", FALLBACK),
    Link("other-stores", "app_o", "https://example.com/ios", "https://galaxystore.samsung.com/x?a=b", FALLBACK),
    Link("no-scheme-that-may-be", "app_n", "itms-apps://x", "intent://x#Intent;end", "javascript:alert(1)"),
    Link("_under-score_", "app_d", APP_STORE, PLAY, FALLBACK),
    Link("s" * 64, "app_l", APP_STORE, PLAY, FALLBACK),
)
PLAIN_LINKS = (*LINKS, *MORE_LINKS)
PERSONS = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and whether the short way is meant to answer it."""

    name: str
    raw: bytes
    is_plain: bool = True


def _agents() -> list[str]:
    captured = [row["ua"] for row in json.loads((Path(__file__).parents[1] / "data/user-agents.json").read_text())]
    rng = random.Random("two ways")
    persons = [draw_person(rng, number, COUNTRIES.draw(rng), Knobs()) for number in range(PERSONS)]
    drawn = [webview_user_agent(person, os_hidden=person.number % 2 == 0) for person in persons]
    odd = [
        "",
        " ",
        "x",
        "Mozilla/5.0 (Linux; Android 14; Bot 54)",
        "Größe/1.0 (iPhone)",
        "a" * 3_000,
        "iPhone\tAndroid",
    ]
    return list(
        dict.fromkeys([*captured, *user_agents(), *drawn, IPHONE, ANDROID, DESKTOP, BOT, PRELOADER, PREVIEW, *odd])
    )


_ODD_VALUES = (
    "", "+", "%20", "a+b%20c", "%E5%A4%8F%E3%82%BB", "%ff%fe", "%zz%", "%", "%00%0d%0a%1b%7f", "%E2%80%A8", "a=b=c",
    "0", "null", "__CID__", "__cid__", "__CID_NAME__|__CID__", "__proto__", "%F0%9F%92%A9", "x" * 600, "{{x}}", "<b>",
    "a;b", "Why?not", "%26id%3Dx", "%2523", "'\"\\", "(none)",
)  # fmt: skip
_TTCLIDS = (
    ttclid(1), "E.C.P.", "E.C.P.a", "E_C_P_abc", "E.C.P." + "b" * 994, "E.C.P." + "b" * 995, "E.C.P.a%2Bb", "E.C.P.a+b",
    "__CLICKID__", "__TTCLID__", "null", "0", "%C3%A9", "%00", "a%0d%0ab", "E.C.P.a?b;c", "E.C.P.abcde", "E.C.P.abcdef",
    "E.C.P.YWJj=", "e.c.p.abc",
)  # fmt: skip
_IPS = (
    "203.0.113.77", "127.0.0.1", "::ffff:127.0.0.1", "2001:db8:1:2::9", "[2001:db8::1]:80", "10.0.0.1", "256.1.1.1",
    "2001%3Adb8%3A%3A1", "__IP__",
)  # fmt: skip
_UTM = (
    "utm_source=mail&utm_medium=own&utm_campaign=June&utm_content=a+b&utm_id=7", "utm_id=first&utm_id=second",
    "utm_content=__CID_NAME__&utm_term=real", "utm_=x&utm_A=x&utm%5Fid=x", "utm_id=a%0d%0aSet-Cookie:x",
    "utm_source=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", "utm_term=" + "t" * 300,
    "&".join(f"utm_{letter}={letter}" for letter in "abcdefghijklmno"), "utm_campaign=June&campaign_name=Spring",
)  # fmt: skip
_WHOLE = (
    "", "&", "&&=", "=", "ttclid", "TTCLID=a", "a[]=1", "fbclid=1&gclid=2", GENERATED,
    f"{GENERATED}&ttclid={ttclid(2)}", f"ttclid={ttclid(3)}&{GENERATED}", f"campaign_id=1&ttclid={ttclid(4)}&ad_id=2",
    "ttclid=first&ttclid=second",
    "ad_id=1&ad_id=2&ad_id=3", "ad_id=7&ad_name=Hook&ad_id_v2=9&ad_name_v2=Whole+ad", "%61d_id=7&ad%5Fname=x",
    "campaign_id=17&amp;campaign_name=A+B&amp;ttclid=E.C.P.a", "?ttclid=E.C.P.a", "campaign_id=1?ttclid=E.C.P.a?b",
    "campaign_id=17%26amp%3Bttclid=E.C.P.a", "campaign_id=1;ad_id=2;utm_id=3", "campaign_id=1%3Fttclid=E.C.P.x",
    "ip=198.51.100.1&ip=198.51.100.2", "%69p=198.51.100.2&ip=198.51.100.1", "ip=127.0.0.1&%69p=198.51.100.2",
    "callback=own1&ua=Mozilla%2F5.0&ip=203.0.113.9", f"ua={quote_plus(ANDROID)}", f"ua={quote(ANDROID)}&ip=127.0.0.1",
    "q=" + "a" * 7_000, "/../../etc/passwd", "a=http://evil.test/", "a=1&" * 500,
)  # fmt: skip
QUERIES = (
    *_WHOLE,
    *_UTM,
    *(f"ad_id=7&ttclid={value}" for value in _TTCLIDS),
    *(f"ip={value}&ad_id=7" for value in _IPS),
    *(f"{name}={value}&placement=TikTok" for name in MACRO_PARAMETERS for value in _ODD_VALUES),
)

_TTP = "2F7h37YkS1j57AYSKTI7IHhJPYH"
HEADERS: tuple[tuple[str, ...], ...] = (
    *(("Cookie: " + value,) for value in (
        f"_ttp={_TTP}", f"a=1; _ttp={_TTP}.tt.1; b=2", "_ttp=", f'_ttp="{_TTP}"', "_ttp=" + "a" * 101, "x_ttp=abc",
        "_ttp", f"_ttp={_TTP}; _ttp=second", "_ttp=\xe9", ";;;=;",
    )),
    ("Cookie: a=1", f"Cookie: _ttp={_TTP}"),
    *(("Accept-Language: " + value,) for value in ("", "en-GB,en;q=0.9", "*", "zh-Hant-TW;q=0.1", "\xe9", "a" * 2_000)),
    ("Accept-Language: de", "Accept-Language: fr"),
    *(("X-Forwarded-For: " + value,) for value in (
        "", "203.0.113.5", "198.51.100.9, 203.0.113.5, 127.0.0.2", "2001:db8:1:2::1", "[2001:db8::1]:443",
        "::ffff:1.2.3.4", "unknown", "203.0.113.5:8080", "nonsense, 127.0.0.1", ",", "203.0.113.5,",
        "127.0.0.1", "10.0.0.1, 10.0.0.2",
    )),
    ("X-Forwarded-For: 198.51.100.9, 203.0.113.5", "X-Forwarded-For: 127.0.0.2"),
    *((line,) for line in (
        "Sec-Purpose: prefetch;prerender", "Purpose: prefetch", "X-Moz: prefetch", "X-Purpose: preview",
        "Purpose: PREVIEW", "Purpose: other", "Sec-Purpose:",
    )),
    ("Connection: close",), ("Connection: keep-alive",), ("Connection: keep-alive, close",), ("Connection: Close",),
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    ("Expect: 100-continue",), ("User-Agent: second",), ("X-Odd:",), ("Range: bytes=0-1",), ("If-None-Match: *",),
    ("Origin: https://evil.test",), tuple(f"X-{number}: 1" for number in range(90)),
)  # fmt: skip

PLAIN_TARGETS = (
    "/spring", "/spring?", "/spring??", "/spring/", "/spring//", "/spring%20", "/spring.", "/spring,", "/spring)",
    '/spring"', "/spring%22%29", "/spring%2F", "/spring%E2%80%8B", "/spring%C2%A0?ad_id=7", "/%73pring",
    "/%73%70ring/?ad_id=7", "/spring%", "/spring!?ad_id=7", "/" + "s" * 64, "/_under-score_", "/_under-score_.",
    "/spring:", "/spring;", "/spring%0A", "/spring\\", "/spring/..", "//spring", "/%20spring", "///spring?ad_id=7",
)  # fmt: skip
OTHER_TARGETS = (
    "/", "//", "//spring/x", "/spring/x", "/SPRING", "/spring%2Fx", "/%73pring%00", "/spring%3Fad_id=7", "/spring;x",
    "/off", "/unknown", "/spring#", "/spring#top", "/spring?ad_id=7#top", "/spring#?ad_id=7", "/spring#top?ad_id=7",
    "/spring/#?a=1", "/spring%2573", "http://t.test/spring?ad_id=7", "http://evil.test/spring", "*", "/healthz",
    "/" + "s" * 65, "/./spring", "/../spring", "/spring/enrich", "/spring?a=" + "b" * 9_000,
)  # fmt: skip


def _raw(line: str, *headers: str, body: str = "") -> bytes:
    lines = [line, "Host: t.test", f"User-Agent: {ANDROID}", *headers, "", body]
    return "\r\n".join(lines).encode("latin-1")


def _of_the_wire() -> Iterator[Visit]:
    get = "GET /spring?ad_id=7 HTTP/1.1"
    yield Visit("a body", _raw(get, "Content-Length: 4", body="GET "))
    yield Visit("a chunked body", _raw(get, "Transfer-Encoding: chunked", body="4\r\nGET \r\n0\r\n\r\n"))
    yield Visit("an announced body", _raw(get, "Content-Length: 4", "Expect: 100-continue", body="GET "))
    yield Visit("HTTP/1.0", _raw("GET /spring?ad_id=7 HTTP/1.0"))
    yield Visit("HTTP/1.0, kept alive", _raw("GET /spring?ad_id=7 HTTP/1.0", "Connection: keep-alive"))
    yield Visit("HTTP/1.0 without a host", b"GET /spring HTTP/1.0\r\nUser-Agent: iPhone\r\n\r\n")
    yield Visit("folded header", _raw(get, "Accept-Language: en,", " de"), is_plain=False)
    yield Visit("names in capitals", _raw(get, "ACCEPT-LANGUAGE: de", "COOKIE: _ttp=abc"))
    yield Visit("blanks around a value", _raw(get, "Accept-Language:   de  ", f"Cookie:\t_ttp={_TTP} "))
    yield Visit("raw bytes in the query", _raw("GET /spring?ad_name=\xe9\xff&ad_id=7 HTTP/1.1"))
    yield Visit("raw bytes in the path", _raw("GET /spring\xc2\xa0?ad_id=7 HTTP/1.1"))
    yield Visit("no user agent", request("/spring?ad_id=7", user_agent=None))
    yield Visit("another host", _raw(get).replace(b"t.test", b"other.test"))
    yield Visit("two hosts", _raw(get, "Host: t.test"), is_plain=False)
    yield Visit("no host", _raw(get).replace(b"Host: t.test\r\n", b""), is_plain=False)
    yield Visit("HTTP/0.9", _raw("GET /spring"), is_plain=False)
    for method in ("HEAD", "POST", "PUT", "OPTIONS", "FOO"):
        yield Visit(method, _raw(f"{method} /spring?ad_id=7 HTTP/1.1"), is_plain=False)


def _of_every_link() -> Iterator[Visit]:
    for link in PLAIN_LINKS:
        for agent in (IPHONE, ANDROID, DESKTOP, BOT):
            for query in ("", "campaign_id=1801&campaign_name=Spring+Sale&utm_source=mail&utm_campaign=June&utm_id=7"):
                yield Visit(
                    f"{link.slug}?{query} {agent}", request(f"/{link.slug}?{query}", user_agent=agent), link.enabled
                )


def _of_ads() -> Iterator[Visit]:
    for every_macro in (False, True):
        clicks = Clicks("/spring", seed=10, every_macro=every_macro)
        for index in range(60):
            yield Visit(f"click {index} of the benchmark, every macro: {every_macro}", clicks(index))


def _queries() -> Iterator[tuple[str, str]]:
    """Each query from one phone, by turns, and those of names, which the stores are told, from both."""
    for query, agent in zip(QUERIES, cycle((IPHONE, ANDROID)), strict=False):
        yield query, agent
        if query.startswith(("campaign_", "utm_")):
            yield f"{query}&again=1", IPHONE if agent is ANDROID else ANDROID


CORPUS = tuple(
    chain(
        (Visit(agent, request(f"/spring?{GENERATED}", user_agent=agent)) for agent in _agents()),
        (Visit(f"query {query}", request(f"/spring?{query}", user_agent=agent)) for query, agent in _queries()),
        (Visit(f"{lines}", request("/spring?ad_id=7&ip=203.0.113.9", *lines)) for lines in HEADERS),
        (Visit(target, request(target)) for target in PLAIN_TARGETS),
        (Visit(target, request(target), is_plain=False) for target in OTHER_TARGETS),
        _of_every_link(),
        _of_ads(),
        _of_the_wire(),
    )
)
