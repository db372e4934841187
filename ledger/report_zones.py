"""Whose days a report counts: the time zone of each app, and in which zone its roll-ups stand."""

from dataclasses import dataclass
from typing import Any, Final

from ledger.advertisers import ZONE_OF_APP
from ledger.local_time import VERSION, UnknownZoneError, zone
from ledger.report_facts import VERSION as COUNTING
from ledger.setting_values import SettingError

RULES: Final = f"{VERSION}/{COUNTING}"
"""By which days are cut and facts counted: roll-ups by other rules are built anew."""


@dataclass(frozen=True, slots=True)
class ReportedApp:
    """An app as a report, or the worker that adds up, meets it."""

    app_id: str
    zone: str
    """Its days are this zone's."""
    rolled_up: bool
    """Its roll-ups stand in days of this zone, by the present rules."""
    waiting: bool
    """Deltas wait to be added up."""
    currency: str | None
    """To report in; None = the app names none."""
    revenue_source: str


REPORTED_APPS = f"""
SELECT apps.app_id, {ZONE_OF_APP} AS zone, coalesce(z.zone, '') AS built_zone, coalesce(z.rules, '') AS rules,
    EXISTS (SELECT FROM report_deltas d WHERE d.app_id = apps.app_id) AS waiting,
    nullif(apps.settings ->> 'currency', '') AS currency,
    coalesce(nullif(apps.settings ->> 'revenue_source', ''), 'sdk') AS revenue_source
FROM apps LEFT JOIN report_zones z ON z.app_id = apps.app_id
WHERE $1::text IS NULL OR apps.app_id = $1
ORDER BY apps.app_id
"""  # noqa: S608 - only the ledger's own text


async def reported_apps(connection: Any, app_id: str | None = None) -> list[ReportedApp]:
    """One app or (None) all. `connection` is an asyncpg connection or pool."""
    return [
        ReportedApp(
            row["app_id"],
            row["zone"],
            (row["built_zone"], row["rules"]) == (row["zone"], RULES),
            row["waiting"],
            row["currency"],
            row["revenue_source"],
        )
        for row in await connection.fetch(REPORTED_APPS, app_id)
    ]


def check_zone(app: ReportedApp) -> None:
    """Raises:
    SettingError: the app's time zone is none that the database knows.
    """
    try:
        zone(app.zone)
    except UnknownZoneError:
        raise SettingError(
            "timezone", f"tzdata has no {app.zone!r}: `signalpost app set {app.app_id} timezone=...` sets another"
        ) from None


BEGIN_ANEW = "UPDATE report_zones SET rules = '', building = '', built_before = NULL WHERE app_id = $1"


async def begin_anew(connection: Any, app_id: str) -> None:
    """The app's roll-ups are read no longer, and the worker builds them anew."""
    await connection.execute(BEGIN_ANEW, app_id)
