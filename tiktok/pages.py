"""Lists that TikTok answers page by page, while new rows push the others along.

Totals move between two pages, and newest rows come first: so a list is read to its short or empty end, a row may come
twice, and no page number is worth keeping. Source: connectors that read them, gathered in 2026-11.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from tiktok.account_refusals import ApiRefused
from tiktok.business_api import Group, Reply
from tiktok.codes import Verdict

Ask = Callable[[Group, str, Mapping[str, object]], Awaitable[Reply]]
"""One call of a grant: group, path, parameters. Raises ApiRefused."""

LARGEST_PAGE: Final = 1_000
_MOST_PAGES: Final = 5_000  # 20,000 ads by hour are 480; a server that never ends its list is not TikTok


class Listed(msgspec.Struct, frozen=True):
    """Every row of a list, some of them twice."""

    rows: list[dict[str, Any]]
    cut: bool
    """TikTok left rows out of at least one page."""


async def read_pages(
    ask: Ask, group: Group, path: str, parameters: Mapping[str, object], page_size: int = LARGEST_PAGE
) -> Listed:
    """Raises:
    ApiRefused: TikTok refused a page, or answered what is no list; what was read before it is thrown away.
    """
    rows: list[dict[str, Any]] = []
    cut = False
    for page in range(1, _MOST_PAGES + 1):
        reply = await ask(group, path, {**parameters, "page": page, "page_size": page_size})
        listed, info = _page(reply)
        rows += listed
        cut = cut or reply.cut
        if is_last(len(listed), page, info, page_size):
            return Listed(rows, cut)
    raise unreadable(f"{path} has no end")


def is_last(rows: int, page: int, info: Mapping[str, Any], asked: int) -> bool:
    """Whether a list ends with its page number `page`, of so many rows: totals that shrink do not end it, and neither
    does a page that TikTok took rows out of.
    """
    return not rows or (rows < _size(info, asked) and _number(info, "total_page") <= page)


def unreadable(what: str) -> ApiRefused:
    """An answer that cannot be TikTok's, or was torn: it is asked for again."""
    return ApiRefused("transient", Verdict(outcome="unknown", message=what))


def _page(reply: Reply) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    data = reply.data
    listed = data.get("list") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise unreadable("an answer without a list")
    info = data.get("page_info")
    return listed, info if isinstance(info, dict) else {}


def _size(info: Mapping[str, Any], asked: int) -> int:
    """How many rows a whole page has: some lists take fewer at once than they are asked for, and say so."""
    return min(asked, _number(info, "page_size") or asked)


def _number(info: Mapping[str, Any], name: str) -> int:
    """Of numbers TikTok makes text now and then."""
    value = info.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
