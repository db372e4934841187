"""The waterfall and its tiers, by table."""

from typing import Any

import msgspec
import pytest

from clicks.record import Click
from forwarder.matching.install_facts import install_facts
from forwarder.matching.matcher import Evidence, click_ids_of, match, needs_search
from forwarder.matching.observation import Observation
from forwarder.matching.policy import Policy
from forwarder.matching.statistics import Statistics, learn
from forwarder.matching.verdict import Verdict
from tests.forwarder.matching.cases import APP, DAY, HOUR, MINUTE, NOW_MS, android, click, install

ALWAYS = Policy(probabilistic="always")
ORGANIC = "utm_source=google-play&utm_medium=organic"


def by_referrer(found: Click | None, click_id: str, **facts: Any) -> tuple[str, str]:
    given = install("android", referrer=f"click_id={click_id}&utm_source=tiktok", **facts)
    if found is not None:
        found = msgspec.structs.replace(found, platform="android")
    verdict = match(given, Evidence(referrer_click=found), Policy(probabilistic="never"), Statistics())
    return verdict.method, verdict.tiers.get("referrer", "")


def test_a_click_id_in_the_referrer_is_credited_with_certainty() -> None:
    found = click(user_agent=android())
    verdict = match(
        install("android", referrer=f"click_id={found.click_id}"), Evidence(referrer_click=found), ALWAYS, Statistics()
    )
    assert (verdict.method, verdict.probability, verdict.click) == ("referrer", 1.0, found)


def match_with(referrer: str | None, known: Statistics | None = None, model: str = "SM-A536B") -> Verdict:
    evidence = Evidence(found=[click(user_agent=android(model=model))])
    return match(install("android", referrer=referrer), evidence, ALWAYS, known or Statistics())


@pytest.mark.parametrize("referrer", [ORGANIC, "utm_source=(not%20set)&utm_medium=(not%20set)", "utm_source=x", None])
def test_a_referrer_that_proves_nothing_hinders_no_match_that_all_else_speaks_for(referrer: str | None) -> None:
    assert match_with(referrer).method == "probabilistic"


def test_organic_by_the_stores_word_speaks_against_a_click_and_match_explain_shows_how_much() -> None:
    organic, silent = (match_with(referrer, model="SM-S901B").candidates[0] for referrer in (ORGANIC, None))
    assert organic.probability < silent.probability
    assert organic.signals["referrer"] == pytest.approx(-1.74, abs=0.01)
    assert "referrer" not in silent.signals


def test_where_organic_installs_never_turn_out_to_be_ours_the_stores_word_weighs_more() -> None:
    never = {"app_id": APP, "platform": "android", "referrer": "organic", "explained": 0.0}
    named = never | {"referrer": "named", "explained": 1.0}
    known = Statistics()
    learn(known, [msgspec.convert(one, Observation) for one in (never, named) for _ in range(500)])
    learnt = match_with(ORGANIC, known).candidates[0].signals["referrer"]
    assert learnt < -4.0
    assert match_with(ORGANIC, known).method == "probabilistic"


@pytest.mark.parametrize(
    ("found", "facts", "reason"),
    [
        (click(app_id="app_b"), {}, "another app's click"),
        (click(31 * DAY), {}, "the click is older than 30 days"),
        (click(-31_000), {}, "the click lies after the install"),
        (click(), {"install_begin_server_ms": NOW_MS - 6 * MINUTE}, "install began before the click"),
        (
            click(),
            {"install_begin_ms": NOW_MS - 6 * MINUTE, "referrer_click_ms": NOW_MS - 5 * MINUTE},
            "install began before the click",
        ),
        (
            click(),  # the phone's clock, which says otherwise, is not asked
            {
                "install_begin_server_ms": NOW_MS - 6 * MINUTE,
                "referrer_click_server_ms": NOW_MS - 5 * MINUTE,
                "install_begin_ms": NOW_MS,
                "referrer_click_ms": NOW_MS - 5 * MINUTE,
            },
            "install began before the click",
        ),
    ],
    ids=["another app's", "expired", "future", "injected by Google's clock", "by the phone's", "by both, differing"],
)
def test_a_click_id_that_cannot_be_right_is_not_credited_and_says_why(
    found: Click, facts: dict[str, Any], reason: str
) -> None:
    assert by_referrer(found, found.click_id, **facts) == ("none", reason)


@pytest.mark.parametrize(
    ("click_id", "reason"),
    [
        ("forged", "not a click id of ours"),
        ("0" * 22, "the click is older than 30 days"),
        (click().click_id, "unknown click"),
    ],
)
def test_a_click_id_nobody_stored_is_not_credited(click_id: str, reason: str) -> None:
    assert by_referrer(None, click_id) == ("none", reason)


@pytest.mark.parametrize(
    ("before_ms", "facts"),
    [(30 * DAY, {}), (-30_000, {}), (MINUTE, {"install_begin_server_ms": NOW_MS - MINUTE - 4_999}), (0, {})],
    ids=["30 days", "30 s of skew", "the store's clock 5 s behind", "same moment"],
)
def test_a_click_id_at_the_edge_of_what_is_allowed_is_credited(before_ms: int, facts: dict[str, Any]) -> None:
    found = click(before_ms)
    assert by_referrer(found, found.click_id, **facts)[0] == "referrer"


@pytest.mark.parametrize("wrong_by_ms", [-400 * DAY, -DAY, -60 * MINUTE, -10_000, 10_000, 60 * MINUTE, DAY, 400 * DAY])
@pytest.mark.parametrize("server_times", [False, True])
@pytest.mark.parametrize("opened_by_phone", [False, True])
def test_a_phones_wrong_clock_injects_no_click(wrong_by_ms: int, server_times: bool, opened_by_phone: bool) -> None:
    found = click(5 * MINUTE)
    clicked, began = found.at_ms + 1_000, found.at_ms + 20_000
    times = {"referrer_click_ms": clicked + wrong_by_ms, "install_begin_ms": began + wrong_by_ms}
    if server_times:
        times |= {"referrer_click_server_ms": clicked, "install_begin_server_ms": began}
    if opened_by_phone:
        times["at_ms"] = NOW_MS + min(wrong_by_ms, 0)  # intake makes a time in the future the present
    assert by_referrer(found, found.click_id, **times) == ("referrer", "")


@pytest.mark.parametrize("name", ["install_begin_ms", "referrer_click_ms"])
def test_one_time_of_the_phones_clock_alone_says_nothing(name: str) -> None:
    found = click(5 * MINUTE)
    assert by_referrer(found, found.click_id, **{name: NOW_MS - DAY})[0] == "referrer"


def test_a_links_click_id_comes_after_the_referrer_and_before_the_address() -> None:
    linked, nearby = click(), click(MINUTE)
    verdict = match(
        install(click_id=linked.click_id), Evidence(link_click=linked, found=[nearby]), ALWAYS, Statistics()
    )
    assert (verdict.method, verdict.click) == ("click_id", linked)


def test_a_bad_referrer_falls_through_to_the_address_and_is_remembered() -> None:
    nearby = click(user_agent=android())
    verdict = match(install("android", referrer="click_id=forged"), Evidence(found=[nearby]), ALWAYS, Statistics())
    assert (verdict.method, verdict.click) == ("probabilistic", nearby)
    assert verdict.tiers["referrer"] == "not a click id of ours"
    assert verdict.reason == ""


def test_who_came_by_a_google_ad_is_never_credited_to_tiktok() -> None:
    facts = install("android", referrer="gclid=abc&utm_source=google")
    verdict = match(facts, Evidence(found=[click(user_agent=android())]), ALWAYS, Statistics())
    assert verdict.click is None
    assert "google_ads" in verdict.reason
    assert not needs_search(facts, Evidence(), ALWAYS)


def test_denied_consent_matches_nothing_and_looks_nothing_up() -> None:
    found = click(user_agent=android())
    facts = install(
        "android", referrer=f"click_id={found.click_id}", click_id=found.click_id, marketing_consent="denied"
    )
    verdict = match(facts, Evidence(referrer_click=found, link_click=found, found=[found]), ALWAYS, Statistics())
    assert (verdict.method, verdict.reason, verdict.click) == ("none", "consent denied", None)
    assert click_ids_of(facts) == (None, None)
    assert not needs_search(facts, Evidence(), ALWAYS)


@pytest.mark.parametrize(
    ("policy", "platform", "consent", "att", "searched"),
    [
        ("always", "ios", "unknown", None, True),
        ("always", "ios", "unknown", "denied", True),
        ("with_consent", "ios", "unknown", None, False),
        ("with_consent", "ios", "granted", None, True),
        ("with_consent", "ios", "unknown", "authorized", True),
        ("with_consent", "ios", "unknown", "denied", False),
        ("with_consent", "android", "unknown", "authorized", False),
        ("with_consent", "android", "granted", None, True),
        ("never", "ios", "granted", "authorized", False),
    ],
)
def test_the_address_is_used_as_the_policy_allows(
    policy: Any, platform: str, consent: str, att: str | None, searched: bool
) -> None:
    facts = install(platform, marketing_consent=consent, att_status=att)
    found = click(user_agent=android() if platform == "android" else None)
    allowed = Policy(probabilistic=policy)
    assert needs_search(facts, Evidence(), allowed) is searched
    verdict = match(facts, Evidence(found=[found]), allowed, Statistics())
    assert (verdict.click is not None) is searched
    assert bool(verdict.reason) is not searched


def test_facts_come_from_the_stored_body() -> None:
    body = {
        "platform": "ios", "ip": "203.0.113.7", "ips": ["2001:db8::1", "203.0.113.7"], "device": {"os_version": "18.6"},
        "consent": {"att_status": "authorized"}, "install_begin_at": 1.5, "click_id": "x",
        "referrer_click_server_at": 2, "install_begin_server_at": 3.5,
    }  # fmt: skip
    facts = install_facts("app_a", "i", NOW_MS, body)
    assert facts.addresses == ("203.0.113.7", "2001:db8::1")
    assert (facts.os_version, facts.install_begin_ms, facts.click_id) == ("18.6", 1500, "x")
    assert (facts.referrer_click_server_ms, facts.install_begin_server_ms) == (2000, 3500)
    assert (facts.consented, facts.denied) == (True, False)


@pytest.mark.parametrize(
    ("began_after", "opened_after"),
    [(HOUR, HOUR), (3 * DAY, 3 * DAY), (-MINUTE, 0), (0, 0), (8 * DAY, 0)],
    ids=["an hour slow", "days slow", "right", "at once", "no time of Google's"],
)
def test_an_app_was_not_opened_before_google_says_that_its_download_began(began_after: int, opened_after: int) -> None:
    body = {"platform": "android", "install_begin_server_at": (NOW_MS + began_after) / 1000}
    assert install_facts(APP, "i", NOW_MS, body).at_ms == NOW_MS + opened_after


def test_an_android_with_a_slow_clock_and_a_lost_referrer_finds_its_click_by_its_address() -> None:
    clicked = click(-50 * MINUTE, android())
    body = {
        "platform": "android", "ip": "203.0.113.7", "device": {"os_version": "14", "model": "SM-A536B"},
        "consent": {"marketing": "granted"}, "install_referrer": "utm_source=(not%20set)&utm_medium=(not%20set)",
        "install_begin_server_at": (NOW_MS + 51 * MINUTE) / 1000,
    }  # fmt: skip
    verdict = match(install_facts(APP, "i", NOW_MS, body), Evidence(found=[clicked]), Policy(), Statistics())
    assert verdict.click == clicked
