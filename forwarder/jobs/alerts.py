"""Looking around for what someone should look at, and telling them."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog

from forwarder.jobs.alert_webhook import AlertWebhook, NotPosted
from forwarder.jobs.machine_watch import KINDS as MACHINE_KINDS
from forwarder.jobs.machine_watch import MachineState, machine
from ledger.alerts import AlertChanges, posted, standing_alerts, sync_alerts, take_post
from ledger.delivery_watch import KINDS, delivery_alerts
from ledger.grant_watch import KINDS as GRANT_KINDS
from ledger.grant_watch import grant_alerts
from ledger.partition_watch import KINDS as PARTITION_KINDS
from ledger.partition_watch import partition_alerts
from ledger.pixels import all_pixels
from ledger.report_watch import KINDS as REPORT_KINDS
from ledger.report_watch import report_alerts
from ledger.source_watch import KINDS as SOURCE_KINDS
from ledger.source_watch import source_alerts
from ledger.spend_progress import LATE, spend_alerts

POSTS_AT_ONCE: Final = 20  # a worker that is told to stop waits for so many

log = structlog.get_logger()


async def watch_deliveries(pool: Any, now: datetime) -> None:
    """Raise what is wrong, clear what no longer is; each change is one line of the log."""
    _report(await sync_alerts(pool, KINDS, await delivery_alerts(pool, now), now))


async def watch_sources(pool: Any, now: datetime) -> None:
    """The same for webhooks that went silent and for second sources of revenue."""
    _report(await sync_alerts(pool, SOURCE_KINDS, await source_alerts(pool, now), now))


async def watch_grants(pool: Any, now: datetime) -> None:
    """The same for connections to TikTok's account side that are broken, and advertisers that vanished."""
    _report(await sync_alerts(pool, GRANT_KINDS, await grant_alerts(pool), now))


async def watch_spend(pool: Any, now: datetime) -> None:
    """The same for spend that has not come in for hours."""
    _report(await sync_alerts(pool, (LATE,), await spend_alerts(pool, now), now))


async def watch_partitions(pool: Any, now: datetime) -> None:
    """The same for a ledger of partitions that has few left."""
    _report(await sync_alerts(pool, PARTITION_KINDS, await partition_alerts(pool), now))


async def watch_machine(pool: Any, state: MachineState, now: datetime) -> None:
    """The same for this machine's disk, spool and clock, and the replica as it is seen from here."""
    _report(await sync_alerts(pool, MACHINE_KINDS, state.alerts, now, machine()))


async def watch_reports(pool: Any, now: datetime) -> None:
    """The same for sums that differ from what they are sums of."""
    _report(await sync_alerts(pool, REPORT_KINDS, await report_alerts(pool, now), now))


def _report(changes: AlertChanges) -> None:
    for alert in changes.raised:
        log.error("alert", kind=alert.kind, app_id=alert.app_id, pixel_id=alert.pixel_id, message=alert.message)
    for key in changes.cleared:
        log.info("alert cleared", alert=key)


async def announce_test_mode(pool: Any) -> None:
    """A line for each pixel whose events do not count because it has a test event code."""
    for pixel in await all_pixels(pool):
        if pixel.enabled and pixel.test_event_code:
            log.warning(
                "pixel in test mode: TikTok counts none of its events",
                app_id=pixel.app_id,
                pixel_id=pixel.pixel_id,
                test_event_code=pixel.test_event_code,
            )


async def alerts_by_kind(pool: Any) -> Counter[str]:
    """How many stand, of each kind."""
    return Counter(alert.kind for alert in await standing_alerts(pool))


async def post_alerts(pool: Any, webhook: AlertWebhook, clock: Callable[[], datetime]) -> None:
    """Post those that are due; one that does not arrive is tried again, a minute later at first.

    One after the other is taken: of many, posted to who answers slowly, the last would be given to another worker, too.
    """
    for _ in range(POSTS_AT_ONCE):
        if (alert := await take_post(pool, clock())) is None:
            return
        try:
            await webhook.post(alert)
        except NotPosted as error:
            log.warning("alert not posted", kind=alert.kind, reason=str(error))
        else:
            await posted(pool, alert, clock())
