"""The tables of roll-ups: what each is by, and what it counts. The fewer columns it is by, the fewer rows it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.report_dimensions import COLUMNS, By
from ledger.report_facts import MEASURES, MONEY, OF_ADS, OF_CAMPAIGNS, OF_MONEY


@dataclass(frozen=True, slots=True)
class RollUp:
    """One table."""

    table: str
    keys: tuple[str, ...]
    """Columns that tell its rows apart, behind app_id."""
    measures: tuple[str, ...] = MEASURES
    """Columns that are added up."""

    def put(self, source: str) -> str:
        """The insert of what `source`, a query with these columns and app_id, says by these keys. Days one after the
        other: so they lie in the table, and so a report reads them.
        """
        keys, sums = ", ".join(("app_id", *self.keys)), ", ".join(f"sum({measure})" for measure in self.measures)
        order = ", ".join(key for key in self.keys if key in ("day", "hour", "age"))
        return f"""INSERT INTO {self.table} ({keys}, {", ".join(self.measures)})
SELECT {keys}, {sums} FROM ({source}) AS facts GROUP BY {keys} ORDER BY {order}"""  # noqa: S608 - own names alone

    def add(self, source: str) -> str:
        """The insert that adds what `source` says to what the table has."""
        added = ", ".join(f"{measure} = {self.table}.{measure} + excluded.{measure}" for measure in self.measures)
        return f"{self.put(source)}\nON CONFLICT (app_id, {', '.join(self.keys)}) DO UPDATE SET {added}"


CAMPAIGN_DAYS: Final = RollUp("report_campaign_days", ("day", *OF_CAMPAIGNS, *OF_MONEY))
DAYS: Final = RollUp("report_days", ("day", *OF_ADS, *OF_MONEY))
COUNTRY_DAYS: Final = RollUp("report_country_days", ("day", *OF_ADS, "country", *OF_MONEY))
CAMPAIGN_HOURS: Final = RollUp("report_campaign_hours", ("day", "hour", *OF_CAMPAIGNS, *OF_MONEY))
HOURS: Final = RollUp("report_hours", ("day", "hour", *OF_ADS, *OF_MONEY))
CAMPAIGN_COHORTS: Final = RollUp(
    "report_campaign_cohorts", ("day", "age", *OF_CAMPAIGNS, *OF_MONEY), ("installs", *MONEY)
)
COHORTS: Final = RollUp("report_cohorts", ("day", "age", *OF_ADS, *OF_MONEY), ("installs", *MONEY))
"""The day is that on which the installs came; age is in days, OLDEST_AGE for every later one."""

OF_TIME: Final = (CAMPAIGN_DAYS, DAYS, COUNTRY_DAYS, CAMPAIGN_HOURS, HOURS)
"""What reports read, the smallest first."""
OF_COHORTS: Final = (CAMPAIGN_COHORTS, COHORTS)
ROLL_UPS: Final = (*OF_TIME, *OF_COHORTS)
OLDEST_AGE: Final = 29
"""Days of age from which on a cohort's days are one."""


def smallest(tables: Sequence[RollUp], by: Sequence[By]) -> RollUp:
    """The first of the tables that tells these dimensions apart."""
    columns = {COLUMNS[one] for one in by}
    return next(one for one in tables if columns <= set(one.keys))
