"""One phone that clicks again with another TikTok version or User-Agent, and two phones that are not one."""

from typing import Any

import pytest

from clicks.record import Click
from forwarder.matching.devices import devices_behind
from forwarder.matching.eligibility import Eligible
from forwarder.matching.estimates import Estimates
from forwarder.matching.matcher import Evidence, match
from forwarder.matching.policy import Policy
from forwarder.matching.re_clicks import same_phone
from forwarder.matching.statistics import Statistics
from forwarder.matching.verdict import Verdict
from tests.forwarder.matching.cases import APP, DAY, HOUR, MINUTE, NOW_MS, android, click, install, iphone

HOME = {"ip": "2001:db8:1:2::7"}
RARE = "FP5-EEA"
SHORT_AGENT = android(model=RARE).removesuffix(" trill_350703")


def verdict_of(*found: Click, platform: str = "ios", **facts: Any) -> Verdict:
    """Of an install at that home."""
    at_home = {"addresses": ("2001:db8:1:2::9",)} | facts
    return match(install(platform, **at_home), Evidence(found=found), Policy(probabilistic="always"), Statistics())


def screened(width: int) -> dict[str, Any]:
    return {"enrichment": {"screen": {"width": width, "height": 2 * width, "scale": 3}}}


@pytest.mark.parametrize("agents", [("43.9.0", "44.0.0"), ("44.0.0", "43.9.0")], ids=["updated", "the older one last"])
def test_an_iphone_that_clicks_again_with_another_tiktok_version_is_one_and_its_last_click_is_credited(
    agents: tuple[str, str],
) -> None:
    first, last = (
        click(before, user_agent=iphone(app=f"musical_ly_{app}"), **HOME)
        for before, app in zip((14 * MINUTE, 4 * MINUTE), agents, strict=True)
    )
    verdict = verdict_of(first, last)
    assert verdict.click == last
    assert [candidate.click_id for candidate in verdict.candidates] == [last.click_id, first.click_id]
    assert verdict.candidates[1].note.startswith("an earlier click of the same phone with probability 0.9")


@pytest.mark.parametrize("hides", ["", " trill_350703 ByteLocale/en Region/US"], ids=["the version", "nothing"])
def test_a_rare_android_that_clicks_again_with_another_user_agent_is_one(hides: str) -> None:
    first = click(14 * MINUTE, user_agent=android(model=RARE), **HOME)
    last = click(4 * MINUTE, user_agent=SHORT_AGENT + hides, **HOME)
    assert verdict_of(first, last, platform="android", model=RARE).click == last


@pytest.mark.parametrize("hidden_at", [14, 4], ids=["in the first", "in the last"])
def test_an_iphone_that_hides_its_os_in_one_click_is_one(hidden_at: int) -> None:
    agents = {hidden_at: iphone().replace(" OS 18_6_2", ""), 18 - hidden_at: iphone()}
    first, last = (click(at * MINUTE, user_agent=agents[at], **HOME) for at in (14, 4))
    assert verdict_of(first, last, os_version=None).click == last


def test_three_clicks_with_three_tiktok_versions_are_one_phones() -> None:
    clicks = [click(at * MINUTE, user_agent=iphone(app=f"musical_ly_{at}.0"), **HOME) for at in (8, 6, 4)]
    assert verdict_of(*clicks).click == clicks[-1]


@pytest.mark.parametrize(
    ("one", "other", "facts"),
    [
        ({"user_agent": iphone("18_6_1")}, {"user_agent": iphone("18_6_2")}, {"os_version": "18"}),
        ({"user_agent": iphone("26_1")}, {"user_agent": iphone("26_2")}, {"os_version": None}),
        (
            {"user_agent": iphone()},
            {"user_agent": iphone().replace("iPhone;", "iPad;").replace("CPU iPhone OS", "CPU OS")},
            {},
        ),
        (screened(393), screened(430), {}),
        (
            {"user_agent": android(model="SM-A536B")},
            {"user_agent": android(model="SM-A546B")},
            {"platform": "android", "model": None},
        ),
        ({"languages": "en-GB"}, {"languages": "de-DE"}, {}),
    ],
    ids=["iOS version", "major known only", "form", "screen", "model", "language"],
)
def test_two_phones_that_differ_in_a_fact_cancel_each_other(
    one: dict[str, Any], other: dict[str, Any], facts: dict[str, Any]
) -> None:
    verdict = verdict_of(click(5 * MINUTE, **HOME, **one), click(4 * MINUTE, **HOME, **other), **facts)
    assert verdict.click is None
    assert verdict.reason.startswith("ambiguous: ")


def test_another_version_is_the_likelier_another_phones_the_longer_ago_and_the_more_crowded_it_is() -> None:
    def same(gap_ms: int, accidental: float) -> float:
        found = click(gap_ms, **HOME), click(0, user_agent=iphone(app="musical_ly_44.0.0"), **HOME)
        devices = devices_behind(found, ("2001:db8:1:2::9",), NOW_MS).devices
        newer, older = (Eligible(device, device.clicks) for device in devices)
        return same_phone(newer, older, accidental, Estimates(Statistics(), APP))

    assert 1 > same(MINUTE, 0.1) > same(10 * MINUTE, 0.1) > same(HOUR, 0.1) > same(DAY, 0.1)
    assert same(10 * MINUTE, 0.1) > 0.95
    assert same(10 * MINUTE, 50.0) < 0.5


def test_a_click_from_another_address_is_no_re_click_of_the_phone_behind_this_one() -> None:
    first = click(6 * MINUTE, ip="203.0.113.7")
    last = click(4 * MINUTE, user_agent=iphone(app="musical_ly_44.0.0"), **HOME)
    both = ("2001:db8:1:2::9", "203.0.113.7")
    assert verdict_of(first, last, addresses=both).candidates[1].note == ""


def test_a_device_that_clicks_all_day_is_less_likely_than_one_whose_only_click_is_its_last() -> None:
    def time_bits(*found: Click) -> float:
        return verdict_of(*found).candidates[0].signals["time"]

    often = [click(number * 20 * MINUTE, **HOME) for number in range(1, 60)]
    assert time_bits(*often) < time_bits(often[0]) - 2
    assert time_bits(*often[:2]) == pytest.approx(time_bits(often[0]), abs=0.3)
