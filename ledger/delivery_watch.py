"""Deliveries and pixels that someone should look at."""

from datetime import datetime, timedelta
from typing import Any, Final

from ledger.alerts import Alert

LATE_AFTER: Final = timedelta(minutes=5)
DEAD_WITHIN: Final = timedelta(days=3)  # older ones were there to be seen for long enough
FAILURES_IN_A_ROW: Final = 5  # one failed request is chance

HELD, FAILING, LATE, DEAD = "pixel_held", "pixel_failing", "deliveries_late", "deliveries_dead"
KINDS: Final = (HELD, FAILING, LATE, DEAD)

HELD_PIXELS = "SELECT app_id, pixel_id, held_reason FROM pixels WHERE enabled AND state = 'held'"
FAILING_PIXELS = """
SELECT app_id, pixel_id FROM pixels WHERE enabled AND state <> 'held' AND throttle_step > $1 AND paused_until > $2
"""
# A held pixel has its own alert. What waits for its install is not late; what was released from that wait is so only
# five minutes after.
LATE_PIXELS = """
SELECT p.app_id, p.pixel_id FROM pixels p
WHERE p.enabled AND p.state <> 'held' AND EXISTS (SELECT FROM deliveries d
    WHERE d.app_id = p.app_id AND d.pixel_id = p.pixel_id AND d.state IN ('due', 'sending') AND d.created_at < $1
        AND d.reason <> 'waiting for install' AND (d.attempts > 0 OR d.next_attempt_at < $1))
"""
DEAD_DELIVERIES = """
SELECT d.app_id, d.pixel_id, count(*) AS dead, (array_agg(d.reason ORDER BY d.delivery_id DESC))[1] AS reason
FROM deliveries d WHERE d.state = 'dead' AND d.created_at > $1 GROUP BY d.app_id, d.pixel_id
"""


async def delivery_alerts(connection: Any, now: datetime) -> list[Alert]:
    """What is wrong at this moment, in sentences. `connection` is an asyncpg connection or pool."""
    held = [
        _alert(HELD, row, f"TikTok refuses the pixel's set-up, so it is held: {row['held_reason']}")
        for row in await connection.fetch(HELD_PIXELS)
    ]
    failing = [
        _alert(FAILING, row, "request after request to TikTok fails or is throttled: sending is slowed down")
        for row in await connection.fetch(FAILING_PIXELS, FAILURES_IN_A_ROW, now - timedelta(minutes=1))
    ]
    late = [
        _alert(LATE, row, "deliveries have been pending for more than 5 minutes")
        for row in await connection.fetch(LATE_PIXELS, now - LATE_AFTER)
    ]
    dead = [
        _alert(DEAD, row, f"{row['dead']} deliveries of the last 3 days are dead; the latest: {row['reason']}")
        for row in await connection.fetch(DEAD_DELIVERIES, now - DEAD_WITHIN)
    ]
    return [*held, *failing, *late, *dead]


def _alert(kind: str, row: Any, message: str) -> Alert:
    return Alert(kind, row["pixel_id"], message, row["app_id"], row["pixel_id"])
