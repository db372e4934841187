"""`--summary`: totals of a backtest per method, platform and probability bin."""

from bisect import bisect_right
from collections import Counter
from typing import Any

from backtest.runner import Outcome, Totals

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


class Summary:
    """Adds up outcomes; a repeated install is counted once."""

    def __init__(self) -> None:
        self._repeated = 0
        self._methods: Counter[str] = Counter()
        self._platforms: dict[str, Counter[str]] = {}
        self._bins: dict[int, Counter[str]] = {}

    def add(self, outcome: Outcome) -> None:
        if outcome.repeated:
            self._repeated += 1
            return
        method, probability = outcome.answer.method, outcome.answer.probability
        self._methods[method] += 1
        self._platforms.setdefault(outcome.platform, Counter())[method] += 1
        if probability is not None:
            self._bins.setdefault(bisect_right(EDGES, probability) - 1, Counter())[method] += 1

    def value(self, totals: Totals) -> dict[str, Any]:
        """Credited = all methods but `none`. Bins: probability of the verdict, from the lower edge up to the next."""
        installs = self._methods.total()
        return {
            "clicks": totals.clicks,
            "visits": totals.visits,
            "installs": installs,
            "repeated": self._repeated,
            "credited": installs - self._methods["none"],
            "methods": dict(sorted(self._methods.items())),
            "platforms": {name: dict(sorted(counts.items())) for name, counts in sorted(self._platforms.items())},
            "probabilities": [
                {
                    "from": EDGES[at],
                    "to": (*EDGES, 1.0)[at + 1],
                    "installs": counts.total(),
                    **dict(sorted(counts.items())),
                }
                for at, counts in sorted(self._bins.items())
            ],
        }
