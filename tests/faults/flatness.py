"""Whether what a process holds (memory, descriptors) grows with time.

A straight line by least squares over its samples; each period in which nothing was restarted has a level of its own,
and all of them one slope together. What a period holds at first is its warm-up, and does not count.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

GROWS_AT_MOST: Final = 1.0
"""Per cent of the mean, an hour."""
FEWEST: Final = 12
"""Samples after the warm-up, for anything to be said of them."""
MOST_ALIKE: Final = 0.99


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    period: str
    """The same for as long as the same processes run."""
    value: float


@dataclass(frozen=True, slots=True)
class Slope:
    mean: float
    percent: float
    """Of the mean, an hour."""
    error: float
    """Its standard error, in the same unit. Neighbouring samples are alike, so that many of them say less than as many
    that are independent: widened by sqrt((1 + r) / (1 - r)), r the correlation of what is left of neighbours."""
    samples: int
    seconds: float
    """From the first to the last sample of each period, all of them added up."""

    @property
    def grows(self) -> bool:
        return self.percent > GROWS_AT_MOST and self.percent > 2 * self.error


def slope_of(samples: Iterable[Sample], warm_up_s: float) -> Slope | None:
    """None where fewer than `FEWEST` samples are left, or all are of one moment."""
    periods = _warm(samples, warm_up_s)
    count = sum(map(len, periods))
    mean = sum(sample.value for period in periods for sample in period) / max(count, 1)
    centred = [_centred(period) for period in periods]
    spread = sum(t * t for period in centred for t, _ in period)
    if count < FEWEST or count - len(periods) < 2 or not spread or not mean:
        return None
    per_second = sum(t * value for period in centred for t, value in period) / spread
    left = [[value - per_second * t for t, value in period] for period in centred]
    variance = sum(one * one for period in left for one in period) / (count - len(periods) - 1)
    error = math.sqrt(variance / spread) * _widened(left)
    in_percent = 3600 * 100 / mean
    seconds = sum(period[-1].at_s - period[0].at_s for period in periods)
    return Slope(mean, per_second * in_percent, error * in_percent, count, seconds)


def _warm(samples: Iterable[Sample], warm_up_s: float) -> list[list[Sample]]:
    """The samples of each period, in their order, without its warm-up."""
    periods: dict[str, list[Sample]] = defaultdict(list)
    for sample in sorted(samples, key=lambda one: one.at_s):
        periods[sample.period].append(sample)
    warm = ([one for one in period if one.at_s >= period[0].at_s + warm_up_s] for period in periods.values())
    return [period for period in warm if period]


def _centred(period: list[Sample]) -> list[tuple[float, float]]:
    at = sum(one.at_s for one in period) / len(period)
    value = sum(one.value for one in period) / len(period)
    return [(one.at_s - at, one.value - value) for one in period]


def _widened(left: list[list[float]]) -> float:
    both = sum(one * after for period in left for one, after in pairwise(period))
    square = sum(one * one for period in left for one in period)
    alike = min(max(both / square, 0.0), MOST_ALIKE) if square else 0.0
    return math.sqrt((1 + alike) / (1 - alike))
