"""Deliveries as people see them: lists, one with its log, and those of an install.

`held` is a state that is shown and not stored: a due delivery of a pixel that is held or disabled. So nothing has to be
rewritten when a pixel with a million of them is held, and nothing can be forgotten when it is mended.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ledger.delivery_filter import FILTERS, OF_ONE_APP, DeliveryFilter

ShownState = Literal["due", "sending", "delivered", "held", "suppressed", "skipped", "dead"]


@dataclass(frozen=True, slots=True)
class DeliveryItem:
    """A row of the postback log; the fields of the contract's `delivery list`."""

    delivery_id: str
    app_id: str
    pixel_id: str
    event_id: str
    """As sent."""
    source_event_id: str
    source_event: str
    target_event: str
    install_id: str | None
    state: ShownState
    reason: str
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    last_code: int | None
    last_message: str | None
    request_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, newest first."""

    items: tuple[DeliveryItem, ...]
    next: str | None
    """The cursor of the page after this one; None at the end."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One send."""

    at: datetime
    outcome: str
    status: int | None
    """HTTP status; None when no answer came."""
    code: int | None
    message: str
    request_id: str
    ms: int
    batch_rows: int
    """Of the request it was in."""
    test_event_code: str
    """The request's; empty = its events count."""
    payload: str | None
    """The row as sent then, not yet redacted."""


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """One delivery with everything that happened to it."""

    item: DeliveryItem
    pixel_code: str
    payload: str | None
    """The row of `data[]` as sent, not yet redacted; None while it was never sent."""
    notes: tuple[str, ...]
    log: tuple[LogEntry, ...]
    """Oldest first."""


# behind SELECT
ITEM: Final = """
    d.delivery_id::text, d.app_id, d.pixel_id, d.event_id, d.source_event_id, d.source_event, d.target_event,
    d.install_id,
    CASE WHEN d.state = 'due' AND (NOT p.enabled OR p.state = 'held') THEN 'held' ELSE d.state END AS state,
    CASE WHEN d.state = 'due' AND NOT p.enabled THEN 'pixel disabled'
         WHEN d.state = 'due' AND p.state = 'held' THEN p.held_reason
         ELSE d.reason END AS reason,
    d.attempts, CASE WHEN d.state = 'due' THEN d.next_attempt_at END AS next_attempt_at, d.delivered_at, d.last_code,
    d.last_message, d.request_id, d.created_at
FROM deliveries d JOIN pixels p ON p.app_id = d.app_id AND p.pixel_id = d.pixel_id
"""

IN_STATE: Final[dict[str, str]] = {
    "due": "d.state = 'due' AND p.enabled AND p.state <> 'held'",
    "held": "d.state = 'due' AND (NOT p.enabled OR p.state = 'held')",
} | {state: f"d.state = '{state}'" for state in ("sending", "delivered", "suppressed", "skipped", "dead")}

_CONDITIONS: Final[dict[str | None, str]] = {None: "true"} | IN_STATE


def _list(filters: str, condition: str) -> str:
    return f"SELECT {ITEM} WHERE {condition} AND {filters} AND d.delivery_id < $7 ORDER BY d.delivery_id DESC LIMIT $8"


LIST_DELIVERIES: Final = {state: _list(FILTERS, condition) for state, condition in _CONDITIONS.items()}
# a plan that is made for any app, too, would not go by the app's own key
LIST_OF_APP: Final = {state: _list(OF_ONE_APP, condition) for state, condition in _CONDITIONS.items()}

BEFORE_ALL = 2**63 - 1


async def list_deliveries(
    connection: Any, wanted: DeliveryFilter, limit: int, cursor: str | None = None
) -> DeliveryPage:
    """Up to `limit` deliveries, newest first; `cursor` is a page's `next`.

    Raises:
        ValueError: a state or cursor that does not exist; the text says what does.
    """
    if wanted.state not in LIST_DELIVERIES:
        raise ValueError(f"state: must be one of {', '.join(IN_STATE)}")
    before = _number(cursor, "cursor") if cursor else BEFORE_ALL
    statements = LIST_DELIVERIES if wanted.app_id is None else LIST_OF_APP
    rows = await connection.fetch(statements[wanted.state], *wanted.parameters(), before, limit + 1)
    items = tuple(DeliveryItem(**dict(row)) for row in rows[:limit])
    return DeliveryPage(items, items[-1].delivery_id if len(rows) > limit and items else None)


SHOW_DELIVERY = f"SELECT {ITEM} WHERE d.delivery_id = $1"
PAYLOAD = """
SELECT d.payload, d.notes, p.code FROM deliveries d JOIN pixels p ON p.app_id = d.app_id AND p.pixel_id = d.pixel_id
WHERE d.app_id = $1 AND d.delivery_id = $2
"""
LOG = """
SELECT a.at, a.outcome, a.status, a.code, a.message, a.request_id, a.ms, a.batch_rows, a.test_event_code,
    coalesce(a.payload, d.payload) AS payload
FROM attempts a JOIN deliveries d ON d.app_id = a.app_id AND d.delivery_id = a.delivery_id
WHERE a.app_id = $1 AND a.delivery_id = $2 ORDER BY a.attempt_id
"""


async def show_delivery(connection: Any, delivery_id: str) -> DeliveryDetail | None:
    """One delivery with its payload and log; None where there is none of that id."""
    try:
        number = _number(delivery_id, "delivery_id")
    except ValueError:
        return None
    row = await connection.fetchrow(SHOW_DELIVERY, number)
    if row is None:
        return None
    kept = await connection.fetchrow(PAYLOAD, row["app_id"], number)
    if kept is None:
        return None
    log = tuple(LogEntry(**dict(entry)) for entry in await connection.fetch(LOG, row["app_id"], number))
    return DeliveryDetail(DeliveryItem(**dict(row)), kept["code"], kept["payload"], tuple(kept["notes"]), log)


DELIVERIES_OF_INSTALL = f"SELECT {ITEM} WHERE d.app_id = $1 AND d.install_id = $2 ORDER BY d.delivery_id"


async def deliveries_of_install(connection: Any, app_id: str, install_id: str) -> list[DeliveryItem]:
    """Every delivery of the install and of its events, oldest first."""
    return [DeliveryItem(**dict(row)) for row in await connection.fetch(DELIVERIES_OF_INSTALL, app_id, install_id)]


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > BEFORE_ALL:
        raise ValueError(f"{field}: must be the number of a delivery")
    return int(text)
