"""Whether the roll-ups say what the raw rows say."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ledger.report_dimensions import By, Key
from ledger.report_figures import Asked, one_state, our_figures
from ledger.report_recount import recounted_at_once
from ledger.report_tallies import Tally
from ledger.report_zones import ReportedApp

CUTS: Final[tuple[tuple[By, ...], ...]] = (
    ("day", "campaign"),
    ("ad",),
    ("country",),
    ("hour",),
    ("hour", "ad"),
)
"""One for each table of roll-ups that counts what a recount can."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The first row that differs."""

    by: tuple[By, ...]
    key: Key
    rolled_up: Tally
    recounted: Tally


async def disagreement(pool: Any, app: ReportedApp, first: date, last: date) -> Disagreement | None:
    """What the app's roll-ups and a recount of these days do not agree on; None where they agree to the cent.

    Day by day, so that no recount, and no look at one state of the ledger, is of more than the events of one.
    """
    for ago in range((last - first).days + 1):
        day = first + timedelta(days=ago)
        if (found := await _disagreement_of_day(pool, app, day)) is not None:
            return found
    return None


async def _disagreement_of_day(pool: Any, app: ReportedApp, day: date) -> Disagreement | None:
    asked = [Asked(app, by, day, day) for by in CUTS]
    async with one_state(pool) as connection:
        known = [await our_figures(connection, one) for one in asked]
        counted = await recounted_at_once(connection, asked)
    for by, ours_by, theirs_by in zip(CUTS, known, counted, strict=True):
        for key in ours_by.keys() | theirs_by.keys():
            ours, theirs = ours_by.get(key, Tally()), theirs_by.get(key, Tally())
            ours.wrong_os = theirs.wrong_os = 0  # by the links as they are set now, in no raw row
            if ours != theirs:
                return Disagreement(by, key, ours, theirs)
    return None
