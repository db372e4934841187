"""Whether a probability of 0.95 is right 95 times in 100, and what is to be said instead where it is not.

Android installs whose referrer names our click, or another network's, are the truth: the probabilistic engine is run on
them with the referrer hidden. Its
answers fall into bins; each bin's rate of right answers, smoothed with what was predicted and made monotone (pool
adjacent violators), becomes a curve that turns a prediction into a probability.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

EDGES = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
BINS = len(EDGES) + 1
STRENGTH = 60.0  # answers that "as predicted" counts for in each bin, ...
ANY_STRENGTH = 200.0  # ... and where the wrong ones are few and weighted
LEAST_LABELS, MAX_LABEL_WEIGHT = 20.0, 20.0
MIN, MAX = 1e-6, 1 - 1e-6

Curve = tuple[tuple[float, float], ...]
"""(logit of the prediction, logit of the probability), ascending in both."""


class Bin(msgspec.Struct):
    """Answers whose predicted probability lay in one bin."""

    answers: float = 0.0
    right: float = 0.0
    predicted: float = 0.0
    """Sum of the predictions."""

    def observe(self, predicted: float, right: bool) -> None:
        self.answers += 1.0
        self.right += right
        self.predicted += predicted


def new_table() -> list[Bin]:
    """A reliability table without answers."""
    return [Bin() for _ in range(BINS)]


def bin_of(predicted: float) -> int:
    return bisect_right(EDGES, predicted)


def balanced(table: Sequence[Bin], wrong_per_right: float) -> list[Bin]:
    """The table with its wrong answers weighted so that there are so many for each right one; without answers where
    either kind is too rare to say anything.
    """
    right = math.fsum(one.right for one in table)
    wrong = math.fsum(one.answers for one in table) - right
    if min(right, wrong) < LEAST_LABELS or not wrong_per_right:
        return new_table()
    weight = min(wrong_per_right * right / wrong, MAX_LABEL_WEIGHT)
    weights = [one.right + weight * (one.answers - one.right) for one in table]
    return [
        Bin(answers, one.right, one.predicted * answers / one.answers if one.answers else 0.0)
        for answers, one in zip(weights, table, strict=True)
    ]


def curve(tables: Iterable[Sequence[Bin]], strength: float = STRENGTH) -> Curve:
    """The curve that reliability tables ask for, the most general first: each is smoothed with the one before.

    Args:
        strength: answers that "as predicted" counts for in each bin.
    """
    middles = [(low + high) / 2 for low, high in zip((0.0, *EDGES), (*EDGES, 1.0), strict=True)]
    predicted, observed, weights = list(middles), list(middles), [strength] * BINS
    for table in tables:
        for index, one in enumerate(table):
            weight = one.answers + strength
            predicted[index] = (one.predicted + strength * predicted[index]) / weight
            observed[index] = (one.right + strength * observed[index]) / weight
            weights[index] = weight
    return tuple(zip(map(_logit, predicted), map(_logit, _monotone(observed, weights)), strict=True))


def calibrate(probability: float, points: Curve) -> float:
    """The probability that the curve gives for a prediction; beyond its ends the last correction holds."""
    if not 0.0 < probability < 1.0:
        return probability
    x = _logit(probability)
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x < x1:
            return _logistic(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
    end_x, end_y = points[0] if x < points[0][0] else points[-1]
    return _logistic(x + end_y - end_x)


def _monotone(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The ascending values nearest to these (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, mass, size = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, before_mass, before_size = blocks.pop()
            mean = (before * before_mass + mean * mass) / (before_mass + mass)
            mass, size = mass + before_mass, size + before_size
        blocks.append((mean, mass, size))
    return [mean for mean, _, size in blocks for _ in range(size)]


def _logit(probability: float) -> float:
    clipped = min(max(probability, MIN), MAX)
    return math.log(clipped / (1 - clipped))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
