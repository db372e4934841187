"""What a referrer that proves nothing is worth, by what became of the installs that came with it."""

import pytest

from forwarder.matching.referrer_rates import LEAST, MAX_INSTALLS, START, ReferrerRates, referrer_factor

NOTHING = ReferrerRates()


def rates(*installs: tuple[str, float, int]) -> ReferrerRates:
    """From (kind, explained, how many)."""
    learned = ReferrerRates()
    for kind, explained, count in installs:
        for _ in range(count):
            learned.observe(kind, explained)
    return learned


def test_before_anything_was_learned_organic_makes_a_click_a_third_as_likely() -> None:
    assert referrer_factor("organic", NOTHING, NOTHING) == START


@pytest.mark.parametrize("kind", ["named", "elsewhere"])
def test_what_is_decided_otherwise_has_no_factor(kind: str) -> None:
    assert referrer_factor(kind, NOTHING, rates((kind, 1.0, 100))) == 1.0  # type: ignore[arg-type]


def test_an_app_that_never_sends_a_referrer_says_nothing_by_it() -> None:
    silent = rates(("absent", 1.0, 300), ("absent", 0.0, 500))
    assert referrer_factor("absent", NOTHING, NOTHING) == 1.0
    assert referrer_factor("absent", rates(("organic", 0.0, 500), ("absent", 0.0, 50)), silent) == pytest.approx(1.0)


def test_an_app_that_always_sends_one_says_something_by_not_doing_so() -> None:
    sends = rates(("named", 1.0, 500), ("organic", 0.0, 500))
    assert referrer_factor("absent", NOTHING, sends) == START


@pytest.mark.parametrize("lost", [0.05, 0.2, 0.4])
def test_the_rate_at_which_the_store_loses_referrers_is_learned(lost: float) -> None:
    ads, organics = 1_500, 2_000
    learned = rates(
        ("named", 1.0, round(ads * (1 - lost))), ("organic", 1.0, round(ads * lost)), ("organic", 0.0, organics)
    )
    assert referrer_factor("organic", learned, learned) == pytest.approx(lost, abs=0.02)


def test_no_referrer_becomes_proof_and_none_speaks_for_a_click() -> None:
    never = rates(("named", 1.0, 2_000), ("organic", 0.0, 1_900))
    always = rates(("named", 0.0, 2_000), ("organic", 1.0, 1_900))
    assert referrer_factor("organic", never, never) == LEAST
    assert referrer_factor("organic", always, always) == 1.0


def test_an_app_of_its_own_kind_outweighs_the_others_as_it_grows() -> None:
    whole = rates(("named", 1.0, 1_500), ("organic", 0.0, 1_500))
    factors = [
        referrer_factor(
            "organic", whole, rates(("named", 1.0, count), ("organic", 1.0, count), ("organic", 0.0, count))
        )
        for count in (0, 10, 100, 1_000)
    ]
    assert factors == sorted(factors)
    assert factors[0] < 0.05
    assert factors[-1] == pytest.approx(0.5, abs=0.05)


def test_old_installs_fade() -> None:
    learned = rates(("organic", 0.0, 3 * int(MAX_INSTALLS)))
    assert sum(learned.others.values()) <= MAX_INSTALLS
