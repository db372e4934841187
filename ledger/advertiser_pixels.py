"""The pixels that TikTok lists for an app's advertisers: what an app's own pixels are checked against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AdvertiserPixel:
    """One row of `advertiser_pixels`."""

    app_id: str
    advertiser_id: str
    pixel_code: str
    """What events are sent to."""
    pixel_number: str
    """TikTok's `pixel_id`, which ad groups name."""
    name: str
    relation: str
    """SHARED, TRANSFERRED, UNBOUND; empty = the advertiser's own."""
    optimization_events: tuple[str, ...]
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SeenPixel:
    """A pixel as TikTok lists it for an advertiser."""

    pixel_code: str
    pixel_number: str
    name: str
    relation: str
    optimization_events: Sequence[str]


PIXELS_OF_APP = """
SELECT p.* FROM advertiser_pixels p JOIN advertisers a USING (app_id, advertiser_id)
WHERE p.app_id = $1 ORDER BY a.selected DESC, a.name, p.advertiser_id, p.name, p.pixel_code
"""


async def advertiser_pixels_of(connection: Any, app_id: str) -> list[AdvertiserPixel]:
    """Those of the chosen advertiser first. `connection` is an asyncpg connection or pool, here and below."""
    return [_pixel(row) for row in await connection.fetch(PIXELS_OF_APP, app_id)]


PUT_PIXEL = """
INSERT INTO advertiser_pixels (app_id, advertiser_id, pixel_code, pixel_number, name, relation, optimization_events,
    seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (app_id, advertiser_id, pixel_code) DO UPDATE SET pixel_number = excluded.pixel_number,
    name = excluded.name, relation = excluded.relation, optimization_events = excluded.optimization_events,
    seen_at = excluded.seen_at
"""
FORGET_PIXELS = """
DELETE FROM advertiser_pixels WHERE app_id = $1 AND advertiser_id = $2 AND pixel_code <> ALL ($3::text[])
"""


async def put_pixels(
    connection: Any, app_id: str, advertiser_id: str, seen: Sequence[SeenPixel], now: datetime
) -> None:
    """Add them, or what is new of them.

    Raises:
        asyncpg.ForeignKeyViolationError: the app has no such advertiser.
    """
    await connection.executemany(
        PUT_PIXEL,
        [
            (app_id, advertiser_id, p.pixel_code, p.pixel_number, p.name, p.relation, list(p.optimization_events), now)
            for p in sorted(seen, key=lambda pixel: pixel.pixel_code)
        ],
    )


async def forget_other_pixels(connection: Any, app_id: str, advertiser_id: str, codes: Sequence[str]) -> None:
    """Those that TikTok no longer lists for the advertiser."""
    await connection.execute(FORGET_PIXELS, app_id, advertiser_id, list(codes))


def _pixel(row: Mapping[str, Any]) -> AdvertiserPixel:
    return AdvertiserPixel(**{**dict(row), "optimization_events": tuple(row["optimization_events"])})
