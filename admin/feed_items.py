"""What stands in the live feed: one line each, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

Kind = Literal["click", "install", "event", "delivery"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
State = Literal["credited", "no click", "waiting", "delivered", "refused", "retried", ""]
STATES: Final[tuple[State, ...]] = get_args(State)[:-1]

_OF_OUTCOME: Final[dict[str, State]] = {"delivered": "delivered", "invalid": "refused", "setup": "refused"}
_OF_METHOD: Final[dict[str, State]] = {"none": "no click", "pending": "waiting"}


@dataclass(frozen=True, slots=True, eq=False)
class FeedItem:
    """Equal to itself alone: what is rendered once for all readers is found by it."""

    kind: Kind
    at: datetime
    state: State = ""
    """Of an install or a delivery."""
    number: int = 0
    """event_key or attempt_id; clicks have none."""
    links: Mapping[str, int] = field(default_factory=dict)
    """Slug -> how many of what this is came by it; of clicks that were missed, nobody knows."""
    total: int = 1
    """More than one: clicks."""
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Empty = any."""

    kind: str = ""
    link: str = ""
    state: str = ""

    def takes(self, item: FeedItem) -> bool:
        if self.kind and item.kind != self.kind:
            return False
        if self.state and item.state != self.state:
            return False
        return not self.link or self.link in item.links


def event_item(row: Mapping[str, Any]) -> FeedItem:
    """Of a row of `ledger.feed.new_events`: the event `install:<id>` is the install itself."""
    is_install = row["event_id"] == f"install:{row['install_id']}"
    state: State = _OF_METHOD.get(row["method"] or "pending", "credited") if is_install else ""
    return FeedItem(
        "install" if is_install else "event", row["at"], state, row["number"], _links(row["link"]), about=row
    )


def attempt_item(row: Mapping[str, Any]) -> FeedItem:
    state = _OF_OUTCOME.get(row["outcome"], "retried")
    return FeedItem("delivery", row["at"], state, row["number"], _links(row["link"]), about=row)


def clicks_item(at: datetime, links: Mapping[str, int], total: int) -> FeedItem:
    return FeedItem("click", at, links=dict(links), total=total)


def _links(link: str | None) -> dict[str, int]:
    return {link: 1} if link else {}
