"""The measures themselves: a report is worth what they are."""

import math

import pytest

from tests.matching.baselines import last_click_same_ip, last_click_same_ip_and_os
from tests.matching.metrics import Prediction, calibration_error, interval, reliability, score, violations
from tests.matching.recorded import IPHONE, click, install
from tests.matching.truth import Truth, World

CLICKED = Truth(person=1, at_s=0, clicks=("own",), reachable=True)
ORGANIC = Truth(person=2, at_s=0)
DENIED = Truth(person=3, at_s=0, denied=True)


@pytest.fixture
def world() -> World:
    """One address: a person's click and install, an organic install, one of who refused; a bot came by, too."""
    return World(
        clicks=[
            click("09:58:00", click_id="bot"),
            click("10:00:00", click_id="own"),
            click("10:09:00", click_id="late"),
        ],
        installs=[
            install("paid"),
            install("organic", "10:05:00"),
            install("denied", "10:06:00", consent={"marketing": "denied"}),
        ],
        truth={"paid": CLICKED, "organic": ORGANIC, "denied": DENIED},
        person_of_click={"own": 1, "late": 4},
        forbidden={"bot": "bot"},
    )


def test_a_perfect_matcher_scores_one_everywhere(world: World) -> None:
    perfect = score(world, {"paid": "own"})
    assert (perfect.precision, perfect.recall, perfect.ceiling, perfect.false_per_organic) == (1.0, 1.0, 1.0, 0.0)
    assert perfect.violations == 0


def test_a_credit_to_an_organic_install_costs_precision_and_counts_as_false(world: World) -> None:
    greedy = score(world, {"paid": "own", "organic": "own"})
    assert (greedy.precision, greedy.recall, greedy.false_per_organic) == (0.5, 1.0, 1.0)


def test_a_credit_to_another_persons_click_is_wrong_even_where_the_person_did_click(world: World) -> None:
    assert score(world, {"paid": "late"}).precision == 0.0
    assert score(world, {"paid": "late"}).recall == 0.0


@pytest.mark.parametrize(
    ("credits_", "why"),
    [
        ({"paid": "bot"}, {"paid": "bot"}),
        ({"paid": "late"}, {"paid": "later click"}),
        ({"denied": "own"}, {"denied": "consent denied"}),
        ({"paid": "own"}, {}),
    ],
)
def test_what_must_never_be_is_found(world: World, credits_: dict[str, str], why: dict[str, str]) -> None:
    assert violations(world, credits_) == why


def test_baselines_take_the_last_click_of_their_window(world: World) -> None:
    assert last_click_same_ip(world) == {"paid": "own", "organic": "own"}
    world.clicks.insert(2, click("10:01:00", click_id="iphone", user_agent=IPHONE))
    world.person_of_click["iphone"] = 5
    assert last_click_same_ip(world)["paid"] == "iphone"
    assert last_click_same_ip_and_os(world)["paid"] == "own"


def test_calibration_error_is_the_distance_of_what_was_said_from_what_was_so() -> None:
    honest = [Prediction(0.75, right) for right in (True, True, True, False)]
    boastful = [Prediction(0.95, right) for right in (True, False)]
    assert calibration_error(honest) == pytest.approx(0.0)
    assert calibration_error(boastful) == pytest.approx(0.45)
    assert calibration_error(honest + boastful) == pytest.approx(0.15)
    assert calibration_error([]) == 0.0


def test_certain_matches_have_a_bin_too() -> None:
    (row,) = reliability([Prediction(1.0, True)])
    assert (row.installs, row.predicted, row.observed) == (1, 1.0, 1.0)


def test_an_interval_needs_two_seeds() -> None:
    assert interval([0.5, 0.5, 0.5]).half_width == 0.0
    assert interval([0.4, 0.6]).mean == pytest.approx(0.5)
    assert math.isnan(interval([0.5]).half_width)
