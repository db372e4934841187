"""Predictions become probabilities by what they turned out to be worth."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.matching.calibration import LEAST_LABELS, Bin, balanced, bin_of, calibrate, curve, new_table

PROBABILITIES = st.floats(0.0001, 0.9999)


def table(*answers: tuple[float, int, int]) -> list[Bin]:
    """A reliability table of (prediction, right answers, answers)."""
    made = new_table()
    for predicted, right, all_of_them in answers:
        for number in range(all_of_them):
            made[bin_of(predicted)].observe(predicted, number < right)
    return made


@given(PROBABILITIES)
def test_without_answers_a_prediction_stands(probability: float) -> None:
    assert calibrate(probability, curve([new_table(), new_table()])) == pytest.approx(probability, abs=1e-9)


def test_a_prediction_that_was_too_sure_is_lowered_to_what_was_observed() -> None:
    assert calibrate(0.97, curve([table((0.97, 850, 1000))])) == pytest.approx(0.86, abs=0.02)


def test_a_prediction_that_was_not_sure_enough_is_raised() -> None:
    assert calibrate(0.7, curve([table((0.7, 950, 1000))])) > 0.85


def test_a_few_answers_change_little() -> None:
    assert calibrate(0.97, curve([table((0.97, 1, 2))])) > 0.95


def test_an_apps_own_answers_come_on_top_of_everybodys() -> None:
    everybodys, own = table((0.97, 900, 1000)), table((0.97, 1000, 1000))
    assert calibrate(0.97, curve([everybodys])) < calibrate(0.97, curve([everybodys, own]))


@given(
    st.lists(st.tuples(PROBABILITIES, st.integers(0, 40), st.integers(0, 40)), max_size=12),
    st.lists(PROBABILITIES, min_size=2, max_size=20),
)
def test_a_surer_prediction_never_becomes_a_lesser_probability(
    answers: list[tuple[float, int, int]], predictions: list[float]
) -> None:
    points = curve([table(*answers)])
    given_out = [calibrate(probability, points) for probability in sorted(predictions)]
    assert all(after >= before - 1e-9 for before, after in pairwise(given_out))
    assert all(0 <= probability <= 1 for probability in given_out)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_certainty_stays_certain(certain: float) -> None:
    assert calibrate(certain, curve([table((0.97, 1, 100))])) == certain


def test_wrong_answers_that_are_labelled_too_rarely_are_weighed_up() -> None:
    labelled = table((0.97, 1000, 1000), (0.005, 0, 90), (0.97, 0, 10))
    middle = balanced(labelled, wrong_per_right=1.0)[bin_of(0.97)]
    assert (middle.right, middle.answers) == (1000, 1100)
    assert middle.predicted / middle.answers == pytest.approx(0.97)
    assert calibrate(0.97, curve([balanced(labelled, 1.0)])) < calibrate(0.97, curve([labelled]))


@pytest.mark.parametrize(("right", "wrong"), [(1000, LEAST_LABELS - 1), (LEAST_LABELS - 1, 1000), (0, 0)])
def test_labels_of_one_kind_alone_say_nothing(right: float, wrong: float) -> None:
    assert balanced(table((0.97, int(right), int(right)), (0.9, 0, int(wrong))), 1.0) == new_table()
