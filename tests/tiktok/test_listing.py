"""Endpoints that answer page by page."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from tiktok.business_api import BusinessApi, Reply
from tiktok.listing import MOST_PAGES, Listing, read_listing

pytestmark = pytest.mark.anyio

LISTING = Listing("pixel", "/pixel/list/", "pixels", 2)


class Pages:
    """Answers these pages, whatever totals it names."""

    def __init__(self, *pages: list[Any], total_page: int = 1) -> None:
        self._pages = pages
        self._info = {"total_page": total_page, "total_number": 0}
        self.asked: list[Mapping[str, object]] = []

    async def get(self, group: str, path: str, token: str, parameters: Mapping[str, object]) -> Reply:
        self.asked.append(parameters)
        page = self._pages[min(len(self.asked), len(self._pages)) - 1]
        return Reply({"pixels": page, "page_info": self._info})


async def read(pages: Pages) -> list[dict[str, Any]]:
    return await read_listing(cast(BusinessApi, pages), LISTING, "token", {"advertiser_id": "1"})


async def test_a_page_that_is_not_full_is_the_last() -> None:
    pages = Pages([{"n": 1}, {"n": 2}], [{"n": 3}])
    assert await read(pages) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert pages.asked[1] == {"advertiser_id": "1", "page": 2, "page_size": 2}


async def test_a_page_that_tiktok_took_a_row_out_of_is_not_the_last() -> None:
    """Pixels of further pages would be forgotten."""
    pages = Pages([{"n": 1}], [{"n": 2}, {"n": 3}], [{"n": 4}], total_page=3)
    assert await read(pages) == [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]
    assert len(pages.asked) == 3


async def test_no_row_at_all_is_no_error() -> None:
    assert await read(Pages([])) == []


async def test_a_list_that_never_ends_is_left() -> None:
    pages = Pages([{"n": 1}, {"n": 2}])
    assert len(await read(pages)) == 2 * MOST_PAGES
