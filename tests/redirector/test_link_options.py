"""Expiry, click cap, own domains, deep-link files and wrong OS, over HTTP."""

import json
import time
from collections.abc import Iterator

import pytest

from clicks.links import Link, Site
from tests.engines import SessionEngines, short_directory
from tests.redirector.serving import (
    APP_STORE,
    FALLBACK,
    PLAY,
    UNHURRIED,
    Redirector,
    publish,
    running,
    start_redirector,
    stored_clicks,
    wait_for,
)
from tests.redirector.wire import BOT, IPHONE, Reply, ask, exchange, request

CERTIFICATE = ":".join(["AB"] * 32)
SPRING = Link("spring", "app_tea", APP_STORE, PLAY, FALLBACK)
JAM = Link("jam", "app_jam", APP_STORE, PLAY)
TEA_SITE = Site("app_tea", (), ("ABCDE12345.com.example.tea",), "com.example.tea", (CERTIFICATE,))
JAM_SITE = Site("app_jam", (), ("ABCDE12345.com.example.jam",))


@pytest.fixture(scope="module")
def started(engines: SessionEngines) -> Iterator[Redirector]:
    publish(engines.valkey.url)
    with short_directory() as directory, running(engines.valkey.url, directory, **UNHURRIED) as redirector:
        yield redirector


@pytest.fixture
def redirector(started: Redirector, redis_url: str) -> Redirector:
    return started


def serve(redirector: Redirector, *links: Link, sites: tuple[Site, ...] = ()) -> None:
    """Publish, and wait until the redirector serves it: its own marker link is the last word."""
    marker = f"marker-{time.monotonic_ns()}"
    publish(redirector.redis_url, (*links, Link(marker, "app_marker", fallback_url="https://example.com")), sites)
    wait_for(lambda: ask(redirector.port, f"/{marker}", user_agent=BOT).status == 302)


def ask_host(redirector: Redirector, path: str, host: str, method: str = "GET") -> Reply:
    sent = request(path, "Connection: close", user_agent=IPHONE, method=method).replace(b"t.test", host.encode())
    (reply,) = exchange(redirector.port, sent, methods=[method])
    return reply


def test_an_expired_link_leads_everybody_to_its_fallback(redirector: Redirector) -> None:
    gone, coming = int(time.time()) - 1, int(time.time()) + 3600
    serve(
        redirector,
        Link("gone", "app_tea", APP_STORE, PLAY, FALLBACK, mode="bridge", expires_at=gone),
        Link("bare", "app_tea", APP_STORE, PLAY, expires_at=gone),
        Link("coming", "app_tea", APP_STORE, PLAY, FALLBACK, expires_at=coming),
    )
    assert ask(redirector.port, "/gone").location == FALLBACK
    assert ask(redirector.port, "/coming").location.startswith(PLAY)
    assert ask(redirector.port, "/bare").location == "http://t.test/bare/stores"
    page = ask(redirector.port, "/bare/stores").body
    assert b"has ended" in page
    assert APP_STORE.encode() not in page


def test_a_link_expires_while_it_is_served(redirector: Redirector) -> None:
    serve(redirector, Link("soon", "app_tea", APP_STORE, PLAY, FALLBACK, expires_at=int(time.time()) + 2))
    assert ask(redirector.port, "/soon").location.startswith(PLAY)
    wait_for(lambda: ask(redirector.port, "/soon").location == FALLBACK)


def test_a_cap_is_kept_to_the_click_and_counts_persons_alone(redirector: Redirector) -> None:
    serve(redirector, Link("capped", "app_tea", APP_STORE, PLAY, FALLBACK, click_cap=3))
    for _ in range(5):
        assert ask(redirector.port, "/capped", user_agent=BOT).location == FALLBACK
    locations = [ask(redirector.port, "/capped", user_agent=IPHONE).location for _ in range(5)]
    assert locations == [f"{APP_STORE}?ct=capped"] * 3 + [FALLBACK] * 2
    assert len(stored_clicks(redirector.redis_url)) == 5
    serve(redirector, Link("capped", "app_tea", APP_STORE, PLAY, FALLBACK, click_cap=4))
    locations = [ask(redirector.port, "/capped", user_agent=IPHONE).location for _ in range(2)]
    assert locations == [f"{APP_STORE}?ct=capped", FALLBACK]


def test_a_cap_outlives_the_redirector_and_holds_for_a_second_one(redirector: Redirector) -> None:
    serve(redirector, Link("shared", "app_tea", APP_STORE, PLAY, FALLBACK, click_cap=2))
    for _ in range(2):
        assert ask(redirector.port, "/shared").location.startswith(PLAY)
    with short_directory() as directory:
        second = start_redirector(redirector.redis_url, directory)
        try:
            second.wait_until_ready()
            wait_for(lambda: ask(second.port, "/shared", user_agent=BOT).location == FALLBACK)
            assert ask(second.port, "/shared").location == FALLBACK
        finally:
            second.kill()


def test_an_apps_domain_serves_that_app_alone(redirector: Redirector) -> None:
    serve(redirector, SPRING, JAM)
    assert ask_host(redirector, "/spring", "anything.test").status == 302
    serve_sites = (Site("app_tea", ("go.tea.example",)),)
    publish(redirector.redis_url, (SPRING, JAM), serve_sites)
    wait_for(lambda: ask_host(redirector, "/spring", "anything.test").status == 404)
    for method in ("GET", "HEAD"):
        assert ask_host(redirector, "/spring", "go.tea.example", method).status == 302
        assert ask_host(redirector, "/jam", "go.tea.example", method).status == 404
        assert ask_host(redirector, "/jam", "t.test", method).status == 302
        assert ask_host(redirector, "/jam", "127.0.0.1:8000", method).status == 302
        assert ask_host(redirector, "/jam", "other.test", method).status == 404
    assert ask_host(redirector, "/jam/stores", "go.tea.example").status == 404
    assert ask_host(redirector, "/healthz", "other.test").status == 200


def test_the_page_of_both_stores_stands_on_the_apps_own_domain(redirector: Redirector) -> None:
    serve(redirector, JAM, sites=(Site("app_jam", ("go.jam.example",)),))
    reply = ask_host(redirector, "/jam", "go.jam.example")
    assert reply.location == f"{APP_STORE}?ct=jam"
    sent = request("/jam", "Connection: close", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0")
    (desktop,) = exchange(redirector.port, sent)
    assert desktop.location == "http://go.jam.example/jam/stores"


def test_the_deep_link_files_name_the_apps_of_the_host(redirector: Redirector) -> None:
    serve(redirector, SPRING, sites=(TEA_SITE, JAM_SITE))
    reply = ask(redirector.port, "/.well-known/apple-app-site-association")
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
    identifiers = ["ABCDE12345.com.example.jam", "ABCDE12345.com.example.tea"]
    (detail,) = json.loads(reply.body)["applinks"]["details"]
    assert sorted(detail["appIDs"]) == identifiers
    assert detail["components"] == [{"/": "*"}]
    reply = ask(redirector.port, "/.well-known/assetlinks.json")
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
    assert json.loads(reply.body) == [
        {
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": "com.example.tea",
                "sha256_cert_fingerprints": [CERTIFICATE],
            },
        }
    ]
    own = Site("app_jam", ("go.jam.example",), JAM_SITE.apple_app_ids)
    serve(redirector, SPRING, sites=(TEA_SITE, own))
    reply = ask_host(redirector, "/.well-known/apple-app-site-association", "go.jam.example")
    assert json.loads(reply.body)["applinks"]["details"][0]["appIDs"] == ["ABCDE12345.com.example.jam"]
    assert json.loads(ask_host(redirector, "/.well-known/assetlinks.json", "go.jam.example").body) == []
    assert ask_host(redirector, "/.well-known/assetlinks.json", "other.test").status == 404


def test_without_apps_the_deep_link_files_are_empty(redirector: Redirector) -> None:
    serve(redirector, SPRING)
    apple = ask(redirector.port, "/.well-known/apple-app-site-association")
    assert json.loads(apple.body) == {"applinks": {"details": []}}
    assert json.loads(ask(redirector.port, "/.well-known/assetlinks.json").body) == []


def test_a_phone_of_the_wrong_os_is_counted(redirector: Redirector) -> None:
    serve(redirector, Link("ios-only", "app_tea", ios_url=APP_STORE, fallback_url=FALLBACK))
    assert ask(redirector.port, "/ios-only").location == FALLBACK
    ask(redirector.port, "/ios-only", user_agent=IPHONE)
    name = 'signalpost_wrong_os_total{link="ios-only",platform="android"}'
    wait_for(lambda: redirector.metrics().get(name) == 1.0)
    assert not [key for key in redirector.metrics() if key.startswith("signalpost_wrong_os") and '"ios"' in key]
    assert len(stored_clicks(redirector.redis_url)) == 2


def test_utm_parameters_reach_play(redirector: Redirector) -> None:
    serve(redirector, SPRING, Link("own", "app_tea", android_url=PLAY, utm="replace"))
    assert ask(redirector.port, "/spring?utm_content=hook&utm_source=x").location.endswith(
        "%26utm_source%3Dtiktok%26utm_medium%3Dpaid%26utm_content%3Dhook"
    )
    assert "utm_source%3Dx%26" in ask(redirector.port, "/own?utm_content=hook&utm_source=x").location
