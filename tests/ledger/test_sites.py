"""What redirectors serve, as the ledger has it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.apps import App, AppSettings, insert_app
from ledger.counts import add_counts
from ledger.links import LinkOptions, StoredLink, insert_link
from ledger.pool import open_pool
from ledger.sites import domain_owner, link_bases, published_table
from tests.ledger.test_counts import Visits

pytestmark = pytest.mark.anyio

CERTIFICATE = ":".join(["AB"] * 32)


def app(app_id: str, **settings: Any) -> App:
    return App(app_id, app_id, AppSettings(**settings), app_id.encode(), b"", {}, datetime.now(UTC))


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    yield pool
    await pool.close()


async def test_an_app_is_published_with_its_domains_and_deep_link_files(ledger: Any) -> None:
    deep = app(
        "app_1",
        domains=("go.tea.example",),
        android_package="com.example.tea",
        apple_app_id_prefix=("ABCDE12345.com.example.tea.ios", "ZYXWV98765"),
        android_cert_sha256=(CERTIFICATE,),
    )
    for one in (deep, app("app_2"), app("app_3", apple_app_id_prefix=("ABCDE12345",))):
        await insert_app(ledger, one)
    table = await published_table(ledger)
    assert table["sites"] == [
        {
            "app_id": "app_1",
            "name": "app_1",
            "domains": ("go.tea.example",),
            "apple_app_ids": ("ABCDE12345.com.example.tea.ios", "ZYXWV98765.com.example.tea"),
            "android_package": "com.example.tea",
            "android_cert_sha256": (CERTIFICATE,),
        },
        {"app_id": "app_2", "name": "app_2"},
        {"app_id": "app_3", "name": "app_3"},
    ]
    assert await domain_owner(ledger, "go.tea.example") == "app_1"
    assert await domain_owner(ledger, "tea.example") is None


async def test_capped_links_are_published_with_the_clicks_of_persons(ledger: Any) -> None:
    await insert_app(ledger, app("app_1"))
    await insert_link(ledger, StoredLink("open", "app_1", None, None, None))
    for slug in ("capped", "fresh"):
        await insert_link(ledger, StoredLink(slug, "app_1", None, None, None, options=LinkOptions(click_cap=9)))
    await add_counts(
        ledger, "drain", [Visits(3, link="capped"), Visits(5, "bot", link="capped"), Visits(4, link="open")]
    )
    assert (await published_table(ledger))["clicks"] == {"capped": 3, "fresh": 0}


@pytest.mark.parametrize(
    ("public_url", "domains", "bases"),
    [
        ("https://go.example.com", (), ["https://go.example.com"]),
        ("https://go.example.com", ("a.example",), ["https://a.example", "https://go.example.com"]),
        ("http://127.0.0.1:8000", ("a.example",), ["http://a.example:8000", "http://127.0.0.1:8000"]),
    ],
)
def test_links_stand_on(public_url: str, domains: tuple[str, ...], bases: list[str]) -> None:
    assert link_bases(public_url, domains) == bases
