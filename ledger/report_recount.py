"""Several recounts of the same days at once: to read the facts of raw rows is nearly all of the work of each."""

from collections.abc import Sequence
from typing import Any, Final

from ledger.local_time import period
from ledger.report_dimensions import Key
from ledger.report_facts import ALL_FACTS
from ledger.report_figures import SUMS, Asked, raw_columns, tally
from ledger.report_tallies import Tally

MEMORY: Final = "SET LOCAL work_mem = '64MB'"  # of each of the sums that are made at once
RECOUNT_AT_ONCE: Final = f"""
SELECT {{columns}}, grouping({{columns}}) AS absent, source, currency, {SUMS}, 0 AS wrong_os
FROM ({ALL_FACTS}) AS facts GROUP BY source, currency, GROUPING SETS ({{sets}})
"""  # noqa: S608 - constants of the ledger alone


async def recounted_at_once(connection: Any, asked: Sequence[Asked]) -> list[dict[Key, Tally]]:
    """What `recounted` says of each, but for `wrong_os`. `asked` are of one app and the same days, and `connection` is
    in a transaction.
    """
    sets = list(dict.fromkeys(raw_columns(one) for one in asked))
    columns = sorted({column for one in sets for column in one})
    filled = RECOUNT_AT_ONCE.replace("{columns}", ", ".join(columns))
    filled = filled.replace("{sets}", ", ".join(f"({', '.join(one)})" for one in sets))
    bounds = period(asked[0].app.zone, asked[0].first_day, asked[0].last_day)
    await connection.execute(MEMORY)
    rows = await connection.fetch(filled, asked[0].app.app_id, bounds.begins_s, bounds.ends_s)
    by_set: dict[int, list[Any]] = {}
    for row in rows:
        by_set.setdefault(row["absent"], []).append(row)
    found: list[dict[Key, Tally]] = []
    for one in asked:
        tallies: dict[Key, Tally] = {}
        await tally(tallies, one, by_set.get(_absent(columns, raw_columns(one)), []))
        found.append(tallies)
    return found


def _absent(columns: Sequence[str], present: Sequence[str]) -> int:
    """What PostgreSQL's `grouping` says of rows by these of the columns: a bit for each that is not among them."""
    return sum(1 << bit for bit, column in enumerate(reversed(columns)) if column not in present)
