"""How right a set of credits is, against a world's truth."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from backtest.runner import Answer
from tests.matching.truth import Truth, World
from tests.matching.world import DAY_S, START_S

BIN_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
WARM_UP_S = DAY_S
T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26, 12: 2.20, 15: 2.14, 20: 2.09}


@dataclass(frozen=True, slots=True)
class Score:
    """Rates of one world and seed; persons who refused are in none of them."""

    precision: float
    """Credits that went to a click of the installing person."""
    recall: float
    """Ad installs credited to a click of their person."""
    ceiling: float
    """Ad installs that share an address key with one of their clicks, within 24 hours, or name it in the referrer."""
    false_per_organic: float
    violations: int
    """Credits to a bot's, preloader's or other app's visit, an injected or later click, or to who refused."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """How sure a probabilistic match was, and whether it was right."""

    probability: float
    right: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds with its 95 % confidence interval (t distribution)."""

    mean: float
    half_width: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} ± {self.half_width:.4f}"


def score(world: World, credits_: Mapping[str, str]) -> Score:
    """The score of these credits (install id -> click id)."""
    asked = {install_id: truth for install_id, truth in world.truth.items() if not truth.denied}
    paid = [(install_id, truth) for install_id, truth in asked.items() if truth.clicks]
    organic = [install_id for install_id, truth in asked.items() if not truth.clicks]
    right = sum(_is_right(world, truth, credits_.get(install_id)) for install_id, truth in paid)
    return Score(
        precision=right / len(credits_) if credits_ else 1.0,
        recall=right / len(paid),
        ceiling=sum(truth.reachable or truth.by_referrer for _, truth in paid) / len(paid),
        false_per_organic=sum(install_id in credits_ for install_id in organic) / len(organic),
        violations=len(violations(world, credits_)),
    )


def violations(world: World, credits_: Mapping[str, str]) -> dict[str, str]:
    """Install id -> what must never be, whatever the probability."""
    clicked_at = {line["click_id"]: line["clicked_at"] for line in world.clicks}
    opened_at = {line["install_id"]: line["occurred_at"] for line in world.installs}
    found: dict[str, str] = {}
    for install_id, click_id in credits_.items():
        if world.truth[install_id].denied:
            found[install_id] = "consent denied"
        elif click_id in world.forbidden:
            found[install_id] = world.forbidden[click_id]
        elif _ms(clicked_at[click_id]) > _ms(opened_at[install_id]) + 30_000:
            found[install_id] = "later click"
    return found


def predictions(world: World, answers: Sequence[Answer]) -> list[Prediction]:
    """What the address alone decided after the warm-up of one day: run at the lowest threshold to see them all."""
    found = []
    for answer in answers:
        truth = world.truth[answer.install_id]
        if truth.at_s >= START_S + WARM_UP_S and answer.method == "probabilistic" and answer.probability is not None:
            found.append(Prediction(answer.probability, _is_right(world, truth, answer.click_id)))
    return found


def calibration_error(predicted: Sequence[Prediction]) -> float:
    """Expected calibration error: distance of predicted and observed per bin, weighted by the bin's installs."""
    rows = reliability(predicted)
    total = sum(row.installs for row in rows)
    return sum(row.installs * abs(row.predicted - row.observed) for row in rows) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """Matches whose probability lay in [low, high)."""

    low: float
    high: float
    installs: int
    predicted: float
    observed: float


def reliability(predicted: Sequence[Prediction]) -> list[ReliabilityRow]:
    """The reliability table; empty bins are left out."""
    rows = []
    for low, high in pairwise(BIN_EDGES):
        inside = [p for p in predicted if low <= p.probability < high or (high == 1.0 and p.probability == 1.0)]
        if inside:
            mean = sum(p.probability for p in inside) / len(inside)
            rows.append(ReliabilityRow(low, high, len(inside), mean, sum(p.right for p in inside) / len(inside)))
    return rows


def interval(values: Sequence[float]) -> Interval:
    """Mean and half width over seeds."""
    if len(values) < 2:
        return Interval(values[0], math.nan)
    t = T_95.get(len(values), 1.96 if len(values) > 20 else 2.2)
    return Interval(statistics.mean(values), t * statistics.stdev(values) / math.sqrt(len(values)))


def _is_right(world: World, truth: Truth, click_id: str | None) -> bool:
    return click_id is not None and bool(truth.clicks) and world.person_of_click.get(click_id) == truth.person


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000
