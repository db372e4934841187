"""The posterior over clicks behind an address, by property: what holds of any clicks."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clicks.record import Click
from tests.forwarder.matching.cases import HOUR, click, iphone
from tests.forwarder.matching.test_probabilistic import probability_of, verdict_of

VERSIONS = st.sampled_from(["18_6_2", "18_6", "18_5", "17_5_1", "26_1", "26_2"])


@st.composite
def clicks_at_the_address(draw: st.DrawFn) -> list[Click]:
    """Clicks of distinct devices, the first one the install's own version."""
    drawn = draw(st.lists(st.tuples(st.integers(0, 30 * HOUR), VERSIONS), min_size=1, max_size=12))
    return [click(before, user_agent=iphone(os, f"musical_ly_{at}.0")) for at, (before, os) in enumerate(drawn)]


@given(clicks_at_the_address(), st.integers(0, 30 * HOUR), VERSIONS)
def test_another_device_never_makes_the_others_together_likelier(usage: list[Click], before: int, os: str) -> None:
    newcomer = click(before, user_agent=iphone(os, "trill_99.0"))
    without = sum(c.probability for c in verdict_of(*usage).candidates)
    with_it = sum(c.probability for c in verdict_of(*usage, newcomer).candidates if c.click_id != newcomer.click_id)
    assert with_it <= without + 1e-5


@given(st.integers(0, 30 * HOUR), clicks_at_the_address())
def test_other_candidates_never_make_a_device_likelier_than_it_is_alone(before: int, ranked: list[Click]) -> None:
    first = click(before, user_agent=iphone("18_6_2", "trill_98.0"))
    assert probability_of(first, *ranked) <= probability_of(first) + 2e-6


@given(clicks_at_the_address(), st.randoms())
def test_the_order_in_which_clicks_are_found_changes_nothing(usage: list[Click], random: Any) -> None:
    shuffled = list(usage)
    random.shuffle(shuffled)
    assert verdict_of(*shuffled) == verdict_of(*usage)


@given(clicks_at_the_address())
def test_probabilities_of_all_devices_never_exceed_one(usage: list[Click]) -> None:
    candidates = verdict_of(*usage).candidates
    assert all(0 <= candidate.probability <= 1 for candidate in candidates)
    assert sum(candidate.probability for candidate in candidates) <= 1 + 1e-4
