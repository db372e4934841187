"""What doctor finds of what workers found: the alerts that stand, but for those that a check of its own is about."""

from typing import Final

from admin.check import Check
from admin.refusal import Refused
from admin.session import open_session
from config.secrets import SecretError
from config.settings import AllSettings
from ledger.alerts import StandingAlert, standing_alerts

NAME: Final = "alerts"
FIXES: Final = {
    "pixel_failing": "`signalpost delivery list --state due` has TikTok's words; it is tried again by itself",
    "deliveries_late": "see that a worker runs; `signalpost delivery list --state due` says what TikTok answered last",
    "deliveries_dead": "`signalpost delivery list --state dead` has the reasons, `delivery replay` sends them again",
    "disk_low": "free some on that machine",
    "spool_in_use": "see what Redis says on that machine, and that its redirector runs",
    "clock_differs": "set the clock of that machine by NTP",
    "partitions_low": "see that a worker runs, and what its log says of `make partitions`",
    "replica_late": "look at the replica's load and network",
}
"""Kind -> the way out; of the others pixels, webhooks, connections, spend and reports have checks of their own."""
OF_OTHERS: Final = frozenset({"pixel_failing", "deliveries_dead"})
"""Told, and no failure of this installation: they are TikTok's answers."""


async def check_alerts(settings: AllSettings) -> list[Check]:
    """One row for each; one that says so where none stands."""
    try:
        async with open_session(settings) as session:
            standing = [alert for alert in await standing_alerts(session.database) if alert.kind in FIXES]
    except (Refused, SecretError):
        return []  # the engine's own check has said so
    return [_check(alert) for alert in standing] or [Check(NAME, True, "none stands of what workers watch")]


def _check(alert: StandingAlert) -> Check:
    about = alert.alert_key.partition(":")[2]
    detail = f"since {alert.raised_at:%Y-%m-%d %H:%M} UTC: {alert.message}"
    return Check(f"{alert.kind} {about}", alert.kind in OF_OTHERS, detail, FIXES[alert.kind])
