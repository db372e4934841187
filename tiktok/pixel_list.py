"""The pixels an advertiser may use."""

from datetime import datetime
from typing import Any, Final

import msgspec

from tiktok.account_values import id_text, moment, rows_of, text
from tiktok.business_api import BusinessApi
from tiktok.listing import Listing, read_listing

# 20 a page is the most, and the rows stand under `pixels`, not `list`
_PIXELS: Final = Listing("pixel", "/pixel/list/", "pixels", 20)


class ListedPixel(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    """What events are sent to."""
    number: str
    """TikTok's `pixel_id`, which ad groups name."""
    name: str
    relation: str
    """`asset_relation_status`: SHARED, TRANSFERRED, UNBOUND; empty = the advertiser's own."""
    optimization_events: tuple[str, ...]
    """What an ad group can optimise for; an event without such a code is left out."""
    created_at: datetime | None


async def listed_pixels(api: BusinessApi, token: str, advertiser_id: str, code: str = "") -> list[ListedPixel]:
    """Every pixel, or the one with this code.

    Raises:
        ApiRefused: TikTok refused, or did not answer.
    """
    rows = await read_listing(api, _PIXELS, token, {"advertiser_id": advertiser_id, "code": code or None})
    return list({pixel.code: pixel for row in rows if (pixel := _pixel(row)).code}.values())


def _pixel(row: dict[str, Any]) -> ListedPixel:
    ownership = row["asset_ownership"] if isinstance(row.get("asset_ownership"), dict) else {}
    return ListedPixel(
        code=text(row.get("pixel_code")),
        number=id_text(row.get("pixel_id")),
        name=text(row.get("pixel_name")),
        relation=text(ownership.get("asset_relation_status")),
        optimization_events=tuple(
            dict.fromkeys(filter(None, (text(event.get("optimization_event")) for event in rows_of(row, "events"))))
        ),
        created_at=moment(row.get("create_time")),
    )
