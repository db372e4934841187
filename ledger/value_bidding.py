"""How far a pixel is on the way to value-based bidding: TikTok wants 20 attributed purchases within any 7 days.

Source: TikTok's help pages on value optimisation. Counted is what was delivered to the pixel of installs that were
credited to a click, but for what went out under a test event code: TikTok counts none of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.pixels import PixelRef

NEEDED: Final = 20
WITHIN: Final = timedelta(days=7)
PURCHASES: Final = ("Purchase", "CompletePayment")
"""TikTok's name of a purchase, and the one it had before."""


@dataclass(frozen=True, slots=True)
class ValueBidding:
    """One pixel's progress."""

    purchases_7d: int
    """In the last seven days."""
    needed: int
    reached_at: datetime | None
    """When there first were so many within seven days; None = not yet."""


# its own request is looked up for each purchase: the log of all that was sent is much longer
DELIVERED_PURCHASES = """
WITH purchases AS (
    SELECT d.pixel_id, d.delivered_at,
        lag(d.delivered_at, $4) OVER (PARTITION BY d.pixel_id ORDER BY d.delivered_at) AS begun_at
    FROM deliveries d JOIN installs i ON i.app_id = d.app_id AND i.install_id = d.install_id
    LEFT JOIN LATERAL (
        SELECT true AS found FROM attempts a
        WHERE a.app_id = d.app_id AND a.delivery_id = d.delivery_id AND a.outcome = 'delivered'
            AND a.test_event_code <> ''
        LIMIT 1
    ) AS test ON true
    WHERE d.app_id = $1 AND d.state = 'delivered' AND d.target_event = ANY ($2::text[]) AND i.click_id IS NOT NULL
        AND test.found IS NULL
)
SELECT pixel_id, count(*) FILTER (WHERE delivered_at > $3::timestamptz - $5::interval) AS latest,
    min(delivered_at) FILTER (WHERE delivered_at - begun_at <= $5::interval) AS reached_at
FROM purchases GROUP BY pixel_id
"""


async def value_bidding(connection: Any, app_id: str, now: datetime) -> dict[PixelRef, ValueBidding]:
    """Of the app's pixels that any attributed purchase was delivered to. `connection` is an asyncpg connection or
    pool.
    """
    rows = await connection.fetch(DELIVERED_PURCHASES, app_id, list(PURCHASES), now, NEEDED - 1, WITHIN)
    return {(app_id, row["pixel_id"]): ValueBidding(row["latest"], NEEDED, row["reached_at"]) for row in rows}
