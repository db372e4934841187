"""Building an app's roll-ups anew, of every fact the ledger knows: at first, in another zone, by other rules.

In parts of some days one after the other, each in one transaction of one snapshot: every fact in it of these days is
counted, the deltas in it of these days are taken out, and what comes meanwhile is none of its facts and waits as a
delta. A worker that dies has lost a part.
"""

from datetime import date, timedelta
from typing import Any, Final

from ledger.local_time import local_day, local_hour, period
from ledger.report_facts import ALL_FACTS, MEASURES, NTH_FACT, OF_ADS, OF_MONEY, QUARTERS
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

BUILD_TIMEOUT_S: Final = 3_600.0  # of a part; a day is never cut
PART: Final = 50_000  # events, or installs, or counters of visits: a few seconds of work
MEMORY: Final = "SET LOCAL work_mem = '64MB'"  # of one sort or hash; what does not fit goes to disk

FORGET: Final = {
    one.table: f"DELETE FROM {one.table} WHERE app_id = $1"  # noqa: S608 - names of ours alone
    for one in ROLL_UPS
}
_LOCAL: Final = "unnest($4::timestamptz[], $5::date[], $6::text[])"
_COLUMNS: Final = ", ".join((*OF_ADS, "country", *OF_MONEY, *MEASURES))


_AGE: Final = f"least(greatest(day - born, 0), {OLDEST_AGE}) AS age"
_OF_COHORTS: Final = f"""app_id, born AS day, {_AGE}, {_COLUMNS} FROM facts
    WHERE born IS NOT NULL AND (installs <> 0 OR revenue <> 0 OR refunds <> 0)"""
# the facts are read once, as that is much of the work; a cohort goes on in later days
BUILD: Final = f"""
WITH facts AS MATERIALIZED (
    SELECT f.app_id, at.day, at.hour, born.day AS born, {_COLUMNS}
    FROM ({ALL_FACTS}) AS f JOIN {_LOCAL} AS at (quarter, day, hour) ON at.quarter = f.quarter
    LEFT JOIN {_LOCAL} AS born (quarter, day, hour) ON born.quarter = f.installed_quarter
), hours AS ({HOURS.put("SELECT * FROM facts")}
), country_days AS ({COUNTRY_DAYS.put("SELECT * FROM facts")}
), campaign_cohorts AS ({CAMPAIGN_COHORTS.add(f"SELECT {_OF_COHORTS}")}
)
{COHORTS.add(f"SELECT {_OF_COHORTS}")}
"""  # noqa: S608
OF_OTHERS: Final = {
    one.table: one.put(f"SELECT * FROM {other.table} WHERE app_id = $1 AND day >= $2 AND day < $3")  # noqa: S608
    for one, other in ((DAYS, HOURS), (CAMPAIGN_HOURS, HOURS), (CAMPAIGN_DAYS, DAYS))
}
"""Those that are sums of a finer one."""
TAKE_OUT_DELTAS: Final = """
DELETE FROM report_deltas
WHERE app_id = $1 AND quarter >= to_timestamp($2::float8) AND quarter < to_timestamp($3::float8)
"""


async def forget(connection: Any, app_id: str) -> None:
    """All that the app's roll-ups say."""
    for statement in FORGET.values():
        await connection.execute(statement, app_id, timeout=BUILD_TIMEOUT_S)


async def build_part(connection: Any, app: ReportedApp, since: date | None) -> date | None:
    """Build the next days, from `since` on (None = the first of all). What comes then: the day before which all is
    built, None = there is no more.

    `connection` is in a transaction that sees one state of the ledger, and the only one that adds up the app.
    """
    await connection.execute(MEMORY)
    before = await _ends_before(connection, app, since)
    begins_s = period(app.zone, since, None).begins_s
    ends_s = period(app.zone, None, before - timedelta(days=1) if before else None).ends_s
    of_part = app.app_id, begins_s, ends_s
    quarters = [row[0] for row in await connection.fetch(QUARTERS, *of_part, timeout=BUILD_TIMEOUT_S)]
    days = [local_day(app.zone, quarter) for quarter in quarters]
    hours = [local_hour(app.zone, quarter) for quarter in quarters]
    await connection.execute(BUILD, *of_part, quarters, days, hours, timeout=BUILD_TIMEOUT_S)
    of_days = app.app_id, since or date.min, before or date.max
    for statement in OF_OTHERS.values():
        await connection.execute(statement, *of_days, timeout=BUILD_TIMEOUT_S)
    await connection.execute(TAKE_OUT_DELTAS, *of_part, timeout=BUILD_TIMEOUT_S)
    return before


async def _ends_before(connection: Any, app: ReportedApp, since: date | None) -> date | None:
    """The day that is too much for the part that begins with `since`; None where nothing is. One day never is."""
    begins_s = period(app.zone, since, None).begins_s
    beyond = await connection.fetchval(NTH_FACT, app.app_id, begins_s, PART, timeout=BUILD_TIMEOUT_S)
    if beyond is None:
        return None
    day = local_day(app.zone, beyond)
    return day if since is None or day > since else day + timedelta(days=1)
