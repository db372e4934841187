"""What the help pages say of TikTok's codes and of differing numbers, from the tables that the rest acts by."""

from dataclasses import dataclass
from typing import Final

from ledger.report_discrepancies import REASONS
from tiktok.code_table import CODES, WORDINGS, Outcome

__all__ = ["FOLLOWS", "REASONS", "Described", "codes", "wordings"]

FOLLOWS: Final[dict[Outcome, str]] = {
    "delivered": "It is delivered.",
    "throttled": "The pixel pauses; no attempt is used up.",
    "transient": "It is sent again by itself: at once, after 30 s, 2 m, 10 m, and so on for up to 47 hours.",
    "setup": "The pixel is held, nothing is lost. It goes on by itself once the set-up is mended.",
    "invalid": "This one event is dead. The others of its request go on.",
    "unknown": "Nobody knows whether it arrived. It is sent again with the same event id, so it counts once.",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A code, a run of codes, or words under a code, in plain English."""

    code: str
    first: int
    """For the address of the row; 0 for words without a code."""
    name: str
    outcome: Outcome
    meaning: str
    remedy: str


def codes() -> list[Described]:
    """Every code that TikTok answers, in its order."""
    return [
        Described(_run(row.first, row.last), row.first, row.name, row.outcome, row.meaning, row.remedy)
        for row in sorted(CODES, key=lambda row: (row.first, row.last))
    ]


def wordings() -> list[Described]:
    """What TikTok's words make of a code that it uses for several things."""
    return [
        Described(", ".join(map(str, one.codes)) or "any other", 0, "", one.outcome, one.meaning, one.remedy)
        for one in WORDINGS
    ]


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
