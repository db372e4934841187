"""Which of TikTok's matching signals the events went out with: match quality follows them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import msgspec

SIGNALS: Final = (
    "ttclid", "ttp", "email", "phone", "external_id", "first_name", "last_name", "ip", "user_agent", "locale",
    "country", "state", "city", "zip_code",
)  # fmt: skip
LATEST: Final = 10_000  # deliveries that are looked at


@dataclass(frozen=True, slots=True)
class SignalShares:
    """Of how many of the latest events each signal was sent."""

    events: int
    signals: dict[str, float]
    """Signal -> share of the events, 0 to 1, rounded to 4 places."""


class _User(msgspec.Struct):
    user: dict[str, Any] = {}


_ROW: Final = msgspec.json.Decoder(_User)

LATEST_PAYLOADS = """
SELECT DISTINCT ON (event_key, app_id) event_key, payload FROM (
    SELECT app_id, event_key, payload FROM deliveries
    WHERE ($1::text IS NULL OR app_id = $1) AND payload IS NOT NULL ORDER BY delivery_id DESC LIMIT $2
) AS latest
"""


async def signal_shares(connection: Any, app_id: str | None = None) -> SignalShares:
    """Over the payloads of the latest 10,000 deliveries of an app (None = of all); an event counts once, however many
    pixels it went to. `connection` is an asyncpg connection or pool.
    """
    rows = await connection.fetch(LATEST_PAYLOADS, app_id, LATEST)
    sent = Counter(signal for row in rows for signal in _ROW.decode(row["payload"]).user)
    shares = {signal: round(sent[signal] / len(rows), 4) if rows else 0.0 for signal in SIGNALS}
    return SignalShares(len(rows), shares)
