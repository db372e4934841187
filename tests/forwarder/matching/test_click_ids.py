"""Play's referrer, as stores hand it over."""

from urllib.parse import quote

import pytest

from forwarder.matching.click_ids import GOOGLE_ADS, NO_REFERRER, parse_referrer, refusal
from forwarder.matching.policy import Policy
from tests.forwarder.matching.cases import click, install

ID = "8yCxObZ3ye45c4Mukdc5W1"
ONCE = f"click_id={ID}&utm_source=tiktok&utm_medium=paid&utm_campaign=Spring%20%26%20all"


@pytest.mark.parametrize(
    "text",
    [
        ONCE,
        quote(ONCE, safe=""),
        quote(quote(ONCE, safe=""), safe=""),
        f"utm_source=tiktok&click_id={ID}",
        f"click_id={ID}",
    ],
    ids=["decoded", "encoded once", "encoded twice", "not first", "alone"],
)
def test_the_click_id_is_found_however_often_the_referrer_is_encoded(text: str) -> None:
    assert parse_referrer(text).click_id == ID


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, NO_REFERRER),
        ("", NO_REFERRER),
        (" ", NO_REFERRER),
        ("utm_source=google-play&utm_medium=organic", "organic by the store's word"),
        ("utm_source%3Dgoogle-play%26utm_medium%3Dorganic", "organic by the store's word"),
        ("utm_source=(not%20set)&utm_medium=(not%20set)", "the store lost the referrer: (not set)"),
        ("gclid=Cj0&click_id=" + ID, GOOGLE_ADS),
        ("gbraid%3Dabc", GOOGLE_ADS),
        ("utm_source=newsletter", "no click id in the referrer"),
        ("click_id=", "no click id in the referrer"),
        ("%%%&=&&", "no click id in the referrer"),
        ("x" * 4000, "no click id in the referrer"),
    ],
)
def test_a_referrer_without_a_click_id_says_what_it_is(text: str | None, reason: str) -> None:
    assert parse_referrer(text).click_id is None
    assert parse_referrer(text).reason == reason


@pytest.mark.parametrize(("app_id", "reason"), [("", ""), ("app_b", "another app's click")], ids=["lost", "another's"])
def test_a_click_whose_ad_is_lost_is_still_its_ids(app_id: str, reason: str) -> None:
    found = click(app_id=app_id, platform="android")
    assert refusal(found.click_id, found, install("android"), Policy()) == reason


@pytest.mark.parametrize(
    ("platform", "reason"),
    [("android", ""), ("other", ""), ("ios", "a click on another platform")],
)
def test_an_id_of_the_other_platforms_click_is_forged(platform: str, reason: str) -> None:
    found = click(platform=platform)
    assert refusal(found.click_id, found, install("android"), Policy()) == reason
