"""What an install teaches, by how it was matched."""

import pytest

from forwarder.matching.flags import TTCLID_REUSED, flag_reused_ttclids
from forwarder.matching.matcher import Evidence, match
from forwarder.matching.observation import Observation
from forwarder.matching.policy import Policy
from forwarder.matching.statistics import Statistics
from forwarder.matching.verdict import Verdict
from tests.forwarder.matching.cases import APP, MINUTE, NOW_MS, android, click, install, iphone

ALWAYS = Policy(probabilistic="always")
ORGANIC = "utm_source=google-play&utm_medium=organic"


def taught(evidence: Evidence, policy: Policy = ALWAYS, platform: str = "android", **facts: object) -> Observation:
    verdict = match(install(platform, **facts), evidence, policy, Statistics())
    assert verdict.observation is not None
    return verdict.observation


def test_a_named_click_tells_the_time_and_tries_the_probabilistic_engine_with_the_referrer_hidden() -> None:
    named = click(5 * MINUTE, user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[named]), referrer=f"click_id={named.click_id}")
    assert (seen.click_to_install_s, seen.explained) == (300.0, 1.0)
    assert [(trial.table, trial.right, trial.predicted > 0.9) for trial in seen.trials] == [
        ("full", True, True), ("full:any", True, True), ("address", True, True), ("address:any", True, True),
    ]  # fmt: skip
    assert seen.trials[3].predicted < seen.trials[1].predicted
    assert seen.referrer == "named"


def test_a_time_that_ends_where_the_download_began_is_not_learned() -> None:
    named = click(5 * MINUTE, user_agent=android())
    known = {"referrer": f"click_id={named.click_id}", "install_begin_server_ms": NOW_MS}
    seen = taught(Evidence(referrer_click=named, found=[named]), **known)
    assert (seen.click_to_install_s, seen.explained) == (None, 1.0)


@pytest.mark.parametrize(("seconds", "told"), [(-5, None), (0.02, None), (9.9, None), (10, 10.0)])
def test_a_time_too_fast_to_be_true_is_not_learned(seconds: float, told: float | None) -> None:
    named = click(int(seconds * 1000), user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[named]), referrer=f"click_id={named.click_id}")
    assert seen.click_to_install_s == told


def test_immediate_test_installs_do_not_make_another_phones_click_look_like_the_installs_own() -> None:
    statistics = Statistics()
    for _ in range(50):
        named = click(20, user_agent=android())
        found = match(
            install("android", referrer=f"click_id={named.click_id}"),
            Evidence(referrer_click=named, found=[named]), ALWAYS, statistics,
        )  # fmt: skip
        assert found.observation is not None
        statistics.observe(found.observation)
    other = Evidence(found=[click(20, user_agent=iphone("18_6_2"))])
    assert match(install("ios", os_version="17.1"), other, ALWAYS, statistics).click is None


def test_another_candidate_than_the_named_one_was_a_wrong_answer() -> None:
    named, later = click(10 * MINUTE, user_agent=android(model="Pixel 8")), click(4 * MINUTE, user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[named, later]), referrer=f"click_id={named.click_id}")
    assert [(trial.table, trial.right) for trial in seen.trials] == [
        ("full", False), ("full:any", True), ("address", False), ("address:any", True),
    ]  # fmt: skip


def test_another_devices_click_at_the_address_was_a_wrong_answer() -> None:
    named, other = click(user_agent=android(model="Pixel 8"), ip="198.51.100.1"), click(user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[other]), referrer=f"click_id={named.click_id}")
    assert [(trial.table, trial.right) for trial in seen.trials] == [("full:any", False), ("address:any", False)]
    assert seen.explained == 0.0
    assert seen.addresses[0].explained == 0.0


def test_a_click_of_a_like_phone_at_the_address_may_be_an_earlier_one_of_the_named_person() -> None:
    named, other = click(user_agent=android(), ip="198.51.100.1"), click(user_agent=android())
    assert taught(Evidence(referrer_click=named, found=[other]), referrer=f"click_id={named.click_id}").trials == ()


@pytest.mark.parametrize("referrer", ["gclid=x", "fbclid=x"])
def test_an_install_that_names_another_network_makes_any_answer_wrong_and_is_credited_to_nobody(referrer: str) -> None:
    facts = install("android", referrer=referrer)
    verdict = match(facts, Evidence(found=[click(user_agent=android())]), ALWAYS, Statistics())
    assert verdict.click is None
    assert "ad" in verdict.reason
    seen = verdict.observation
    assert seen is not None
    assert (seen.explained, seen.referrer, seen.explained_without_referrer) == (0.0, "elsewhere", None)
    assert [(trial.table, trial.right) for trial in seen.trials] == [("full:any", False), ("address:any", False)]


def test_where_another_network_is_named_and_nobody_clicked_the_engines_silence_was_right() -> None:
    assert [trial.predicted for trial in taught(Evidence(found=[]), referrer="gclid=x").trials] == [0.0, 0.0]


@pytest.mark.parametrize("referrer", [ORGANIC, "utm_source=(not%20set)", "utm_source=newsletter", None])
def test_a_referrer_that_proves_nothing_tries_no_answer_and_teaches_by_the_posterior(referrer: str | None) -> None:
    seen = taught(Evidence(found=[click(user_agent=android())]), referrer=referrer)
    assert seen.trials == ()
    assert seen.explained is not None
    assert seen.explained_without_referrer is not None
    assert 0.9 < seen.explained <= seen.explained_without_referrer < 1
    assert (seen.explained < seen.explained_without_referrer) == (referrer is not None)


def test_an_iphone_without_truth_teaches_by_its_posterior() -> None:
    seen = taught(Evidence(found=[click()]), platform="ios")
    assert seen.explained is not None
    assert 0.9 < seen.explained < 1
    assert seen.trials == ()
    assert seen.click_to_install_s is None


@pytest.mark.parametrize(
    ("policy", "consent"), [("never", "granted"), ("with_consent", "unknown")], ids=["off", "without consent"]
)
def test_where_the_address_may_not_be_used_nothing_of_the_phone_is_learned(policy: str, consent: str) -> None:
    named = click(user_agent=android())
    allowed = Policy(probabilistic=policy)  # type: ignore[arg-type]
    seen = taught(
        Evidence(referrer_click=named, found=[named]), allowed,
        referrer=f"click_id={named.click_id}", marketing_consent=consent,
    )  # fmt: skip
    assert seen == Observation(app_id=APP, platform="android", click_to_install_s=300.0)


def test_nothing_at_all_is_learned_of_a_person_who_said_no() -> None:
    facts = install("android", marketing_consent="denied")
    assert match(facts, Evidence(found=[click(user_agent=android())]), ALWAYS, Statistics()).observation is None


def accidental_os(seen: Observation) -> dict[str, str]:
    return {group: os for group, os in seen.values.items() if group.startswith("clicker:")}


def test_the_os_of_who_clicked_at_the_address_and_did_not_bring_the_install_is_learned() -> None:
    seen = taught(Evidence(found=[click(user_agent=android())]), platform="ios", locale="en-GB")
    assert accidental_os(seen) == {"clicker:ios": "android", "clicker:ios:GB": "android"}


def test_the_device_that_brought_the_install_is_no_accidental_device() -> None:
    assert accidental_os(taught(Evidence(found=[click()]), platform="ios")) == {}
    other = click(10 * MINUTE, user_agent=iphone("15_1"))
    assert accidental_os(taught(Evidence(found=[click(), other]), platform="ios"))["clicker:ios"] == "ios"


def test_where_the_store_names_another_click_whoever_clicked_at_the_address_did_so_by_accident() -> None:
    named, other = click(user_agent=android(), ip="198.51.100.1"), click(user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[other]), referrer=f"click_id={named.click_id}")
    assert accidental_os(seen)["clicker:android"] == "android"


def test_no_id_and_no_address_is_in_an_observation() -> None:
    named = click(user_agent=android())
    seen = taught(Evidence(referrer_click=named, found=[named]), referrer=f"click_id={named.click_id}")
    assert named.click_id not in str(seen)
    assert named.ip not in str(seen)


def test_the_fourth_install_of_one_ttclid_is_flagged() -> None:
    paid = Verdict(method="referrer", click=click(ttclid="E.C.P.x"))
    flagged = flag_reused_ttclids([paid, paid, Verdict(method="none")], ["app"] * 3, {("app", "E.C.P.x"): 2})
    assert [verdict.flags for verdict in flagged] == [(), (TTCLID_REUSED,), ()]
