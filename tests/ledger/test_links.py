"""Links in the ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.apps import App, AppSettings, insert_app
from ledger.links import (
    LinkOptions,
    SlugTakenError,
    StoredLink,
    all_links,
    effective_links,
    get_link,
    insert_link,
    new_slug,
    slug_problem,
    update_link,
)
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio

BARE = StoredLink("tea", "app_1", None, None, None)
OPTIONS = LinkOptions(bridge_weight=40, utm="off", expires_at=1_800_000_000, click_cap=7)
FULL = StoredLink(
    "full", "app_1", "https://a.example/i", "https://a.example/a", "https://a.example/f", "bridge", False, OPTIONS
)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    settings = AppSettings(ios_app_id="1", android_package="com.example.tea", fallback_url="https://example.org/")
    await insert_app(pool, App("app_1", "Tea", settings, b"hash", b"", {}, datetime.now(UTC)))
    await insert_app(pool, App("app_2", "Bare", AppSettings(), b"hash 2", b"", {}, datetime.now(UTC)))
    yield pool
    await pool.close()


async def test_what_is_inserted_is_read_back(ledger: Any) -> None:
    for link in (BARE, FULL):
        await insert_link(ledger, link)
    assert await all_links(ledger) == [BARE, FULL]
    assert await get_link(ledger, "full") == FULL
    assert await get_link(ledger, "none") is None


async def test_the_apps_other_store_does_not_fill_the_gap_of_a_link_for_one_os(ledger: Any) -> None:
    for os in ("ios", "android"):
        await insert_link(ledger, StoredLink(os, "app_1", None, None, None, options=LinkOptions(os=os)))
    android, ios = await effective_links(ledger)
    assert (ios["ios_url"], ios["android_url"]) == ("https://apps.apple.com/app/id1", None)
    assert android["ios_url"] is None
    assert android["android_url"] == "https://play.google.com/store/apps/details?id=com.example.tea"


async def test_the_apps_values_stand_in_the_gaps(ledger: Any) -> None:
    await insert_link(ledger, BARE)
    await insert_link(ledger, FULL)
    assert await effective_links(ledger) == [
        {
            "slug": "full",
            "app_id": "app_1",
            "ios_url": "https://a.example/i",
            "android_url": "https://a.example/a",
            "fallback_url": "https://a.example/f",
            "mode": "bridge",
            "enabled": False,
            "generate_ttp": True,
            "bridge_weight": 40,
            "utm": "off",
            "expires_at": 1_800_000_000,
            "click_cap": 7,
            "os": "both",
        },
        {
            "slug": "tea",
            "app_id": "app_1",
            "ios_url": "https://apps.apple.com/app/id1",
            "android_url": "https://play.google.com/store/apps/details?id=com.example.tea",
            "fallback_url": "https://example.org/",
            "mode": "redirect",
            "enabled": True,
            "generate_ttp": True,
            "bridge_weight": None,
            "utm": "add",
            "expires_at": None,
            "click_cap": None,
            "os": "both",
        },
    ]


async def test_an_app_without_stores_leaves_the_gaps_open(ledger: Any) -> None:
    await insert_link(ledger, replace(BARE, app_id="app_2"))
    [link] = await effective_links(ledger)
    assert (link["ios_url"], link["android_url"], link["fallback_url"]) == (None, None, None)


async def test_a_taken_slug_is_refused(ledger: Any) -> None:
    await insert_link(ledger, BARE)
    with pytest.raises(SlugTakenError):
        await insert_link(ledger, replace(FULL, slug="tea"))
    assert await all_links(ledger) == [BARE]


async def test_an_update_stores_everything_but_slug_and_app(ledger: Any) -> None:
    await insert_link(ledger, BARE)
    changed = replace(FULL, slug="tea")
    assert await update_link(ledger, changed)
    assert await get_link(ledger, "tea") == changed
    assert not await update_link(ledger, FULL)


@pytest.mark.parametrize("slug", ["a", "Tea-Timer_1", "x" * 64, "0"])
def test_a_slug_may_be(slug: str) -> None:
    assert slug_problem(slug) is None


@pytest.mark.parametrize("slug", ["", "x" * 65, "a b", "a/b", "ä", "a.b", "tea\n", "metrics", "HEALTHZ", "favicon"])
def test_a_slug_must_not_be(slug: str) -> None:
    assert slug_problem(slug) is not None


def test_made_slugs_differ_and_may_be() -> None:
    slugs = {new_slug() for _ in range(100)}
    assert len(slugs) == 100
    assert not any(slug_problem(slug) for slug in slugs)
