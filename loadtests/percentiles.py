"""Percentiles of raw latencies: nearest rank, nothing rounded, nothing put into buckets."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies of one round, in milliseconds. All zero where nothing was answered."""

    p50: float
    p90: float
    p99: float
    p999: float
    max: float


def nearest_rank(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that at least `fraction` of the ascending values do not exceed; 0 where there are none."""
    if not ordered:
        return 0.0
    return ordered[max(0, ceil(fraction * len(ordered)) - 1)]


def latency_of(seconds: Sequence[float]) -> Latency:
    """Percentiles of latencies given in seconds, in any order."""
    ordered = sorted(seconds)
    ranks = (nearest_rank(ordered, fraction) * 1000 for fraction in (0.50, 0.90, 0.99, 0.999, 1.0))
    return Latency(*ranks)
