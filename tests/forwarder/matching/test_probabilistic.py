"""The posterior over clicks behind an address, by table."""

import math
from typing import Any

import msgspec
import pytest

from clicks.record import Click
from forwarder.matching.address_usage import LEAST
from forwarder.matching.estimates import Estimates
from forwarder.matching.matcher import Evidence, match
from forwarder.matching.observation import Observation
from forwarder.matching.policy import Policy
from forwarder.matching.probabilistic import HOUSEHOLD_S
from forwarder.matching.re_clicks import SEEN_FOR_S
from forwarder.matching.statistics import Statistics, learn
from forwarder.matching.verdict import MAX_CANDIDATES_KEPT, Verdict
from tests.forwarder.matching.cases import APP, DAY, HOUR, MINUTE, NOW_MS, android, click, install, iphone

POLICY = Policy(probabilistic="always")


def verdict_of(*found: Click, consumed: tuple[str, ...] = (), platform: str = "ios", **facts: Any) -> Verdict:
    return match(install(platform, **facts), Evidence(found=found, consumed=frozenset(consumed)), POLICY, Statistics())


def probability_of(found: Click, *others: Click, **facts: Any) -> float:
    """What the first click's device gets, whether it is credited or not."""
    candidates = verdict_of(found, *others, **facts).candidates
    return next(candidate.probability for candidate in candidates if candidate.click_id == found.click_id)


def test_one_fitting_device_minutes_before_is_credited() -> None:
    found = click()
    verdict = verdict_of(found)
    assert (verdict.method, verdict.click, verdict.devices) == ("probabilistic", found, 1)
    assert verdict.probability is not None
    assert 0.99 < verdict.probability < 1


def test_re_clicks_of_one_device_are_one_and_the_last_is_credited() -> None:
    first, last = click(HOUR), click(MINUTE)
    verdict = verdict_of(first, last)
    assert (verdict.click, verdict.devices) == (last, 1)
    assert {c.click_id: c.note for c in verdict.candidates}[first.click_id] == "an earlier click of the same phone"


def test_two_fitting_devices_cancel_each_other() -> None:
    verdict = verdict_of(click(), click(user_agent=iphone("18_6_1", app="musical_ly_43.9.0")), os_version="18")
    assert verdict.click is None
    assert verdict.reason.startswith("ambiguous: ")


def test_a_device_that_cannot_be_the_phone_is_no_candidate() -> None:
    right = click()
    assert verdict_of(right, click(user_agent=iphone("26_1")), click(user_agent=android())).click == right


def test_look_alikes_on_a_crowded_address_are_not_taken_for_one_person() -> None:
    usage = [click(number * MINUTE, user_agent=android(model=f"SM-{number}")) for number in range(1, 60)]
    verdict = verdict_of(click(10 * HOUR), click(), *usage)
    alone = verdict_of(click(10 * HOUR), click())
    assert alone.click is not None
    assert (verdict.probability or 0) < (alone.probability or 0)


@pytest.mark.parametrize(
    ("user_agent", "os_version"),
    [
        (iphone("18_6_2"), "18.6.2"),
        (iphone("18_6"), "18.6.0"),
        (iphone("18_6"), "18.6.2"),
        (iphone("18_6_2"), "18"),
        (iphone("18_6_2"), None),
        (iphone("18_7", app=""), "26.1"),
        (iphone().replace(" OS 18_6_2", ""), "18.6.2"),
    ],
    ids=["equal", "zero at the end", "updated", "major only", "unknown", "frozen", "hidden"],
)
def test_a_phone_whose_ios_version_fits_or_is_unknown_is_credited_minutes_after_its_click(
    user_agent: str, os_version: str | None
) -> None:
    assert verdict_of(click(user_agent=user_agent), os_version=os_version).click is not None


@pytest.mark.parametrize(
    ("user_agent", "os_version", "model"),
    [
        (android("14", "SM-A536B"), "14", "SM-A536B"),
        (android("14", "SM-A536B"), "14", "sm-a536b"),
        (android("14", "SM-A536B"), "14", "samsung SM-A536B"),
        (android("14", "SM-A536B"), "14", None),
        (android("14", "SM-A536B"), "34", None),
        (android("14", "SM-A536B"), "34.0", None),
        (android("14", "SM-A536B"), "UP1A.231005.007", None),
        (android("10", "K"), "16", "SM-A536B"),
    ],
)
def test_an_android_whose_model_agrees_or_is_unknown_is_credited(
    user_agent: str, os_version: str, model: str | None
) -> None:
    verdict = verdict_of(click(user_agent=user_agent), platform="android", os_version=os_version, model=model)
    assert verdict.click is not None


@pytest.mark.parametrize(
    ("click_agent", "platform", "facts"),
    [
        (iphone("26_1"), "ios", {"os_version": "18.6.2"}),
        (iphone("18_7", app=""), "ios", {"os_version": "18.5"}),
        (android("14", "SM-A536B"), "android", {"os_version": "14", "model": "SM-A536U"}),
        (android("16", "SM-A536B"), "android", {"os_version": "14", "model": "SM-A536U"}),
    ],
    ids=["older iOS", "older than the frozen one", "another model", "another model and older"],
)
def test_a_phone_that_differs_is_not_credited_an_hour_after_its_click(
    click_agent: str, platform: str, facts: dict[str, Any]
) -> None:
    assert verdict_of(click(HOUR, user_agent=click_agent), platform=platform, **facts).click is None


@pytest.mark.parametrize(
    ("before_ms", "fits"),
    [(DAY, True), (DAY + 1, False), (-30_000, True), (-30_001, False)],
    ids=["24 h before", "longer before", "30 s after", "longer after"],
)
def test_only_clicks_within_the_window_count(before_ms: int, fits: bool) -> None:
    candidate = verdict_of(click(before_ms)).candidates[0]
    assert (candidate.probability > 0, candidate.note == "outside the window") == (fits, not fits)


def test_the_same_phone_is_the_less_likely_the_longer_ago_it_clicked() -> None:
    waited = [probability_of(click(ms)) for ms in (5 * MINUTE, HOUR, 6 * HOUR, 20 * HOUR)]
    assert waited == sorted(waited, reverse=True)
    assert waited[0] > 0.99
    assert waited[-1] < 0.9


def address_bits(statistics: Statistics, *found: Click, **facts: Any) -> float:
    """What the address counts for, of the likeliest candidate."""
    verdict = match(install(**facts), Evidence(found=found), POLICY, statistics)
    return verdict.candidates[0].signals["address"]


def learned(addresses: list[list[Any]], device: str = "", times: int = 2_000) -> Statistics:
    """Of so many iPhones' installs, each with these addresses and this OS of an accidental device."""
    values = {"clicker:ios": device} if device else {}
    seen = msgspec.convert({"app_id": "app_b", "platform": "ios", "values": values, "crowds": addresses}, Observation)
    statistics = Statistics()
    learn(statistics, [seen] * times)
    return statistics


def test_only_clickers_of_the_installs_os_make_an_address_crowded() -> None:
    usage = [click(user_agent=android(model=f"SM-{number}")) for number in range(40)]
    few, many = learned([], "android"), learned([], "ios")
    assert address_bits(few, click(), *usage) - address_bits(many, click(), *usage) > 4
    assert address_bits(Statistics(), click(), *usage) == pytest.approx(-math.log2(0.5 * 40), abs=0.1)


def test_who_is_met_at_home_is_not_counted_behind_the_address_once_more() -> None:
    # one install in 51 meets somebody behind its /64 and, as it is one of a home's twice as often, two behind an IPv4
    met = [["v6", 0, 0.0]] * 50 + [["v6", 1, 0.0]] + [["v4", 0, 0.0]] * 25 + [["v4", 1, 0.0]]
    at_home = learned(met, times=200)
    homes = Estimates(at_home, APP).homes("v4")
    assert homes == pytest.approx(0.04, abs=0.002)
    expected = 0.5 * homes * SEEN_FOR_S / HOUSEHOLD_S  # fading has hardly begun
    assert address_bits(at_home, click(MINUTE)) == pytest.approx(-math.log2(expected + LEAST), abs=0.05)


def test_the_more_installs_come_from_homes_of_clicks_the_less_a_click_at_home_says_and_most_soon_after_it() -> None:
    seldom = learned([["v6", 0, 0.0]] * 99 + [["v6", 1, 0.0]], times=50)
    often = learned([["v6", 0, 0.0]] * 9 + [["v6", 1, 0.0]], times=500)
    home = {"ip": "2001:db8:1:2::7"}, {"addresses": ("2001:db8:1:2::9",)}
    soon, late = (
        address_bits(seldom, click(ms, **home[0]), **home[1]) - address_bits(often, click(ms, **home[0]), **home[1])
        for ms in (MINUTE, 23 * HOUR)
    )
    assert soon > late > 1
    assert address_bits(often, click(23 * HOUR, **home[0]), **home[1]) > address_bits(
        often, click(MINUTE, **home[0]), **home[1]
    )


def test_another_apps_click_is_never_credited_but_is_a_device_on_the_address() -> None:
    own, foreign = click(), click(user_agent=iphone("17_5"), app_id="app_b")
    verdict = verdict_of(foreign)
    assert (verdict.click, verdict.devices) == (None, 1)
    assert verdict_of(own, foreign).click == own
    assert probability_of(own, foreign) < probability_of(own)


def test_a_click_that_brought_another_app_leaves_the_phones_earlier_click_on_this_one() -> None:
    ours, of_another_app = click(6 * MINUTE), click(5 * MINUTE, app_id="app_b")
    assert verdict_of(ours, of_another_app, consumed=(of_another_app.click_id,)).click == ours


def test_a_consumed_click_takes_the_earlier_clicks_of_its_phone_with_it() -> None:
    first, credited = click(HOUR), click(MINUTE)
    assert verdict_of(first, credited, consumed=(credited.click_id,)).click is None
    assert verdict_of(first, credited, consumed=(first.click_id,)).click == credited


def test_the_more_devices_on_the_address_the_less_sure_and_below_the_threshold_nobody() -> None:
    others = [click(user_agent=iphone("26_1", app=f"musical_ly_{number}.0")) for number in range(200)]
    own = click(20 * MINUTE)
    probabilities = [probability_of(own, *others[:count]) for count in (0, 2, 60, 200)]
    assert probabilities == sorted(probabilities, reverse=True)
    verdict = verdict_of(own, *others)
    assert verdict.click is None
    assert "is below the threshold 0.9" in verdict.reason


def test_a_click_after_the_download_began_cannot_have_brought_the_install() -> None:
    late = click(MINUTE, user_agent=android())
    verdict = verdict_of(late, platform="android", install_begin_server_ms=NOW_MS - 2 * MINUTE)
    assert (verdict.click, verdict.candidates[0].note) == (None, "the download began before the click")


def test_nobody_behind_the_address_is_said_so() -> None:
    assert verdict_of().reason == "no click from this address within 24 h"
    assert verdict_of(click(user_agent=android())).reason == "no fitting click from this address: 1 other device"


def test_a_click_from_elsewhere_is_none_behind_the_address() -> None:
    assert verdict_of(click(ip="198.51.100.1")).devices == 0


@pytest.mark.parametrize(
    ("click_ip", "addresses"),
    [
        ("2001:db8:1:2::7", ("2001:db8:1:2:ffff::1",)),
        ("203.0.113.7", ("2001:db8::1", "203.0.113.7")),
        ("203.0.113.7", ("::ffff:203.0.113.7",)),
    ],
    ids=["the /64", "a further address", "mapped"],
)
def test_an_address_is_shared_as_networks_share_it(click_ip: str, addresses: tuple[str, ...]) -> None:
    assert verdict_of(click(ip=click_ip), addresses=addresses).click is not None


def test_the_address_tiktok_names_counts_as_the_clicks_own() -> None:
    assert verdict_of(click(ip="198.51.100.1", macro_ip="203.0.113.7")).click is not None


def test_the_same_click_found_twice_is_one() -> None:
    found = click()
    assert verdict_of(found, found).devices == 1
    assert verdict_of(found, found).probability == verdict_of(found).probability


def test_only_the_likeliest_candidates_are_kept_with_the_verdict() -> None:
    verdict = verdict_of(*(click(number * MINUTE) for number in range(100)))
    assert len(verdict.candidates) == MAX_CANDIDATES_KEPT
    assert verdict.click is not None
    assert verdict.candidates[0].click_id == verdict.click.click_id
    assert set(verdict.detail()["candidates"][0]["signals"]) >= {"odds", "time", "address", "os"}


def test_flags_of_a_credit_are_named() -> None:
    fast = verdict_of(click(3_000))
    assert fast.click is not None
    assert fast.flags == ("click_to_install_under_10_s",)
    flooded = verdict_of(*(click(number * MINUTE) for number in range(1, 40)))
    assert flooded.flags == ("click_flooding",)
    assert verdict_of(click(), user_agent=android()).flags == ("user_agent_of_another_os",)
