"""Events, deliveries and installs as they are exported: by time, read as they are asked for."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

Exported = Literal["installs", "events", "deliveries"]

EXPORT_ROWS: Final[dict[Exported, str]] = {
    "installs": """
        SELECT app_id, install_id, platform, occurred_at AS at, received_at, match_method, match_probability, click_id,
            click ->> 'link' AS link,
            click ->> 'campaign_id' AS campaign_id, click ->> 'campaign_name' AS campaign_name,
            click ->> 'adgroup_id' AS adgroup_id, click ->> 'adgroup_name' AS adgroup_name,
            click ->> 'ad_id' AS ad_id, click ->> 'ad_name' AS ad_name,
            click ->> 'creative_id' AS creative_id, click ->> 'creative_name' AS creative_name, body
        FROM installs WHERE ($1 = '' OR app_id = $1) AND occurred_at >= $2 AND occurred_at < $3
        ORDER BY occurred_at, app_id, install_id
        """,
    "events": """
        SELECT app_id, event_id, source, name, install_id, occurred_at AS at, received_at, value, currency, joined,
            subscription_id, flags, body -> 'properties' AS properties
        FROM events WHERE ($1 = '' OR app_id = $1) AND occurred_at >= $2 AND occurred_at < $3
        ORDER BY occurred_at, app_id, event_id
        """,
    "deliveries": """
        SELECT app_id, delivery_id::text AS delivery_id, pixel_id, event_id, source_event_id, source_event,
            target_event, install_id, state, reason, attempts, created_at AS at, delivered_at, last_outcome, last_code,
            last_message, request_id
        FROM deliveries WHERE ($1 = '' OR app_id = $1) AND created_at >= $2 AND created_at < $3
        ORDER BY created_at, app_id, deliveries.delivery_id
        """,
}


async def exported_rows(
    connection: Any, what: Exported, app_id: str, since: datetime, until: datetime
) -> AsyncIterator[Mapping[str, Any]]:
    """Rows whose `at` (when it happened; of a delivery when it was made) lies between the times, the later excluded.

    Args:
        connection: an asyncpg connection in a transaction.
        what: which rows.
        app_id: '' = every app's.
        since: the earliest time.
        until: excluded.
    """
    async for row in connection.cursor(EXPORT_ROWS[what], app_id, since, until, prefetch=500):
        yield row
