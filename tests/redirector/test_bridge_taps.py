"""The button of the bridge page in a real browser: https first, the store's app where that leads nowhere."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from clicks.links import Link
from tests.engines import SessionEngines, short_directory
from tests.redirector.browser import CHROMIUM, NOTHING_SHOWN, PAGE_SHOWN, Browser, Stores, Tab, browser, stores
from tests.redirector.serving import APP_STORE, PLAY, Redirector, publish, running, wait_for
from tests.redirector.wire import ANDROID, DESKTOP, IPHONE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: nothing taps the button")

PAGE = "https://example.com/game"
LINKS = (
    Link("stores", "app_spring", APP_STORE, PLAY, PAGE, mode="bridge"),
    Link("crossed", "app_spring", ios_url=PLAY, android_url=APP_STORE, fallback_url=PLAY, mode="bridge"),
    Link("pages", "app_spring", ios_url=PAGE, android_url=f"{PAGE}/play.google.com", mode="bridge"),
    Link("look-alikes", "app_spring", "https://apps.apple.com.example.com/", "https://play.google.com:8443/store", PAGE,
         mode="bridge"),
)  # fmt: skip
SECOND_TRY_IS_OVER = "new Promise(over => setTimeout(over, 1600))"  # its own 1.5 s began before


@dataclass(frozen=True)
class World:
    """A redirector, the stores, and a browser that knows both."""

    redirector: Redirector
    stores: Stores
    browser: Browser

    def tapped(self, slug: str, user_agent: str) -> Tab:
        """A page whose hand-over led nowhere and whose button was tapped."""
        tab = Tab(self.browser, user_agent)
        tab.open(f"http://127.0.0.1:{self.redirector.port}/{slug}")
        tab.tap("#go")
        return tab


@pytest.fixture(scope="module")
def started(engines: SessionEngines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    publish(engines.valkey.url, LINKS)
    directory: Path = tmp_path_factory.mktemp("browser")
    with ExitStack() as stack:
        redirector = stack.enter_context(running(engines.valkey.url, stack.enter_context(short_directory())))
        known = stack.enter_context(stores(directory))
        yield World(redirector, known, stack.enter_context(browser(directory, known.port)))


@pytest.fixture
def world(started: World, redis_url: str) -> World:
    """No click stored yet, and stores that show nothing."""
    started.stores.status = NOTHING_SHOWN
    return started


def test_on_android_play_itself_is_tried_with_the_page_as_its_fallback(world: World) -> None:
    tab = world.tapped("stores", ANDROID)
    tab.run(SECOND_TRY_IS_OVER)
    url = tab.run("document.getElementById('go').href")
    assert url.startswith(f"{PLAY}&referrer=click_id%3D")
    intent = (
        f"intent{url.removeprefix('https')}#Intent;scheme=https;package=com.android.vending;"
        f"S.browser_fallback_url={quote(url, safe='')};end"
    )
    assert tab.wanted() == [url, url, intent]  # by itself, by the tap, and then


def test_on_an_iphone_the_app_store_itself_is_tried(world: World) -> None:
    tab = world.tapped("stores", IPHONE)
    tab.run(SECOND_TRY_IS_OVER)
    url = f"{APP_STORE}?ct=stores"
    assert tab.wanted() == [url, url, f"itms-apps{url.removeprefix('https')}"]


@pytest.mark.parametrize(
    ("slug", "user_agent"),
    [
        ("crossed", IPHONE),
        ("crossed", ANDROID),
        ("crossed", DESKTOP),
        ("pages", IPHONE),
        ("pages", ANDROID),
        ("look-alikes", IPHONE),
        ("look-alikes", ANDROID),
    ],
)
def test_what_is_not_the_phones_store_has_no_second_try(world: World, slug: str, user_agent: str) -> None:
    tab = world.tapped(slug, user_agent)
    tab.run(SECOND_TRY_IS_OVER)
    assert [url.partition(":")[0] for url in tab.wanted()] == ["https", "https"]


@pytest.mark.parametrize("event", ["document.dispatchEvent(new Event('visibilitychange'))",
                                   "window.dispatchEvent(new Event('pagehide'))"], ids=["hidden", "left"])  # fmt: skip
def test_a_tap_that_led_somewhere_has_no_second_try(world: World, event: str) -> None:
    tab = world.tapped("stores", ANDROID)
    tab.run(event)
    tab.run(SECOND_TRY_IS_OVER)
    assert len(tab.wanted()) == 2


def test_a_store_that_shows_its_page_is_not_left_again(world: World) -> None:
    tab = Tab(world.browser, ANDROID)
    tab.open(f"http://127.0.0.1:{world.redirector.port}/stores")
    tab.shown("#go")
    url = tab.run("document.getElementById('go').href")
    wait_for(lambda: url in world.stores.asked)  # the hand-over has come to nothing
    world.stores.status = PAGE_SHOWN
    with tab.loaded():
        tab.tap("#go")
    tab.run(SECOND_TRY_IS_OVER)
    assert tab.run("document.title") == "the store"
    assert len(tab.wanted()) == 2


def test_the_tap_is_counted_once(world: World) -> None:
    def taps() -> float:
        metrics = world.redirector.metrics()
        return sum(value for name, value in metrics.items() if 'step="tap"' in name and 'link="pages"' in name)

    before = taps()
    tab = world.tapped("pages", ANDROID)
    tab.tap("#go")
    wait_for(lambda: taps() > before)
    tab.run(SECOND_TRY_IS_OVER)
    assert taps() == before + 1
