"""Apps whose roll-ups say something else than their raw rows."""

from datetime import datetime, timedelta
from typing import Any, Final

from ledger.alerts import Alert
from ledger.local_time import local_day
from ledger.report_agreement import disagreement
from ledger.report_zones import check_zone, reported_apps
from ledger.setting_values import SettingError

DIFFERS: Final = "report_differs"
KINDS: Final = (DIFFERS,)
RECOUNTED: Final = timedelta(days=1)


async def report_alerts(pool: Any, now: datetime) -> list[Alert]:
    """Each app's yesterday and today, counted anew. `pool` is an asyncpg pool. A day that is too much to be
    recounted in half a minute, or what is not rolled up yet, is passed over.
    """
    alerts = []
    for app in await reported_apps(pool):
        try:
            check_zone(app)
        except SettingError:
            continue
        if not app.rolled_up:
            continue
        today = local_day(app.zone, now)
        try:
            found = await disagreement(pool, app, today - RECOUNTED, today)
        except TimeoutError:
            continue
        if found is not None:
            by = ", ".join(found.by)
            said = f"{app.app_id}: the sums by {by} that reports read differ from a recount of yesterday and today"
            fix = f"`signalpost report --recount --app {app.app_id}` counts anew; please report it as a fault"
            alerts.append(Alert(DIFFERS, app.app_id, f"{said}; {fix}", app.app_id))
    return alerts
