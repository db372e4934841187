"""Building an app's roll-ups anew, of every fact the ledger knows: at first, in another zone, by other rules.

All in one transaction of one snapshot: every fact in it is counted, the deltas in it are taken out, and what comes
meanwhile is none of its facts and waits as a delta.
"""

from typing import Any, Final

from ledger.local_time import local_day, local_hour
from ledger.report_facts import ALL_FACTS, MEASURES, OF_ADS, OF_MONEY, QUARTERS
from ledger.report_tables import (
    CAMPAIGN_COHORTS,
    CAMPAIGN_DAYS,
    CAMPAIGN_HOURS,
    COHORTS,
    COUNTRY_DAYS,
    DAYS,
    HOURS,
    OLDEST_AGE,
    ROLL_UPS,
)
from ledger.report_zones import ReportedApp

BUILD_TIMEOUT_S: Final = 3_600.0  # of all an app ever counted
MEMORY: Final = "SET LOCAL work_mem = '64MB'"  # of one sort or hash; what does not fit goes to disk

FORGET: Final = {
    table: f"DELETE FROM {table} WHERE app_id = $1"  # noqa: S608 - names of ours alone
    for table in ("report_deltas", *(one.table for one in ROLL_UPS))
}
_LOCAL: Final = "unnest($4::timestamptz[], $5::date[], $6::text[])"
_COLUMNS: Final = ", ".join((*OF_ADS, "country", *OF_MONEY, *MEASURES))


_AGE: Final = f"least(greatest(day - born, 0), {OLDEST_AGE}) AS age"
_OF_COHORTS: Final = f"""app_id, born AS day, {_AGE}, {_COLUMNS} FROM facts
    WHERE born IS NOT NULL AND (installs <> 0 OR revenue <> 0 OR refunds <> 0)"""
# the facts are read once, as that is much of the work
BUILD: Final = f"""
WITH facts AS MATERIALIZED (
    SELECT f.app_id, at.day, at.hour, born.day AS born, {_COLUMNS}
    FROM ({ALL_FACTS}) AS f JOIN {_LOCAL} AS at (quarter, day, hour) ON at.quarter = f.quarter
    LEFT JOIN {_LOCAL} AS born (quarter, day, hour) ON born.quarter = f.installed_quarter
), hours AS ({HOURS.put("SELECT * FROM facts")}
), country_days AS ({COUNTRY_DAYS.put("SELECT * FROM facts")}
)
{COHORTS.put(f"SELECT {_OF_COHORTS}")}
"""  # noqa: S608
OF_OTHERS: Final = {
    one.table: one.put(f"SELECT * FROM {other.table} WHERE app_id = $1")  # noqa: S608
    for one, other in ((DAYS, HOURS), (CAMPAIGN_HOURS, HOURS), (CAMPAIGN_DAYS, DAYS), (CAMPAIGN_COHORTS, COHORTS))
}
"""Those that are sums of a finer one."""


async def build(connection: Any, app: ReportedApp) -> None:
    """`connection` is in a transaction that sees one state of the ledger, and the only one that adds up the app."""
    await connection.execute(MEMORY)
    for statement in FORGET.values():
        await connection.execute(statement, app.app_id, timeout=BUILD_TIMEOUT_S)
    quarters = [row[0] for row in await connection.fetch(QUARTERS, app.app_id, timeout=BUILD_TIMEOUT_S)]
    days = [local_day(app.zone, quarter) for quarter in quarters]
    hours = [local_hour(app.zone, quarter) for quarter in quarters]
    always = (float("-inf"), float("inf"))
    await connection.execute(BUILD, app.app_id, *always, quarters, days, hours, timeout=BUILD_TIMEOUT_S)
    for statement in OF_OTHERS.values():
        await connection.execute(statement, app.app_id, timeout=BUILD_TIMEOUT_S)
