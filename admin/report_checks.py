"""What doctor finds of the reports: the roll-ups agree with a recount of the last days."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from admin.check import Check
from admin.refusal import Refused
from admin.session import open_session
from config.secrets import SecretError
from config.settings import AllSettings
from ledger.local_time import local_day
from ledger.report_agreement import disagreement
from ledger.report_zones import ReportedApp, check_zone, reported_apps
from ledger.setting_values import SettingError

RECOUNTED: Final = timedelta(days=2)


async def check_reports(settings: AllSettings) -> list[Check]:
    """One check per app."""
    try:
        async with open_session(settings) as session:
            return [await _check(session.database, app) for app in await reported_apps(session.database)]
    except (Refused, SecretError):
        return []  # the engine's own check has said so


async def _check(pool: Any, app: ReportedApp) -> Check:
    name = f"reports of {app.app_id}"
    try:
        check_zone(app)
    except SettingError as error:
        return Check(name, False, str(error), "set a time zone that the database lists")
    if not app.rolled_up:
        return Check(name, True, "counted from the raw rows until a worker has added them up")
    today = local_day(app.zone, datetime.now(UTC))
    try:
        found = await disagreement(pool, app, today - RECOUNTED, today)
    except TimeoutError:
        return Check(name, True, "a day of the last is more than can be recounted in half a minute")
    if found is None:
        return Check(name, True, f"agree with a recount of the last {RECOUNTED.days} days and today")
    fix = f"`signalpost report --recount --app {app.app_id}` counts anew; please report it as a fault"
    return Check(name, False, f"a recount by {','.join(found.by)} differs at {found.key}", fix)
