"""What an app already has: links, pixels, and whether anything came yet."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Each is true from the first one on."""

    has_link: bool
    """One that is served."""
    has_click: bool
    has_install: bool
    has_pixel: bool
    """One that is enabled."""


BEGINNINGS = """
SELECT EXISTS (SELECT FROM links WHERE app_id = $1 AND enabled) AS has_link,
    EXISTS (SELECT FROM links l JOIN visit_counts v ON v.link = l.slug WHERE l.app_id = $1 AND v.kind = 'click')
        AS has_click,
    EXISTS (SELECT FROM installs WHERE app_id = $1) AS has_install,
    EXISTS (SELECT FROM pixels WHERE app_id = $1 AND enabled) AS has_pixel
"""


async def beginnings(connection: Any, app_id: str) -> Beginnings:
    """`connection` is an asyncpg connection or pool."""
    return Beginnings(**dict(await connection.fetchrow(BEGINNINGS, app_id)))
