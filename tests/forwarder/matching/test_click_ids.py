"""A click id that came with an install: whether it is good for a credit."""

import pytest

from forwarder.matching.click_ids import refusal
from forwarder.matching.policy import Policy
from tests.forwarder.matching.cases import click, install


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
