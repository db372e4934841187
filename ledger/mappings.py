"""Mapping rows that differ from the default: which TikTok event an app's event becomes, per app or per pixel.

One source is resolved in this order: the pixel's row, the app's row, `ledger.default_mapping`, and at
last the app's setting `unmapped`. A blank target means "not sent".
"""

from collections.abc import Iterable, Mapping
from typing import Any

WHOLE_APP = ""  # the pixel_id of a row that holds for every pixel of the app

Mappings = dict[tuple[str, str], dict[str, str]]
"""(app_id, pixel_id or WHOLE_APP) -> source event -> target event ('' = not sent)."""

ALL_MAPPINGS = "SELECT app_id, pixel_id, source, target FROM mappings ORDER BY app_id, pixel_id, source"


async def all_mappings(connection: Any) -> Mappings:
    """Every stored row. `connection` is an asyncpg connection or pool, here and below."""
    mappings: Mappings = {}
    for row in await connection.fetch(ALL_MAPPINGS):
        mappings.setdefault((row["app_id"], row["pixel_id"]), {})[row["source"]] = row["target"]
    return mappings


SET_MAPPINGS = """
INSERT INTO mappings (app_id, pixel_id, source, target, edited)
SELECT $1, $2, source, target, true FROM unnest($3::text[], $4::text[]) AS rows (source, target)
ON CONFLICT (app_id, pixel_id, source) DO UPDATE SET target = excluded.target, edited = true
"""


async def set_mappings(connection: Any, app_id: str, pixel_id: str, rows: Mapping[str, str]) -> None:
    """Set each source -> target ('' = not sent) by hand; other sources stay as they are.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    await connection.execute(SET_MAPPINGS, app_id, pixel_id, list(rows), list(rows.values()))


DELETE_PRESET = "DELETE FROM mappings WHERE app_id = $1 AND pixel_id = $2 AND NOT edited"
INSERT_PRESET = """
INSERT INTO mappings (app_id, pixel_id, source, target, edited)
SELECT $1, $2, source, target, false FROM unnest($3::text[], $4::text[]) AS rows (source, target)
ON CONFLICT (app_id, pixel_id, source) DO NOTHING
"""
EDITED = "SELECT source FROM mappings WHERE app_id = $1 AND pixel_id = $2 AND edited ORDER BY source"


async def load_preset(connection: Any, app_id: str, pixel_id: str, rows: Mapping[str, str]) -> list[str]:
    """Put a preset's rows in the place of the last one's. What was set by hand stays; returns the sources of that.

    `connection` is an asyncpg connection, not a pool.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    async with connection.transaction():
        await connection.execute(DELETE_PRESET, app_id, pixel_id)
        await connection.execute(INSERT_PRESET, app_id, pixel_id, list(rows), list(rows.values()))
        return [row["source"] for row in await connection.fetch(EDITED, app_id, pixel_id)]


CLEAR_MAPPINGS = """
DELETE FROM mappings WHERE app_id = $1 AND pixel_id = $2 AND ($3::text[] IS NULL OR source = ANY ($3::text[]))
"""


async def clear_mappings(connection: Any, app_id: str, pixel_id: str, sources: Iterable[str] | None = None) -> None:
    """Forget the rows of these sources, all of them where None: the default holds again."""
    await connection.execute(CLEAR_MAPPINGS, app_id, pixel_id, None if sources is None else list(sources))
