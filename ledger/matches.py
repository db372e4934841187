"""Which install a click was credited to, and why an install was matched as it was: read, never written, here."""

from collections.abc import Sequence
from typing import Any

INSTALLS_OF_CLICKS = """
WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS given (app_id, click_id))
SELECT c.click_id, c.install_id FROM wanted JOIN click_claims c USING (app_id, click_id)
UNION ALL
SELECT i.click_id, min(i.install_id) FROM wanted JOIN installs i USING (app_id, click_id) GROUP BY i.click_id
"""


async def installs_of_clicks(connection: Any, clicks: Sequence[tuple[str, str]]) -> dict[str, str]:
    """click_id -> install_id, for those of the clicks, (app_id, click_id) each, that were credited. `connection` is an
    asyncpg connection or pool.
    """
    rows = await connection.fetch(INSTALLS_OF_CLICKS, [app_id for app_id, _ in clicks], [one for _, one in clicks])
    return {row["click_id"]: row["install_id"] for row in rows}


# a person names the click alone: a look-up per app
MATCHED_CLICK = """
SELECT i.click FROM apps a CROSS JOIN LATERAL (
    SELECT click FROM installs WHERE app_id = a.app_id AND click_id = $1 AND click IS NOT NULL LIMIT 1
) AS i
LIMIT 1
"""


async def matched_click(connection: Any, click_id: str) -> dict[str, Any] | None:
    """A credited click as the ledger keeps it, when Redis no longer has it: the fields of `clicks.record.Click`."""
    click: dict[str, Any] | None = await connection.fetchval(MATCHED_CLICK, click_id)
    return click


MATCHES_OF_INSTALL = """
SELECT app_id, install_id, platform, occurred_at, received_at, match_method AS method,
    match_probability AS probability, match_reason AS reason, click_id, match_detail AS detail
FROM installs WHERE install_id = $1 AND ($2 = '' OR app_id = $2)
ORDER BY app_id
"""


async def matches_of_install(connection: Any, install_id: str, app_id: str = "") -> list[dict[str, Any]]:
    """The verdict on an install, one per app that has an install of this id (all apps where `app_id` is '')."""
    return [dict(row) for row in await connection.fetch(MATCHES_OF_INSTALL, install_id, app_id)]
