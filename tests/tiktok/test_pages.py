"""Lists that drift while they are read."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.tiktok.asked import Asked
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import Group, Reply
from tiktok.pages import read_pages

pytestmark = pytest.mark.anyio


class Scripted:
    """Answers page n with the n-th reply."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = replies
        self.asked = 0

    async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
        self.asked += 1
        return self.replies[int(str(parameters["page"])) - 1]


def page(ids: list[int], cut: bool = False, **info: int | str) -> Reply:
    return Reply(data={"list": [{"id": one} for one in ids], "page_info": info}, cut=cut)


async def ids_of(ask: Any, size: int) -> list[int]:
    return [row["id"] for row in (await read_pages(ask, "report", "/x/", {}, size)).rows]


async def test_a_list_ends_with_its_short_page() -> None:
    ask = Scripted(page([1, 2], total_page=2), page([3], total_page=2))
    assert await ids_of(ask, 2) == [1, 2, 3]
    assert ask.asked == 2


async def test_a_list_ends_with_an_empty_page_where_the_last_one_was_full() -> None:
    ask = Scripted(page([1, 2], total_page=1), page([], total_page=1))
    assert await ids_of(ask, 2) == [1, 2]


async def test_totals_that_shrink_between_two_pages_do_not_end_the_list() -> None:
    ask = Scripted(page([1, 2], total_page=3), page([3, 4], total_page=2), page([5], total_page=2))
    assert await ids_of(ask, 2) == [1, 2, 3, 4, 5]


async def test_a_short_page_that_is_not_the_last_one_does_not_end_the_list() -> None:
    ask = Scripted(page([1], total_page=2), page([2], total_page=2))
    assert await ids_of(ask, 2) == [1, 2]


async def test_a_list_of_smaller_pages_than_asked_is_read_to_its_end() -> None:
    ask = Scripted(page([1, 2], page_size=2), page([3, 4], page_size=2), page([], page_size=2))
    assert await ids_of(ask, 1000) == [1, 2, 3, 4]


async def test_how_many_pages_there_are_may_be_told_as_text() -> None:
    ask = Scripted(page([1, 2], page_size="2", total_page="2"), page([3], page_size="2", total_page="2"))
    assert await ids_of(ask, 1000) == [1, 2, 3]
    ask = Scripted(page([1], total_page="x"))
    assert await ids_of(ask, 2) == [1]


async def test_one_cut_page_makes_the_list_cut() -> None:
    listed = await read_pages(Scripted(page([1, 2], cut=True), page([3])), "report", "/x/", {}, 2)
    assert listed.cut


@pytest.mark.parametrize("data", [{}, [], {"list": None}, {"list": {}}, {"list": [1]}, {"list": "x"}])
async def test_an_answer_without_a_list_is_no_empty_list(data: Any) -> None:
    with pytest.raises(ApiRefused) as refused:
        await read_pages(Scripted(Reply(data=data)), "report", "/x/", {})
    assert refused.value.kind == "transient"


async def test_a_list_that_never_ends_is_given_up() -> None:
    class Endless:
        async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
            return page([1])

    with pytest.raises(ApiRefused, match="no end"):
        await read_pages(Endless(), "report", "/x/", {}, 1)


async def test_each_page_is_asked_with_the_same_parameters() -> None:
    ask = Asked(lambda _: [{"id": number} for number in range(3)])
    await read_pages(ask, "entities", "/campaign/get/", {"advertiser_id": "1"}, 2)
    assert [(call["advertiser_id"], call["page"], call["page_size"]) for _, call in ask.calls] == [
        ("1", 1, 2),
        ("1", 2, 2),
    ]
