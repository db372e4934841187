"""The first probabilistic matcher, by table."""

from typing import Any

import pytest

from clicks.record import Click
from forwarder.matching.policy import Policy
from forwarder.matching.probabilistic import crowding, group_clickers, match_by_address
from forwarder.matching.verdict import MAX_CANDIDATES_KEPT, Verdict
from tests.forwarder.matching.cases import DAY, HOUR, MINUTE, android, click, install, iphone

POLICY = Policy(probabilistic="always")


def verdict_of(*found: Click, consumed: tuple[str, ...] = (), platform: str = "ios", **facts: Any) -> Verdict:
    return match_by_address(install(platform, **facts), found, frozenset(consumed), POLICY)


def test_one_fitting_device_is_credited() -> None:
    found = click()
    verdict = verdict_of(found)
    assert (verdict.method, verdict.click, verdict.devices) == ("probabilistic", found, 1)
    assert verdict.probability == pytest.approx(0.98)


def test_re_clicks_of_one_device_are_one_and_the_last_is_credited() -> None:
    first, last = click(HOUR), click(MINUTE)
    verdict = verdict_of(first, last)
    assert (verdict.click, verdict.devices) == (last, 1)
    assert {c.click_id: c.note for c in verdict.candidates}[first.click_id] == "an earlier click of the same phone"


def test_two_fitting_devices_cancel_each_other() -> None:
    verdict = verdict_of(click(), click(user_agent=iphone(app="musical_ly_43.9.0")))
    assert (verdict.click, verdict.reason) == (None, "ambiguous: 2 devices")


def test_a_device_that_cannot_be_the_phone_is_no_rival() -> None:
    right = click()
    verdict = verdict_of(right, click(user_agent=iphone("17_5")), click(user_agent=android()), platform="ios")
    # 17.5 could have been updated to 18.6.2 in between, so it is a rival; Android is not
    assert verdict.reason == "ambiguous: 2 devices"
    assert verdict_of(right, click(user_agent=iphone("26_1")), click(user_agent=android())).click == right


@pytest.mark.parametrize(
    ("user_agent", "os_version", "probability"),
    [
        (iphone("18_6_2"), "18.6.2", 0.98),
        (iphone("18_6"), "18.6.0", 0.98),
        (iphone("18_6"), "18.6.2", 0.93),
        (iphone("18_6_2"), "18", 0.95),
        (iphone("18_6_2"), None, 0.95),
        (iphone("18_7", app=""), "26.1", 0.95),
        (iphone("18_6_2"), "18.6.1", None),
        (iphone("26_1"), "18.6.2", None),
        (iphone("18_7", app=""), "18.5", None),
    ],
)
def test_ios_versions_are_equal_newer_unknown_or_another_phones(
    user_agent: str, os_version: str | None, probability: float | None
) -> None:
    verdict = verdict_of(click(user_agent=user_agent), os_version=os_version)
    assert verdict.probability == (None if probability is None else pytest.approx(probability))


@pytest.mark.parametrize(
    ("user_agent", "os_version", "model", "credited"),
    [
        (android("14", "SM-A536B"), "14", "SM-A536B", True),
        (android("14", "SM-A536B"), "14", "sm-a536b", True),
        (android("14", "SM-A536B"), "14", "samsung SM-A536B", True),
        (android("14", "SM-A536B"), "14", None, True),
        (android("10", "K"), "16", "SM-A536B", True),
        (android("13", "SM-A536B"), "14", "SM-A536B", True),
        (android("14", "SM-A536B"), "14", "SM-A536U", False),
        (android("15", "SM-A536B"), "14", "SM-A536B", False),
    ],
)
def test_android_models_must_agree_where_both_are_known(
    user_agent: str, os_version: str, model: str | None, credited: bool
) -> None:
    found = click(user_agent=user_agent)
    verdict = verdict_of(found, platform="android", os_version=os_version, model=model)
    assert (verdict.click is not None) is credited


@pytest.mark.parametrize(
    ("before_ms", "credited"),
    [(DAY, True), (DAY + 1, False), (-30_000, True), (-30_001, False)],
    ids=["24 h before", "longer before", "30 s after", "longer after"],
)
def test_only_clicks_within_the_window_count(before_ms: int, credited: bool) -> None:
    assert (verdict_of(click(before_ms)).click is not None) is credited


def test_another_apps_click_is_never_credited_but_is_a_device_on_the_address() -> None:
    own, foreign = click(), click(user_agent=iphone("17_5"), app_id="app_b")
    verdict = verdict_of(foreign)
    assert (verdict.click, verdict.devices) == (None, 1)
    assert verdict_of(own, foreign).probability == pytest.approx(0.98 * crowding(1))


def test_a_consumed_click_takes_the_earlier_clicks_of_its_phone_with_it() -> None:
    first, credited = click(HOUR), click(MINUTE)
    assert verdict_of(first, credited, consumed=(credited.click_id,)).click is None
    assert verdict_of(first, credited, consumed=(first.click_id,)).click == credited


def test_the_more_devices_on_the_address_the_less_sure_and_below_the_threshold_nobody() -> None:
    others = [click(user_agent=iphone("26_1", app=f"musical_ly_{number}.0")) for number in range(60)]
    own = click()
    probabilities = [verdict_of(own, *others[:count]).probability or 0 for count in (0, 2, 60)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert verdict_of(own, *others).reason.startswith("probability 0.490 is below the threshold")


def test_nobody_behind_the_address_is_said_so() -> None:
    assert verdict_of().reason == "no click from this address within 24 h"
    assert verdict_of(click(user_agent=android())).reason == "no fitting click from this address: 1 other device"


def test_the_same_click_found_twice_is_one() -> None:
    found = click()
    assert len(group_clickers([found, found])[0].clicks) == 1


def test_only_the_newest_candidates_are_kept_with_the_verdict() -> None:
    verdict = verdict_of(*(click(number * MINUTE) for number in range(100)))
    assert len(verdict.candidates) == MAX_CANDIDATES_KEPT
    assert verdict.click is not None
    assert verdict.candidates[0].click_id == verdict.click.click_id
    assert verdict.detail()["candidates"][0]["weight"] == verdict.probability
