"""How right the matcher's probabilities were, where the truth is known: read from the statistics that workers keep."""

from dataclasses import dataclass
from typing import Any, Final

from ledger.match_statistics import WHOLE

FULL: Final = "full"
"""The table of installs that were judged by all facts."""
DIGITS: Final = 6
"""As many as the matcher says, so that what it says of none, 1, is no mean of it."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of about one probability."""

    predicted: float
    """The mean of what was said, 0 to 1."""
    observed: float
    """The share that was right."""
    answers: int


TRIALS = """
SELECT app_id, state -> 'trials' -> $2 AS bins FROM match_statistics WHERE app_id IN ($1, $3)
"""


async def match_reliability(connection: Any, app_id: str) -> tuple[list[ReliabilityBin], bool]:
    """(bins that have answers, ascending; whether they are the app's own rather than those of all apps). `connection`
    is an asyncpg connection or pool.
    """
    found = {row["app_id"]: _bins(row["bins"]) for row in await connection.fetch(TRIALS, app_id, FULL, WHOLE)}
    own = found.get(app_id, [])
    return (own, True) if own else (found.get(WHOLE, []), False)


def _bins(rows: Any) -> list[ReliabilityBin]:
    return [
        ReliabilityBin(
            round(one["predicted"] / one["answers"], DIGITS),
            round(one["right"] / one["answers"], DIGITS),
            round(one["answers"]),
        )
        for one in rows or ()
        if round(one["answers"])
    ]
