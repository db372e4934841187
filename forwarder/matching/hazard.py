"""How long after its click an install comes: the prior mixture, bent by the installs whose click is known for certain.

The mixture is fitted to what attribution vendors publish (AppsFlyer: 75 % within an hour, 94 % within a day; Adjust;
TUNE): 78 % log-normal around 4 minutes (download at once), 16 % around 3 hours (opened later), 6 % between one and
seven days.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

HOUR_S = 3_600.0
DAY_S = 86_400.0

QUICK, LATER, DAYS = 0.78, 0.16, 0.06
QUICK_MEDIAN_S, LATER_MEDIAN_S = 240.0, 3 * HOUR_S
SKEW_S = 10.0  # clocks differ by some seconds: an install that seems to come this soon came at some time near it
SKEW_DENSITY = 1e-4
FLOOR = 1e-9

EDGES_S = (
    10.0, 30.0, 60.0, 120.0, 240.0, 480.0, 900.0, 1_800.0, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 16 * HOUR_S,
    DAY_S, 2 * DAY_S, 7 * DAY_S,
)  # fmt: skip
"""Where the learned histogram's buckets end; the last one is open."""
BUCKETS = len(EDGES_S) + 1
STRENGTH = 200.0  # installs that the mixture counts for

_ROOT = math.sqrt(2 * math.pi)
_QUICK_LOG, _LATER_LOG = math.log(QUICK_MEDIAN_S), math.log(LATER_MEDIAN_S)


def bucket(seconds: float) -> int:
    """The histogram's bucket of a time from click to install."""
    return bisect_right(EDGES_S, seconds)


def prior_density(seconds: float) -> float:
    """Installs per second after the click, per install that comes."""
    if seconds <= 0:
        return SKEW_DENSITY
    least = SKEW_DENSITY if seconds < SKEW_S else FLOOR
    logarithm = math.log(seconds)
    quick, later = logarithm - _QUICK_LOG, logarithm - _LATER_LOG  # in sigmas: both have one of 1
    density = (QUICK * math.exp(-quick * quick / 2) + LATER * math.exp(-later * later / 2)) / (seconds * _ROOT)
    if DAY_S <= seconds < 7 * DAY_S:
        density += DAYS / (6 * DAY_S)
    return max(density, least)


def factor(in_bucket: int, *histograms: Sequence[float]) -> float:
    """What the mixture's density is multiplied with in a bucket.

    Args:
        histograms: installs by bucket, the most general first: each is smoothed with the one before.
    """
    share = _PRIOR_MASS[in_bucket]
    for counts in histograms:
        share = (counts[in_bucket] + STRENGTH * share) / (sum(counts) + STRENGTH)
    return share / _PRIOR_MASS[in_bucket]


def _mass_until(seconds: float) -> float:
    def below(median: float) -> float:
        return (1 + math.erf(math.log(seconds / median) / math.sqrt(2))) / 2

    uniform = min(max((seconds - DAY_S) / (6 * DAY_S), 0.0), 1.0)
    return QUICK * below(QUICK_MEDIAN_S) + LATER * below(LATER_MEDIAN_S) + DAYS * uniform


def _prior_mass() -> list[float]:
    ends = [0.0, *(_mass_until(edge) for edge in EDGES_S), 1.0]
    return [max(after - before, 1e-6) for before, after in pairwise(ends)]


_PRIOR_MASS = _prior_mass()
