"""From when to when a report counts each app, and how its statements are bound to that."""

from datetime import date
from typing import Any

from ledger.advertisers import ZONE_OF_APP
from ledger.local_time import UnknownZoneError, period
from ledger.setting_values import SettingError

# What is counted of each app: from the begin of its first local day to the end of its last, as UTC bounds.
# No time is made local here: PostgreSQL's own time zone database may be of another year.
PERIODS = """
    JOIN unnest($1::text[], $2::text[], $3::float8[], $4::float8[]) AS periods (app_id, zone, begins_s, ends_s)
        USING (app_id)
"""


def in_period(time: str) -> str:
    return f"{time} >= to_timestamp(begins_s) AND {time} < to_timestamp(ends_s)"


def quarter_of(time: str) -> str:
    return f"date_bin('15 minutes', {time}, to_timestamp(0))"


APP_ZONES = f"""
SELECT app_id, {ZONE_OF_APP} AS zone FROM apps WHERE $1::text IS NULL OR app_id = $1
"""  # noqa: S608 - only the ledger's own text


Periods = tuple[list[str], list[str], list[float], list[float]]
"""App ids, their zones, begins and ends in Unix seconds."""


async def app_periods(connection: Any, app_id: str | None, first_day: date | None, last_day: date | None) -> Periods:
    """What `PERIODS` joins, of one app or (None) all.

    Raises:
        SettingError: an app's time zone is none that the database knows.
    """
    apps = await connection.fetch(APP_ZONES, app_id)
    found = []
    for app in apps:
        try:
            found.append(period(app["zone"], first_day, last_day))
        except UnknownZoneError:
            raise SettingError(
                "timezone",
                f"tzdata has no {app['zone']!r}: `signalpost app set {app['app_id']} timezone=...` sets another",
            ) from None
    return (
        [app["app_id"] for app in apps],
        [app["zone"] for app in apps],
        [one.begins_s for one in found],
        [one.ends_s for one in found],
    )
