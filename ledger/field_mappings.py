"""Fields of the payload that an app fills from elsewhere in its events: `value` from `properties.cart.total`.

A pixel's row for a target stands in place of the app's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.mappings import WHOLE_APP

FieldSources = dict[str, tuple[str, ...]]
"""Field of the payload -> paths into the event; the first that holds something counts."""

FIELD_MAPPINGS = """
SELECT target, sources FROM field_mappings WHERE app_id = $1 AND pixel_id IN ('', $2) ORDER BY target, pixel_id
"""


async def field_mappings(connection: Any, app_id: str, pixel_id: str = WHOLE_APP) -> FieldSources:
    """What holds for the pixel, or for the whole app. `connection` is an asyncpg connection or pool, here and below."""
    rows = await connection.fetch(FIELD_MAPPINGS, app_id, pixel_id)
    return {row["target"]: tuple(row["sources"]) for row in rows}  # a pixel's row comes after the app's


SET_FIELD_MAPPINGS = """
WITH given AS (
    SELECT key AS target, ARRAY(SELECT jsonb_array_elements_text(value)) AS sources FROM jsonb_each($3)
), forgotten AS (
    DELETE FROM field_mappings f USING given
    WHERE f.app_id = $1 AND f.pixel_id = $2 AND f.target = given.target AND given.sources = '{}'
)
INSERT INTO field_mappings (app_id, pixel_id, target, sources)
SELECT $1, $2, target, sources FROM given WHERE sources <> '{}'
ON CONFLICT (app_id, pixel_id, target) DO UPDATE SET sources = excluded.sources
"""


async def set_field_mappings(connection: Any, app_id: str, pixel_id: str, rows: Mapping[str, Sequence[str]]) -> None:
    """Set each target -> paths; no path forgets the target's row.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    await connection.execute(SET_FIELD_MAPPINGS, app_id, pixel_id, rows)
