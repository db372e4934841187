"""What agreement and disagreement of each fact are worth, in bits."""

from typing import Any

import pytest

from forwarder.matching.estimates import Estimates
from forwarder.matching.observation import Observation
from forwarder.matching.phones import clicked_phone, installed_phone
from forwarder.matching.signals import MAX_BITS, Scorer, Scores, values_of
from forwarder.matching.statistics import Statistics, learn
from tests.forwarder.matching.cases import APP, android, click, install, iphone


def bits(click_fields: dict[str, Any], platform: str, statistics: Statistics | None = None, **facts: Any) -> Scores:
    installed = installed_phone(install(platform, **facts))
    return Scorer(installed, Estimates(statistics or Statistics(), APP)).score(clicked_phone(click(**click_fields)))


def learned(group: str, **shares: int) -> Statistics:
    """Statistics of installs with these values of one group."""
    statistics = Statistics()
    seen = [Observation(app_id=APP, platform="ios", values={group: v}) for v, n in shares.items() for _ in range(n)]
    learn(statistics, seen)
    return statistics


@pytest.mark.parametrize(
    ("clicked", "installed", "low", "high"),
    [
        ("18_6_2", "18.6.2", 2.0, 5.0),
        ("18_6", "18.6.0", 2.0, 5.0),
        ("18_6_1", "18.6.2", -4.0, 0.0),
        ("18_6_2", "26.1", -6.0, -1.0),
        ("18_6_2", "18.6.1", -6.5, -5.5),
        ("26_1", "18.6.2", -6.5, -5.5),
        ("18_6_2", "18.6.x", 0.0, 5.0),
        ("18_6_2", "18.5.x", -6.5, -5.5),
        ("18_5_2", "18.6.x", -4.0, 0.0),
    ],
    ids=[
        "equal",
        "zero at the end",
        "updated",
        "upgraded",
        "older",
        "much older",
        "equal as far as told",
        "older as far as told",
        "updated as far as told",
    ],
)
def test_ios_versions(clicked: str, installed: str, low: float, high: float) -> None:
    worth = bits({"user_agent": iphone(clicked)}, "ios", os_version=installed)["os"]
    assert low <= worth <= high


@pytest.mark.parametrize(
    ("user_agent", "facts"),
    [
        ("TikTok/131012 CFNetwork/3860.600.12 Darwin/25.5.0", {"os_version": "26.5"}),
        (iphone("26_5_2"), {"os_version": None, "user_agent": "App/1 CFNetwork/3860.600.12 Darwin/25.5.0"}),
    ],
    ids=["of the click", "of the install"],
)
def test_a_kernels_version_agrees_as_far_as_it_tells(user_agent: str, facts: dict[str, Any]) -> None:
    assert bits({"user_agent": user_agent, "platform": "ios"}, "ios", **facts)["os"] > 1


@pytest.mark.parametrize(
    ("touch_points", "os"), [(5, "ios"), (1, "other"), (0, "other"), (None, "other"), ("5", "other")]
)
def test_a_mac_with_a_touch_screen_is_an_ipad(touch_points: object, os: str) -> None:
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
    assert (
        clicked_phone(click(user_agent=mac, platform="other", enrichment={"touch_points": touch_points})).phone.os == os
    )


def test_an_androids_facts_come_from_its_user_agent_where_the_app_gives_none() -> None:
    agent = "Dalvik/2.1.0 (Linux; U; Android 14; SM-A536B Build/UP1A.231005.007)"
    scores = bits({"user_agent": android()}, "android", os_version=None, model=None, user_agent=agent)
    assert scores["os"] > 1
    assert scores["model"] > 5


@pytest.mark.parametrize("given", ["34", "API 34", "34.0"])
def test_an_androids_api_level_says_its_release(given: str) -> None:
    of_release = bits({"user_agent": android("14")}, "android", os_version="14")
    assert bits({"user_agent": android("14")}, "android", os_version=given) == of_release


@pytest.mark.parametrize(
    ("fact", "facts"),
    [
        ("model", {"model": "unknown"}),
        ("model", {"model": "Android"}),
        ("language", {"locale": "und"}),
        ("language", {"languages": ("und", "mul")}),
    ],
)
def test_a_word_for_an_unknown_model_or_language_contradicts_no_click(fact: str, facts: dict[str, Any]) -> None:
    assert fact not in bits({"user_agent": android()}, "android", **facts)


def test_a_number_that_is_no_android_says_nothing_of_the_version() -> None:
    assert "os" not in bits({"user_agent": android("14")}, "android", os_version="UP1A.231005.007")


@pytest.mark.parametrize(
    ("fact", "click_fields", "platform", "facts"),
    [
        ("os", {"user_agent": iphone()}, "ios", {"os_version": None}),
        ("os", {"user_agent": "Mozilla/5.0 (iPhone; CPU like Mac OS X)", "platform": "ios"}, "ios", {}),
        ("model", {"user_agent": android(model="K")}, "android", {}),
        ("model", {"user_agent": android()}, "android", {"model": None}),
        ("screen", {}, "ios", {"screen": {"width": 393, "height": 852, "scale": 3}}),
        ("screen", {"enrichment": {"screen": {"width": 393, "height": 852, "scale": 3}}}, "ios", {}),
        ("screen", {"enrichment": {"screen": "nonsense"}}, "ios", {"model": "iPhone16,1"}),
        ("screen", {"enrichment": {"screen": "393x852@3"}}, "ios", {"screen": {"width": 0, "height": 0, "scale": 3}}),
        ("screen", {"enrichment": {"screen": "393x852@3"}}, "ios", {"screen": {"width": -1, "height": 852}}),
        ("time_zone", {"enrichment": {"timezone": "Europe/Berlin"}}, "ios", {"time_zone": "CET"}),
        ("time_zone", {"enrichment": {"timezone": "Europe/Berlin"}}, "ios", {"time_zone": "CEST"}),
        ("time_zone", {"enrichment": {"timezone": "Europe/London"}}, "ios", {"time_zone": "GMT"}),
        ("time_zone", {"enrichment": {"timezone": "America/New_York"}}, "android", {"time_zone": "GMT-05:00"}),
        ("time_zone", {}, "ios", {"time_zone": "Europe/Berlin"}),
        ("language", {"languages": ""}, "ios", {"languages": ("de-DE",)}),
        ("language", {"languages": "de"}, "ios", {}),
        ("region", {}, "ios", {"locale": "de-DE"}),
    ],
)
def test_what_one_side_does_not_know_says_nothing(
    fact: str, click_fields: dict[str, Any], platform: str, facts: dict[str, Any]
) -> None:
    assert fact not in bits(click_fields, platform, **facts)


@pytest.mark.parametrize(
    ("clicked", "installed", "agrees"),
    [
        ({"width": 393, "height": 852, "scale": 3}, {"screen": {"width": 393, "height": 852, "scale": 3}}, True),
        ({"width": 852, "height": 393, "scale": 3}, {"screen": {"width": 393, "height": 852, "scale": 3}}, True),
        ({"width": 393, "height": 852, "scale": 3}, {"model": "iPhone16,1"}, True),
        ({"width": 393, "height": 852, "scale": 3}, {"model": "iPhone17,2"}, False),
        ("393x852", {"model": "iPhone16,1"}, True),
        ("393x852@3", {"screen": {"width": 393, "height": 852}}, True),
        ("393x852@3", {"screen": {"width": 393, "height": 852, "scale": 0}}, True),
        ("393x852@3", {"screen": {"width": 390, "height": 844}}, False),
        ({"width": 320, "height": 568, "scale": 2}, {"screen": {"width": 393, "height": 852, "scale": 3}}, False),
    ],
    ids=[
        "equal",
        "turned",
        "by the model",
        "not the model's",
        "without a scale",
        "app without a scale",
        "app with scale 0",
        "other size without a scale",
        "zoomed",
    ],
)
def test_screens_are_compared_in_points_and_an_iphones_model_implies_its_screen(
    clicked: Any, installed: dict[str, Any], agrees: bool
) -> None:
    scores = bits({"enrichment": {"screen": clicked}}, "ios", **installed)
    assert (scores["screen"] > 0) is agrees
    assert "model" not in scores


def test_a_screen_without_a_scale_is_no_value_of_its_own_to_learn_from() -> None:
    screen = {"width": 393, "height": 852}
    assert "screen" not in values_of(installed_phone(install("ios", screen=screen)))
    assert values_of(installed_phone(install("ios", screen={**screen, "scale": 3})))["screen"] == "393x852@3"


def test_an_androids_screen_is_not_scored_beside_its_model() -> None:
    told = {"enrichment": {"screen": {"width": 360, "height": 800, "scale": 3}}, "user_agent": android()}
    assert "screen" not in bits(told, "android", screen={"width": 360, "height": 800, "scale": 3})


@pytest.mark.parametrize(
    ("clicked", "installed", "agrees"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", True),
        ("US/Eastern", "America/New_York", True),
        ("Europe/Berlin", "Europe/Berlin", True),
        ("Europe/Berlin", "America/New_York", False),
    ],
)
def test_time_zones_are_compared_by_what_they_are(clicked: str, installed: str, agrees: bool) -> None:
    assert (bits({"enrichment": {"timezone": clicked}}, "ios", time_zone=installed)["time_zone"] > 0) is agrees


@pytest.mark.parametrize(
    ("header", "agent", "installed", "agrees"),
    [
        ("en-GB,en;q=0.9", "", ("en-GB",), True),
        ("en", "", ("en-US", "es-US"), True),
        ("es-MX", "", ("en-US", "es-US"), True),
        ("de-DE,de;q=0.9", "", ("pl-PL",), False),
        ("", " ByteLocale/pl Region/DE", ("pl-PL",), True),
        ("in", "", ("id-ID",), True),
    ],
    ids=["equal", "primary only", "second language", "another", "TikTok's own", "old code"],
)
def test_languages_agree_by_their_primary_subtag(
    header: str, agent: str, installed: tuple[str, ...], agrees: bool
) -> None:
    scores = bits({"languages": header, "user_agent": iphone() + agent}, "ios", languages=installed)
    assert (scores["language"] > 0) is agrees


def test_the_account_s_country_is_a_weak_sign_either_way() -> None:
    agent = {"user_agent": iphone() + " Region/DE"}
    assert 0 < bits(agent, "ios", locale="de-DE")["region"] < 1
    assert -2 <= bits(agent, "ios", locale="pl-PL")["region"] < 0


def test_an_ipad_is_not_an_iphone() -> None:
    ipad = "Mozilla/5.0 (iPad; CPU OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 musical_ly_41.9.0"
    assert bits({"user_agent": ipad}, "ios", model="iPhone16,1")["form"] < -5
    assert bits({"user_agent": ipad}, "ios", model="iPad13,4")["form"] > 2


def test_a_rare_value_says_more_than_a_common_one() -> None:
    statistics = learned("os:ios", **{"26.1": 900, "18.6.2": 10})
    common = bits({"user_agent": iphone("26_1")}, "ios", statistics, os_version="26.1")["os"]
    rare = bits({"user_agent": iphone("18_6_2")}, "ios", statistics, os_version="18.6.2")["os"]
    assert common < 0.3
    assert rare > 5


def test_an_update_is_nearly_neutral_where_newer_versions_are_rare() -> None:
    statistics = learned("os:ios", **{"26.5.1": 990, "26.5.2": 10})
    assert bits({"user_agent": iphone("26_5_1")}, "ios", statistics, os_version="26.5.2")["os"] > -1.5


def test_no_fact_says_more_than_its_cap() -> None:
    statistics = learned("model", **{f"m{number}": 200 for number in range(600)})
    scores = bits({"user_agent": android(model="SM-X1")}, "android", statistics, model="SM-X1")
    assert 10 < scores["model"] <= MAX_BITS


def test_incomplete_versions_are_not_counted_as_values() -> None:
    assert "os:ios" not in values_of(installed_phone(install(os_version="18")))
    assert values_of(installed_phone(install(os_version="18.0")))["os:ios"] == "18"


def test_a_click_that_the_redirector_took_for_an_ipads_is_one_without_a_bridge_page() -> None:
    agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Mobile/15E148 musical_ly_41.6.0"
    ipad = clicked_phone(click(user_agent=agent, platform="ios")).phone
    assert (ipad.os, ipad.form, ipad.app_version) == ("ios", "ipad", "musical_ly_41.6.0")
    assert clicked_phone(click(user_agent=agent, platform="other")).phone.os == "other"
