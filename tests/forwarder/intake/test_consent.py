"""What is read of `consent`: every category that a pixel may ask for, not `marketing` alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from forwarder.errors import FieldError
from forwarder.intake.consent import MAX_CATEGORIES, consent_fields, undescribed
from forwarder.intake.set_aside import noting
from ledger.apps import AppChanges, update_app
from ledger.pixels import update_pixel
from tests.forwarder.api import APP, PIXEL, Api, opened_api, settings

SAID: dict[str, dict[str, str]] = {
    "sign_up": {}, "purchase": {"analytics": "granted"}, "search": {}, "add_to_cart": {"analytics": "denied"},
    "session_start": {},
}  # fmt: skip


@pytest.fixture
async def api(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, tmp_path)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, {}),
        ({}, {}),
        ({"marketing": None, "analytics": None}, {}),
        ({"marketing": "granted", "analytics": "denied"}, {"marketing": "granted", "analytics": "denied"}),
        (
            {"att_status": "restricted", "ad_user_data": "unknown"},
            {"att_status": "restricted", "ad_user_data": "unknown"},
        ),
        ({"analytics": " Denied ", "ads": "GRANTED"}, {"analytics": "denied", "ads": "granted"}),
        ({"analytics": False, "ads": True}, {"analytics": "denied", "ads": "granted"}),
        ({"source": "cmp_v2", "version": 3, "at": {"x": [1]}, "list": []}, {}),
        ({"Analytics": "denied", "a b": "denied", "é": "denied", "a" * 41: "denied", "": "denied"}, {}),
    ],
)
def test_every_category_is_read(given: dict[str, Any] | None, read: dict[str, str]) -> None:
    assert consent_fields(given) == read


@pytest.mark.parametrize("value", ["GRANTED", "yes", "", True, 1, [], {}, "authorized"])
def test_a_word_that_marketing_has_not_is_refused(value: Any) -> None:
    with pytest.raises(FieldError, match="must be granted, denied or unknown") as refused:
        consent_fields({"analytics": "granted", "marketing": value})
    assert refused.value.field == "consent.marketing"


@pytest.mark.parametrize("name", ["Marketing", "attStatus", "ad-storage", "é", "", "a" * 41])
def test_a_name_that_no_pixel_can_ask_for_is_counted(name: str) -> None:
    with noting() as noted:
        assert consent_fields({name: "denied", "analytics": "granted"}) == {"analytics": "granted"}
    assert noted == {("consent", "not_a_category"): 1}


def test_there_is_a_bound_to_categories() -> None:
    given = {f"c{number}": "granted" for number in range(MAX_CATEGORIES + 1)}
    with pytest.raises(FieldError):
        consent_fields(given)


async def ask_for(api: Api, *categories: str) -> None:
    assert await update_pixel(api.pool, (APP, PIXEL), settings={"consent_categories": categories})
    await api.services.directory.refresh()


async def states(api: Api) -> list[tuple[str, str]]:
    return [(row["source_event"], row["state"]) for row in await api.deliveries()]


@pytest.mark.anyio
async def test_a_pixel_that_asks_for_more_than_marketing_is_not_sent_what_was_denied(api: Api) -> None:
    await ask_for(api, "marketing", "analytics")
    await api.install(consent={"marketing": "granted", "analytics": "denied"})
    for number, (name, consent) in enumerate(SAID.items()):
        await api.events({"event_id": f"e{number}", "install_id": "i-1", "name": name, "consent": consent})
    assert await states(api) == [
        ("install", "suppressed"), ("sign_up", "suppressed"), ("purchase", "due"), ("search", "due"),
        ("add_to_cart", "suppressed"), ("session_start", "suppressed"),
    ]  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("word", "when_unknown", "state"),
    [
        ("restricted", "allow", "suppressed"),
        ("denied", "allow", "suppressed"),
        ("not_determined", "allow", "due"),
        ("not_determined", "deny", "suppressed"),
        ("authorized", "deny", "due"),
    ],
)
async def test_apples_words_are_understood_where_a_pixel_asks_for_them(
    api: Api, word: str, when_unknown: str, state: str
) -> None:
    await update_app(api.pool, APP, AppChanges(settings={"consent_when_unknown": when_unknown}))
    await ask_for(api, "att_status")
    await api.install(consent={"att_status": word})
    assert await states(api) == [("install", state)]


DESCRIBING = {
    "ip": "203.0.113.7", "user_agent": "x", "properties": {"query": "ill"},
    "user": {"email": "a@example.com", "external_id": "u"},
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("whose", [{"install_id": "i-1"}, {}], ids=["by its install", "by the person"])
@pytest.mark.parametrize(
    ("installed", "own", "kept"),
    [
        ("denied", None, set()),
        ("denied", "unknown", {"consent"}),
        ("denied", "granted", {"consent", *DESCRIBING}),
        ("granted", "denied", {"consent"}),
        ("unknown", None, set(DESCRIBING)),
    ],
)
async def test_an_event_of_an_install_that_said_no_is_stored_without_what_describes_the_person(
    api: Api, whose: dict[str, str], installed: str, own: str | None, kept: set[str]
) -> None:
    await api.install(consent={"marketing": installed}, user={"external_id": "u"})
    consent = {} if own is None else {"consent": {"marketing": own}}
    await api.events(
        {"event_id": "e", "name": "purchase", "value": 5, "currency": "EUR"} | DESCRIBING | whose | consent
    )
    row = await api.pool.fetchrow("SELECT body, value, external_ids FROM events WHERE event_id = 'e'")
    assert (set(row["body"]), row["value"], row["external_ids"]) == (kept, 5, ["u"])


def test_what_a_platform_says_of_an_order_stays_as_its_refund_is_found_by_it() -> None:
    body = {**DESCRIBING, "consent": {"marketing": "denied"}}
    assert set(undescribed(body, "stripe")) == {"properties", "consent"}
