"""What is learned, how it is bounded, and how an app's own installs weigh against everybody's."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.matching import address_usage, hazard, priors
from forwarder.matching.estimates import Estimates
from forwarder.matching.frequencies import MAX_TOTAL, Frequencies
from forwarder.matching.observation import AddressUsage, Observation, Trial
from forwarder.matching.statistics import (
    MAX_APPS,
    MAX_GROUPS,
    MAX_MODELS,
    MAX_OUTCOMES,
    Learned,
    Statistics,
    learn,
    learned_from,
)
from forwarder.matching.summary import summary

APP, OTHER = "app_a", "app_b"


def observed(app_id: str = APP, platform: str = "ios", **fields: object) -> Observation:
    return msgspec.convert({"app_id": app_id, "platform": platform, **fields}, Observation)


def taught(*seen: Observation) -> Statistics:
    statistics = Statistics()
    learn(statistics, seen)
    return statistics


def test_without_installs_the_priors_speak() -> None:
    estimates = Estimates(Statistics(), APP)
    assert estimates.share("os:android", "16") == priors.SHARES["os:android"]["16"]
    assert estimates.share("model", "never seen") == priors.SHARES["model"]["*"]
    assert estimates.share("a fact nobody has numbers of", "x") == priors.UNKNOWN_SHARE
    assert estimates.odds("ios") == pytest.approx(priors.AD_INSTALLS / priors.REACH / priors.OTHER_INSTALLS)
    assert estimates.density(300) == hazard.prior_density(300)
    assert estimates.accidental_devices("v4", 0) == address_usage.UNSEEN["v4"]
    assert estimates.calibrate("ios", 0.93, 0.95) == pytest.approx(0.93)
    assert estimates.calibrate("ios", 0.0, 0.0) == 0.0


def test_shares_move_from_the_prior_to_what_was_seen() -> None:
    shares = [
        Estimates(taught(*[observed(values={"os:ios": "26.1"})] * count), APP).share("os:ios", "26.1")
        for count in (0, 10, 1000)
    ]
    assert shares == sorted(shares)
    assert shares[-1] > 0.95


def test_an_apps_own_installs_outweigh_the_others_as_they_grow() -> None:
    elsewhere = [observed(OTHER, values={"os:ios": "26.1"})] * 500
    own = observed(values={"os:ios": "18.6.2"})
    shares = [
        Estimates(taught(*elsewhere, *[own] * count), APP).share("os:ios", "26.1") for count in (0, 20, 200, 2000)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.85
    assert shares[-1] < 0.05


def test_odds_follow_the_installs_that_clicks_explain() -> None:
    few = Estimates(taught(*[observed(explained=0.1)] * 500), APP).odds("ios")
    many = Estimates(taught(*[observed(explained=0.8)] * 500), APP).odds("ios")
    assert few == pytest.approx(0.1 / 0.9 / priors.REACH, rel=0.2)
    assert many == pytest.approx(0.8 / 0.2 / priors.REACH, rel=0.2)


def test_what_is_learned_of_one_platform_does_not_count_for_the_other() -> None:
    statistics = taught(*[observed(explained=0.9)] * 500)
    assert Estimates(statistics, APP).odds("android") == Estimates(Statistics(), APP).odds("android")


def test_times_from_click_to_install_bend_the_mixture() -> None:
    slow = taught(*[observed(click_to_install_s=10 * 3600)] * 1000)
    at_ten_hours = Estimates(slow, APP).density(10 * 3600)
    assert at_ten_hours > 10 * hazard.prior_density(10 * 3600)
    assert Estimates(slow, APP).density(300) < hazard.prior_density(300) / 2


@pytest.mark.parametrize(("median_s", "low", "high"), [(3600, 0.75, 0.85), (86_400, 0.93, 0.95)])
def test_the_mixture_is_what_attribution_vendors_publish(median_s: float, low: float, high: float) -> None:
    step = 5.0
    seconds = [step * (number + 0.5) for number in range(int(median_s / step))]
    assert low < sum(hazard.prior_density(at) * step for at in seconds) < high


def test_address_usage_says_how_many_accidental_devices_to_expect() -> None:
    lonely = taught(*[observed(crowds=[["v4", 0, 0.0]])] * 1000, *[observed(crowds=[["v4", 1, 0.0]])] * 10)
    shared = taught(*[observed(crowds=[["v4", 0, 0.0]])] * 1000, *[observed(crowds=[["v4", 1, 0.0]])] * 900)
    assert Estimates(lonely, APP).accidental_devices("v4", 0) < 0.05
    assert Estimates(shared, APP).accidental_devices("v4", 0) > 0.7
    assert Estimates(shared, APP).accidental_devices("v6", 0) == address_usage.UNSEEN["v6"]


def test_a_device_that_brought_the_install_is_not_accidental() -> None:
    statistics = taught(observed(crowds=[["v4", 1, 1.0]]))
    assert statistics.whole.addresses["v4"][:2] == [1.0, 0.0]


def clicked(os: str, region: str) -> Observation:
    """An iPhone's install at whose address somebody else clicked, on a phone of this OS."""
    return observed(values={"clicker:ios": os, f"clicker:ios:{region}": os})


def test_which_share_of_the_accidental_devices_has_the_installs_os_is_learned_by_country() -> None:
    assert Estimates(Statistics(), APP).same_os("ios", "US") == 0.5
    estimates = Estimates(taught(*[clicked("ios", "US")] * 900, *[clicked("android", "ID")] * 900), OTHER)
    assert estimates.same_os("ios", "US") > 0.9
    assert estimates.same_os("ios", "ID") < 0.1
    assert estimates.same_os("ios", "GB") == estimates.same_os("ios", None) == pytest.approx(0.5, abs=0.01)
    assert estimates.same_os("android", "US") == 0.5


def test_a_country_seen_seldom_has_the_share_of_all_countries() -> None:
    estimates = Estimates(taught(*[clicked("android", "ID")] * 900, clicked("ios", "US")), APP)
    assert estimates.same_os("ios", "US") < 0.1


def test_installs_from_homes_of_clicks_are_learned_where_only_a_household_shares_the_address() -> None:
    assert Estimates(Statistics(), APP).homes("v6") == address_usage.UNSEEN["v6"]
    alone = [observed(crowds=[["v6", 0, 0.0]])] * 1000
    rare = Estimates(taught(*alone, *[observed(crowds=[["v6", 1, 0.0]])] * 10), APP)
    often = Estimates(taught(*alone, *[observed(crowds=[["v6", 1, 0.0]])] * 100), APP)
    assert often.homes("v6") > 5 * rare.homes("v6")
    assert rare.homes("v4") == 2 * rare.homes("v6")


def test_no_more_installs_come_from_homes_of_clicks_than_meet_anybody() -> None:
    lonely, met = [observed(crowds=[["v4", 0, 0.0]])] * 1000, [observed(crowds=[["v6", 1, 0.0]])] * 1000
    estimates = Estimates(taught(*lonely, *met), APP)
    assert estimates.homes("v4") == estimates.accidental_devices("v4", 0) < estimates.homes("v6")


@given(st.lists(st.floats(0, 1000), min_size=address_usage.BUCKETS, max_size=address_usage.BUCKETS))
def test_more_devices_seen_never_mean_fewer_to_expect(met: list[float]) -> None:
    expected = [address_usage.expected(others, "v4", met) for others in range(12)]
    assert expected == sorted(expected)
    assert expected[0] > 0


def test_frequencies_keep_the_commonest_values_and_forget_slowly() -> None:
    known = Frequencies()
    for number in range(100_000):
        known.observe("common" if number % 2 else f"rare {number}", most=50)
    assert len(known.counts) <= 50
    assert known.total <= MAX_TOTAL
    assert known.share("common", 0.0, 0.0) == pytest.approx(0.5, abs=0.02)


def test_statistics_are_bounded_whatever_comes() -> None:
    statistics = Statistics()
    for number in range(3_000):
        statistics.observe(
            observed(
                f"app_{number}", explained=0.5,
                values={"model": f"m{number}", f"time_zone:{number}": "x", "os:ios": str(number)},
            )
        )  # fmt: skip
    assert len(statistics.apps) == MAX_APPS
    assert len(statistics.whole.values) <= MAX_GROUPS
    assert len(statistics.whole.values["model"].counts) <= MAX_MODELS
    outcomes = statistics.whole.outcomes["ios"]
    assert outcomes.explained + outcomes.others <= MAX_OUTCOMES
    assert len(msgspec.json.encode(statistics.whole)) < 64_000


def test_what_was_learned_survives_being_stored() -> None:
    statistics = taught(
        observed(values={"model": "x"}, explained=0.5, crowds=[["v4", 2, 0.5]], click_to_install_s=60.0,
                 trials=[["full", 0.97, True]])
    )  # fmt: skip
    stored = msgspec.json.decode(msgspec.json.encode(statistics.whole))
    assert learned_from(stored) == statistics.whole
    assert learned_from({}) == Learned()


def test_statistics_of_an_earlier_version_which_counted_no_device_os_load_and_start_from_its_prior() -> None:
    stored = {
        "installs": 9, "values": {"os:ios": {"counts": {"26.1": 5.0}, "total": 9.0}},
        "outcomes": {"ios": {"explained": 4.0, "others": 5.0}}, "click_to_install": [0.0] * hazard.BUCKETS,
        "crowds": {"v4": [9.0, 1.0, *[0.0] * (address_usage.BUCKETS - 2)]}, "reliability": {},
    }  # fmt: skip
    estimates = Estimates(Statistics(learned_from(stored)), APP)
    assert estimates.same_os("ios", "US") == 0.5
    assert estimates.accidental_devices("v4", 0) != address_usage.UNSEEN["v4"]


def test_reliability_of_an_earlier_version_which_took_organic_for_truth_is_forgotten() -> None:
    wrong = {"answers": 100.0, "right": 0.0, "predicted": 97.0}
    stored = {"reliability": {"full": [wrong] * 15, "address": [wrong] * 15}}
    assert learned_from(stored).trials == Learned().trials


def test_observations_survive_being_stored() -> None:
    seen = observed(crowds=[["v4", 2, 0.5]], trials=[["full", 0.97, True]])
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(seen)), Observation) == seen
    assert seen.addresses == (AddressUsage("v4", 2, 0.5),)
    assert seen.trials == (Trial("full", 0.97, True),)


def test_learning_in_two_halves_is_learning_at_once() -> None:
    seen = [observed(values={"os:ios": str(number % 7)}, explained=number / 100) for number in range(100)]
    halves = taught(*seen[:50])
    learn(halves, seen[50:])
    assert halves.whole == taught(*seen).whole


def test_the_summary_shows_what_was_learned() -> None:
    shown = summary(taught(*[observed(values={"os:ios": "26.1"}, explained=0.5, click_to_install_s=300.0)] * 10), APP)
    assert shown["installs"] == 10
    assert shown["values"]["os:ios"] == [{"value": "26.1", "share": 1.0}]
    assert {row["referrer"]: row["factor"] for row in shown["referrers"]} == {
        "named": None, "elsewhere": None, "organic": 0.3, "lost": 0.3, "unnamed": 0.3, "absent": 1.0,
    }  # fmt: skip
    assert sum(row["installs"] for row in shown["click_to_install"]) == 10
    assert summary(Statistics(), "")["app_id"] is None
