"""What counts as growth: on lines, noise, steps and restarts whose slope is known."""

import random
from collections.abc import Callable

import pytest

from tests.faults.flatness import FEWEST, Sample, slope_of

HOUR = 3600
MIB = 1024 * 1024


def sampled(value_at: Callable[[int], float], period: str = "one", begin: int = 0, end: int = HOUR) -> list[Sample]:
    return [Sample(at, period, value_at(at)) for at in range(begin, end, 5)]


def noise(seed: int, size: float) -> Callable[[int], float]:
    chance = random.Random(seed)
    return lambda _: chance.gauss(0, size)


@pytest.mark.parametrize("percent", [0.0, 0.5, 1.5, 20.0, -3.0])
def test_the_slope_of_a_line_is_that_of_the_line(percent: float) -> None:
    samples = sampled(lambda at: 100 * (1 + percent / 100 * (at - HOUR / 2) / HOUR))
    slope = slope_of(samples, 0)
    assert slope is not None
    assert slope.percent == pytest.approx(percent, abs=0.02)
    assert slope.error == pytest.approx(0, abs=0.01)
    assert slope.grows is (percent > 1)


@pytest.mark.parametrize(
    ("grows", "percent", "noise_percent"),
    [(True, 3.0, 1.0), (True, 1.5, 0.1), (False, 0.8, 0.1), (False, 0.0, 5.0), (False, 0.0, 0.0)],
)
def test_noise_hides_no_growth_and_makes_none(grows: bool, percent: float, noise_percent: float) -> None:
    for seed in range(10):
        noisy = noise(seed, noise_percent)
        slope = slope_of(sampled(lambda at: 100 + percent * at / HOUR + noisy(at)), 0)  # noqa: B023 - called at once
        assert slope is not None
        assert slope.grows is grows


def test_a_leak_that_shows_page_by_page_grows() -> None:
    slope = slope_of(sampled(lambda at: 80 * MIB + (at // 120) * MIB), HOUR / 6)
    assert slope is not None
    assert slope.grows
    assert slope.percent == pytest.approx(30 / 97 * 100, rel=0.1)


def test_one_step_is_no_growth_by_the_error_of_samples_that_are_alike() -> None:
    slope = slope_of(sampled(lambda at: 100 if at < HOUR / 2 else 101), 0)
    assert slope is not None
    assert slope.percent > 1
    assert slope.error > 0.4
    assert not slope_of(sampled(lambda at: 30 if at < HOUR - 300 else 31), 0).grows  # type: ignore[union-attr]


def test_the_warm_up_of_each_period_does_not_count() -> None:
    def warms_up(at: int) -> float:
        return 50 + min(at, 600) / 12

    after_restart = sampled(lambda at: warms_up(at - HOUR), "two", HOUR, 2 * HOUR)
    assert slope_of(sampled(warms_up) + after_restart, 0).grows  # type: ignore[union-attr]
    slope = slope_of(sampled(warms_up) + after_restart, 600)
    assert slope is not None
    assert slope.percent == pytest.approx(0, abs=1e-9)
    assert slope.samples == 2 * (HOUR - 600) / 5
    assert slope.seconds == 2 * (HOUR - 600 - 5)


def test_another_level_after_a_restart_is_no_growth() -> None:
    slope = slope_of(sampled(lambda _: 50) + sampled(lambda _: 80, "two", HOUR, 2 * HOUR), 0)
    assert slope is not None
    assert (slope.percent, slope.mean) == (0, 65)


def test_each_period_that_grows_tells_even_where_a_restart_sets_it_back() -> None:
    def leaks(at: int) -> float:
        return 100 + at % 600 / 60

    samples = [one for number in range(6) for one in sampled(leaks, str(number), number * 600, (number + 1) * 600)]
    assert slope_of(samples, 0).grows  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "samples",
    [
        [],
        sampled(lambda _: 1, end=5 * (FEWEST - 1)),
        [Sample(at, str(at), 1) for at in range(100)],
        [Sample(0, "one", 1)] * 100,
        sampled(lambda _: 0),
    ],
    ids=["none", "few", "each its own period", "one moment", "nothing held"],
)
def test_nothing_is_said_of_too_few(samples: list[Sample]) -> None:
    assert slope_of(samples, 0) is None
