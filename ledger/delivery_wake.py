"""After an outage: what waits for a retry of a pixel is due as soon as a request of it succeeds again."""

from datetime import datetime
from typing import Any

from ledger.deliveries import rows_of
from ledger.pixels import PixelRef

CHUNK = 5_000  # rows in one statement, so that no lock is held for long

# The oldest first, by when they were made. A retry that comes early keeps its step of the schedule: were it counted, a
# TikTok that answers now and then would use up a delivery's tries within minutes.
WAKE = """
UPDATE deliveries SET next_attempt_at = least(created_at, $2), attempts = greatest(attempts - 1, 0)
WHERE app_id = $4 AND (event_key, delivery_id) IN (
    SELECT event_key, delivery_id FROM deliveries
    WHERE app_id = $4 AND pixel_id = $1 AND state = 'due' AND next_attempt_at > $2 AND attempts > 0
        AND last_outcome IN ('transient', 'unknown')
    ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED)
"""


async def wake(connection: Any, pixel: PixelRef, now: datetime) -> int:
    """Make due what failed at this pixel and waits; returns how many deliveries. `connection` is an asyncpg pool."""
    app_id, pixel_id = pixel
    woken = 0
    while chunk := rows_of(await connection.execute(WAKE, pixel_id, now, CHUNK, app_id)):
        woken += chunk
    return woken
