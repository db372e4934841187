"""How many other devices stand behind an address, seen or unseen.

An address that k other devices clicked from within 72 h is not k devices strong: most of those behind it never click.
What counts for a match is how many *accidental* devices an address of its kind has on average. Robbins' estimator
reads that from the installs themselves: (k + 1) x installs that met k + 1 accidental devices / installs that met k.
It starts from k + the small number that a home line, or a carrier's IPv6 prefix, has unseen.
"""

from collections.abc import Sequence
from typing import Literal

Family = Literal["v4", "v6"]

SEEN_FOR_MS = 72 * 3_600_000
"""How far back devices behind an address are counted."""
UNSEEN: dict[Family, float] = {"v4": 0.15, "v6": 0.02}
LEARNED_UP_TO = 5  # beyond, what is seen is a good estimate itself
BUCKETS = LEARNED_UP_TO + 3
STRENGTH = 40.0  # installs that the start counts for
LEAST = 0.004


def bucket(devices: int) -> int:
    """The histogram's bucket of a number of accidental devices; the last one is open."""
    return min(devices, BUCKETS - 1)


def expected(others: int, family: Family, met: Sequence[float] | None) -> float:
    """Accidental devices in 72 h to expect on an address where `others` were seen.

    Args:
        met: installs by the number of accidental devices they met, as learned; None where nothing was.
    """
    if met is None or others > LEARNED_UP_TO:
        return others + UNSEEN[family]
    # more devices seen never mean fewer to expect, whatever few installs suggest
    return max(_learned(seen, family, met) for seen in range(others + 1))


def _learned(others: int, family: Family, met: Sequence[float]) -> float:
    start = STRENGTH * (others + UNSEEN[family])
    estimate = (start + (others + 1) * met[others + 1]) / (STRENGTH + met[others])
    return min(max(estimate, LEAST), others + 1.0)
