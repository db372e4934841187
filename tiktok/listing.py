"""Endpoints of TikTok's account side that answer page by page, read to their end."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tiktok.account_values import rows_of
from tiktok.business_api import BusinessApi, Group
from tiktok.pages import is_last

MOST_PAGES: Final = 500  # an endpoint that never ends is not followed further


class Listing(msgspec.Struct, frozen=True):
    """One such endpoint."""

    group: Group
    path: str
    rows: str
    """Where the rows stand in `data`."""
    page_size: int
    """The most that TikTok takes."""


async def read_listing(
    api: BusinessApi, listing: Listing, token: str, parameters: Mapping[str, object]
) -> list[dict[str, Any]]:
    """Every row: totals move while one reads, and a page that is not full need not be the last (`pages.is_last`).

    Raises:
        ApiRefused: TikTok refused a page, or did not answer.
    """
    found: list[dict[str, Any]] = []
    for page in range(1, MOST_PAGES + 1):
        asked = {**parameters, "page": page, "page_size": listing.page_size}
        data = (await api.get(listing.group, listing.path, token, asked)).data
        rows, info = rows_of(data, listing.rows), data.get("page_info") if isinstance(data, dict) else None
        found += rows
        if is_last(len(rows), page, info if isinstance(info, dict) else {}, listing.page_size):
            break
    return found
