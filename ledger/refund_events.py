"""Refunds that were stored as events, and what of them is taken back: a refund fails, a store or a bank reverses it.

What is taken back stays with the refund itself, as `reversed` in its body: a report counts it where and when it counts
the refund, so that no row of it ever falls below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledger.report_deltas import events_counted_anew
from ledger.report_facts import REPEATED


@dataclass(frozen=True, slots=True)
class Refunds:
    """Those of one payment."""

    app_id: str
    subscription_id: str
    """As their events have it."""
    names: Sequence[str]
    """Of their events."""
    transaction_id: str | None = None
    """Of a subscription's payment; None where `subscription_id` is of a payment alone."""
    dispute: bool | None = None
    """Only those by which a bank took the money back, or only the others; None = all."""


@dataclass(frozen=True, slots=True)
class RefundEvent:
    """One that was stored."""

    event_key: int
    event_id: str
    occurred_at: datetime
    value: Decimal
    reversed: Decimal
    source: str
    repeats: bool
    """Another source had told of it: see `REPEATED`."""
    told: bool
    """TikTok was told of it, or is about to be."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Of which refunds how much; `until`: only of those that were made by then."""

    refunds: Refunds
    amount: Decimal | None
    """None = all of them."""
    until: datetime | None = None
    first: str = ""
    """The id of the event that it is taken off first; others follow, the newest first."""


REFUND_EVENTS = f"""
SELECT e.event_key, e.source, e.flags @> ARRAY['{REPEATED}'] AS repeats, e.event_id, e.occurred_at, e.value,
    coalesce((e.body ->> 'reversed')::numeric, 0) AS reversed,
    EXISTS (SELECT FROM deliveries d WHERE d.app_id = e.app_id AND d.event_key = e.event_key
        AND d.state NOT IN ('skipped', 'suppressed', 'dead')) AS told
FROM events e
WHERE e.app_id = $1 AND e.subscription_id = $2 AND e.name = ANY ($3::text[]) AND e.value IS NOT NULL
    AND ($4::text IS NULL OR e.body -> 'properties' ->> 'order_id' = $4)
    AND ($5::boolean IS NULL OR coalesce(e.body -> 'properties' ? 'dispute_id', false) = $5)
ORDER BY e.event_key FOR UPDATE OF e
"""  # noqa: S608 - a constant of the ledger
REVERSALS = """
SELECT occurred_at FROM events
WHERE app_id = $1 AND subscription_id = $2 AND name = ANY ($3::text[]) AND body -> 'properties' ->> 'order_id' = $4
"""
TAKE_BACK = """
UPDATE events e SET body = e.body || jsonb_build_object('reversed', taken.reversed)
FROM unnest($2::bigint[], $3::text[]) AS taken (event_key, reversed)
WHERE e.app_id = $1 AND e.event_key = taken.event_key
"""


async def refund_events(connection: Any, of: Refunds) -> list[RefundEvent]:
    """In the order in which they came. Nobody changes them until the end of the caller's transaction."""
    found = of.app_id, of.subscription_id, list(of.names), of.transaction_id, of.dispute
    return [RefundEvent(**row) for row in await connection.fetch(REFUND_EVENTS, *found)]


async def reversed_at(connection: Any, of: Refunds, names: Sequence[str]) -> list[datetime]:
    """When the payment's refunds were reversed, as the events of these names say."""
    rows = await connection.fetch(REVERSALS, of.app_id, of.subscription_id, list(names), of.transaction_id)
    return [row["occurred_at"] for row in rows]


async def take_back(connection: Any, said: TakenBack) -> None:
    """Take it off what was refunded, as far as there is something. The caller has locked the payment."""
    taken = _taken(await refund_events(connection, said.refunds), said)
    app_id = said.refunds.app_id
    if taken:
        async with events_counted_anew(connection, [(app_id, key) for key in taken]):
            await connection.execute(TAKE_BACK, app_id, list(taken), [f"{amount:f}" for amount in taken.values()])


def _taken(events: Sequence[RefundEvent], said: TakenBack) -> dict[int, Decimal]:
    """event_key -> all that is taken back of it from now on."""
    newest_first = sorted(events, key=lambda one: (one.event_id != said.first, -one.event_key))
    left, taken = said.amount, dict[int, Decimal]()
    for one in newest_first:
        if said.until is not None and one.occurred_at > said.until:
            continue
        open_ = one.value - one.reversed
        part = open_ if left is None else min(open_, left)
        if part > 0:
            taken[one.event_key] = one.reversed + part
            left = None if left is None else left - part
    return taken
