"""Bridge pages, over HTTP and in a real browser."""

import hashlib
import http.server
import json
import re
import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from clicks.links import Link
from clicks.record import generated_ttp
from redirector.bridge import gets_bridge
from tests.engines import SessionEngines, short_directory
from tests.redirector.serving import (
    APP_STORE,
    FALLBACK,
    PLAY,
    UNHURRIED,
    Redirector,
    counted,
    find_clicks,
    publish,
    running,
    stored_clicks,
    wait_for,
)
from tests.redirector.wire import ANDROID, BOT, DESKTOP, IPHONE, Reply, ask, exchange, request

BRIDGE = Link("bridge", "app_spring", APP_STORE, PLAY, FALLBACK, mode="bridge")
HALF = Link("half", "app_spring", APP_STORE, PLAY, FALLBACK, bridge_weight=50)
LONG = Link("long", "app_spring", android_url=f"{PLAY}&x={'y' * 1_900}", mode="bridge")
PHONE = {
    "screen": {"width": 393, "height": 852, "scale": 3},
    "timezone": "Europe/London",
    "languages": ["en-GB"],
    "touch_points": 5,
}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def started(engines: SessionEngines) -> Iterator[Redirector]:
    publish(engines.valkey.url, (BRIDGE, HALF, LONG))
    with short_directory() as directory, running(engines.valkey.url, directory, **UNHURRIED) as redirector:
        yield redirector


@pytest.fixture
def bridged(started: Redirector, redis_url: str) -> Redirector:
    """A redirector with bridge links, and no click stored yet."""
    return started


def attribute(page: Reply, name: str) -> str:
    found = re.search(rf'<a [^>]*\b{name}="([^"]+)"', page.body.decode())
    assert found is not None
    return unescape(found[1])


def post(redirector: Redirector, path: str, body: bytes, *headers: str) -> Reply:
    sent = request(path, f"Content-Length: {len(body)}", "Connection: close", *headers, method="POST") + body
    (reply,) = exchange(redirector.port, sent)
    return reply


def tell(redirector: Redirector, token: str, slug: str = "bridge", step: str = "view", **facts: object) -> int:
    return post(redirector, f"/{slug}/enrich", json.dumps({"token": token, "step": step, **facts}).encode()).status


def steps(redirector: Redirector, slug: str) -> dict[str, float]:
    found = {}
    for name, value in redirector.metrics().items():
        if name.startswith("signalpost_bridge_total") and f'link="{slug}"' in name:
            found[name.partition('step="')[2].partition('"')[0]] = value
    return found


@pytest.mark.parametrize(("user_agent", "platform"), [(IPHONE, "ios"), (ANDROID, "android"), (DESKTOP, "other")])
def test_the_page_leads_where_the_redirect_would_and_its_click_is_stored(
    bridged: Redirector, user_agent: str, platform: str
) -> None:
    page = ask(bridged.port, "/bridge?campaign_name=Tea", user_agent=user_agent)
    assert (page.status, page.header("content-type")) == (200, "text/html; charset=utf-8")
    (click,) = stored_clicks(bridged.redis_url)
    target = attribute(page, "href")
    expected = {
        "ios": f"{APP_STORE}?ct=Tea",
        "android": f"{PLAY}&referrer=click_id%3D{click.click_id}"
        "%26utm_source%3Dtiktok%26utm_medium%3Dpaid%26utm_campaign%3DTea",
        "other": FALLBACK,
    }
    assert target == expected[platform]
    assert f'content="0;url={target}"' in unescape(page.body.decode())  # without JavaScript
    assert page.header("set-cookie") == f"_ttp={click.ttp}; Max-Age=34190000; Path=/; SameSite=Lax"
    assert counted(bridged.redis_url) == {("bridge", platform, "click"): 1}


@pytest.mark.parametrize(
    "target",
    [
        "/bridge",
        f"/bridge?campaign_name={'%C3%BC' * 300}",
        "/long?campaign_name=Tea",
        f"/long?campaign_name={'%C3%BC' * 300}",
    ],
)
def test_the_page_is_under_4_kb_and_asks_for_nothing_else(bridged: Redirector, target: str) -> None:
    page = ask(bridged.port, target)
    assert len(page.body) < 4_096
    assert page.header("content-length") == str(len(page.body))
    assert not re.search(rb"\bsrc=|<link|@import|url\((?!')", page.body)


@pytest.mark.parametrize("slug", ["bridge", "long"])
def test_the_policy_allows_this_script_and_style_and_no_other(bridged: Redirector, slug: str) -> None:
    page = ask(bridged.port, f"/{slug}")
    policy = dict(part.strip().split(" ", 1) for part in (page.header("content-security-policy") or "").split(";"))
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), page.body, re.DOTALL)
        assert len(content) == 1
        assert policy[name] == f"'sha256-{b64encode(hashlib.sha256(content[0]).digest()).decode()}'"
    assert (policy["default-src"], policy["connect-src"], policy["base-uri"]) == ("'none'", "'self'", "'none'")
    for name in ("cache-control", "referrer-policy", "x-robots-tag"):
        assert page.header(name) is not None


def test_nothing_the_visit_carries_gets_into_the_page_as_markup(bridged: Redirector) -> None:
    evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    page = ask(bridged.port, f"/bridge?campaign_name={evil}&utm_content={evil}&ttclid={evil}").body
    assert page.count(b"<script>") == 1
    assert b"alert(1)" not in page


def test_a_bot_gets_the_same_page_and_leaves_no_click(bridged: Redirector) -> None:
    bot, person = (ask(bridged.port, "/bridge", user_agent=agent) for agent in (BOT, DESKTOP))
    blank = re.compile(rb'data-t="[^"]+"')
    assert blank.sub(b"", bot.body) == blank.sub(b"", person.body)
    assert [click.user_agent for click in stored_clicks(bridged.redis_url)] == [DESKTOP]
    assert tell(bridged, attribute(bot, "data-t"), **PHONE) == 204
    assert [click.enrichment for click in find_clicks(bridged.redis_url, "127.0.0.1")] == [None]


def test_head_is_answered_without_a_body_or_a_click(bridged: Redirector) -> None:
    page = ask(bridged.port, "/bridge", method="HEAD")
    assert (page.status, page.body) == (200, b"")
    assert counted(bridged.redis_url) == {("bridge", "android", "head"): 1}
    assert stored_clicks(bridged.redis_url) == []


def test_what_the_page_tells_is_found_with_its_click(bridged: Redirector) -> None:
    token = attribute(ask(bridged.port, "/bridge", user_agent=IPHONE), "data-t")
    ask(bridged.port, "/bridge", user_agent=IPHONE)
    assert tell(bridged, token, **PHONE) == 204
    assert tell(bridged, token, **PHONE | {"timezone": "Europe/Paris"}) == 204  # the first word stands
    found = {click.click_id: click.enrichment for click in find_clicks(bridged.redis_url, "127.0.0.1")}
    assert found.pop(token.partition(".")[0]) == PHONE
    assert list(found.values()) == [None]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/bridge/enrich", b"{}", 400),
        ("/bridge/enrich", b"", 400),
        ("/bridge/enrich", b"\xff", 400),
        ("/bridge/enrich", b'{"token": "x", "step": "buy"}', 400),
        ("/bridge/enrich", b'{"token": "x", "step": "view"}', 403),
        ("/bridge/enrich", b"[" * 2_048, 400),
        ("/bridge/enrich", b'{"x":' + b"[" * 1_010 + b"]" * 1_010 + b"}", 400),
        ("/bridge/enrich", b"a" * 2_049, 413),
        ("/unknown/enrich", b'{"token": "x", "step": "view"}', 404),
    ],
)
def test_what_no_page_of_ours_says_is_refused(bridged: Redirector, path: str, body: bytes, status: int) -> None:
    assert post(bridged, path, body).status == status
    assert stored_clicks(bridged.redis_url) == []


def test_a_token_of_another_link_is_refused_and_nothing_stored(bridged: Redirector) -> None:
    token = attribute(ask(bridged.port, "/bridge", user_agent=IPHONE), "data-t")
    assert tell(bridged, token, slug="long", **PHONE) == 403
    assert [click.enrichment for click in find_clicks(bridged.redis_url, "127.0.0.1")] == [None]


def test_only_post_is_taken(bridged: Redirector) -> None:
    reply = ask(bridged.port, "/bridge/enrich")
    assert (reply.status, reply.header("allow")) == (405, "POST")


def test_a_browser_stays_on_its_side_of_a_split_and_both_sides_are_counted(bridged: Redirector) -> None:
    before = steps(bridged, "half")
    statuses = {}
    for number in range(40):
        cookie = f"Cookie: _ttp=browser{number}"
        first, again = (ask(bridged.port, "/half", cookie).status for _ in range(2))
        assert first == again
        statuses[number] = first
    pages = list(statuses.values()).count(200)
    assert set(statuses.values()) == {200, 302}
    assert len(stored_clicks(bridged.redis_url)) == 80

    def seen() -> dict[str, float]:
        return {step: value - before.get(step, 0) for step, value in steps(bridged, "half").items()}

    wait_for(lambda: seen() == {"page": 2.0 * pages, "redirect": 80.0 - 2 * pages})


@pytest.mark.parametrize(("weight", "share"), [(0, 0), (10, 10), (50, 50), (90, 90), (100, 100)])
def test_the_weight_is_the_share_of_browsers_that_get_the_page(weight: int, share: int) -> None:
    link = Link("split", "app_1", bridge_weight=weight, mode="bridge")
    shown = sum(gets_bridge(link, "", f"_ttp=browser-{number}".encode()) for number in range(5_000))
    assert abs(shown / 50 - share) <= 2


def test_a_new_browser_is_on_the_side_of_the_cookie_it_is_given() -> None:
    link = Link("split", "app_1", bridge_weight=50)
    for number in range(200):
        click_id = f"{number:022}"
        assert gets_bridge(link, click_id, b"") == gets_bridge(
            link, click_id, f"_ttp={generated_ttp(click_id)}".encode()
        )


@pytest.fixture
def store() -> Iterator[str]:
    """A page that stands in for the store."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>the store</title>the store")

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/app"
        server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: the bridge page is not tried in a browser")
def test_a_real_browser_is_handed_over_and_tells_what_it_is(
    engines: SessionEngines, redis_url: str, store: str, tmp_path: Path
) -> None:
    publish(redis_url, (Link("bridge", "app_spring", fallback_url=store, mode="bridge"),))
    with short_directory() as directory, running(redis_url, directory) as redirector:
        shown = subprocess.run(
            [
                str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
                f"--user-agent={ANDROID}",  # its own says that it is headless, so no person's
                "--virtual-time-budget=3000", "--window-size=412,915", "--lang=de-DE", "--dump-dom",
                f"http://127.0.0.1:{redirector.port}/bridge",
            ],
            capture_output=True, timeout=60, check=True,
            env={"PATH": "/usr/bin:/bin", "TZ": "America/Sao_Paulo", "HOME": str(tmp_path)},
        )  # fmt: skip
        assert b"the store" in shown.stdout
        wait_for(lambda: any(click.enrichment is not None for click in find_clicks(redis_url, "127.0.0.1")))
        (click,) = find_clicks(redis_url, "127.0.0.1")
        assert click.enrichment is not None
        assert click.enrichment["timezone"] == "America/Sao_Paulo"
        assert click.enrichment["screen"]["width"] > 0
        assert click.enrichment["languages"]
        wait_for(lambda: steps(redirector, "bridge") == {"page": 1.0, "view": 1.0, "auto": 1.0})
    publish(redis_url)
