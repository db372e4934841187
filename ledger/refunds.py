"""How much of a charge was refunded, by messages that come in any order and speak of the same refunds in two ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

TOTAL = ""  # in the place of a refund's id
FAILED = "failed:"  # before it: the same refund, which did not go through or was taken back


@dataclass(frozen=True, slots=True)
class ChargeRefund:
    """What one message says."""

    app_id: str
    charge_id: str
    refund_id: str | None
    """None where `amount` is of all refunds of the charge so far."""
    amount: Decimal
    at: datetime
    """When that was so, by the provider's clock."""
    failed: bool = False
    """The refund of this id failed, or was taken back, whatever is said of it before or after."""
    grows: bool = False
    """The total never falls."""


LOCK = """
INSERT INTO charge_refunds AS known (app_id, charge_id, refund_id, amount, at) VALUES ($1, $2, '', 0, to_timestamp(0))
ON CONFLICT (app_id, charge_id, refund_id) DO UPDATE SET amount = known.amount
"""
# of the total what failed after it was told is no longer in it: the next total says so itself
REFUNDED = f"""
WITH known AS (SELECT refund_id, amount, at FROM charge_refunds WHERE app_id = $1 AND charge_id = $2),
failed AS (SELECT substr(refund_id, {len(FAILED) + 1}) AS refund_id, amount, at FROM known
    WHERE starts_with(refund_id, '{FAILED}'))
SELECT greatest(
    (SELECT coalesce(sum(amount), 0) FROM known WHERE refund_id <> '' AND NOT starts_with(refund_id, '{FAILED}')
        AND refund_id NOT IN (SELECT refund_id FROM failed)),
    (SELECT coalesce(max(t.amount - (SELECT coalesce(sum(f.amount), 0) FROM failed f WHERE f.at > t.at)), 0)
        FROM known t WHERE t.refund_id = ''))
"""  # noqa: S608 - constants of this module alone
STORE_LARGEST = """
INSERT INTO charge_refunds AS known (app_id, charge_id, refund_id, amount, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (app_id, charge_id, refund_id) DO UPDATE SET at = greatest(known.at, excluded.at),
    amount = greatest(known.amount, excluded.amount)
"""
STORE_LATEST = """
INSERT INTO charge_refunds AS known (app_id, charge_id, refund_id, amount, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (app_id, charge_id, refund_id) DO UPDATE SET at = greatest(known.at, excluded.at),
    amount = CASE WHEN excluded.at = known.at THEN greatest(known.amount, excluded.amount)
        WHEN excluded.at > known.at THEN excluded.amount ELSE known.amount END
"""


PAYMENT = """
SELECT coalesce(bool_or(name = $3) AND NOT bool_or(name = ANY ($4::text[])), false) AS only_authorized,
    max(body -> 'properties' ->> 'order_id') FILTER (WHERE name = ANY ($4::text[])) AS order_id
FROM events WHERE app_id = $1 AND subscription_id = $2
"""


@dataclass(frozen=True, slots=True)
class Payment:
    """What is known of a payment that is refunded."""

    only_authorized: bool
    """It was authorised and never captured: a refund of it moves no money."""
    order_id: str | None
    """As its sale was told to TikTok."""


async def known_payment(connection: Any, app_id: str, payment: str, names: tuple[str, Sequence[str]]) -> Payment:
    """What the events of a payment say.

    `names` are the event's name of an authorisation and those of sales.
    """
    authorization, sales = names
    row = await connection.fetchrow(PAYMENT, app_id, payment, authorization, list(sales))
    return Payment(**row)


NAME_ORDER = """
UPDATE events SET body = jsonb_set(body, '{properties,order_id}', to_jsonb($4::text))
WHERE app_id = $1 AND subscription_id = $2 AND name = $3 AND body -> 'properties' ->> 'order_id' = subscription_id
"""


async def name_order(connection: Any, refund: str, payment: tuple[str, str], order_id: str) -> None:
    """Give the refunds of a payment, (app_id, its id), the order of the sale that came after them.

    `refund` is their events' name. Those that the app gave a number of their own keep it.
    """
    app_id, of_payment = payment
    await connection.execute(NAME_ORDER, app_id, of_payment, refund, order_id)


async def lock_charge(connection: Any, app_id: str, charge_id: str) -> None:
    """Until the end of the transaction nobody else reckons what is said of the charge."""
    await connection.execute(LOCK, app_id, charge_id)


async def newly_refunded(connection: Any, said: ChargeRefund) -> Decimal:
    """What the message adds to what was known to be refunded; 0 where another has said it, below 0 where less is
    refunded than was known. In the caller's transaction.

    Known is the larger of the last total the provider names and the sum of the single refunds: whichever message of a
    refund comes first adds it, and the other one adds nothing.
    """
    charge = (said.app_id, said.charge_id)
    await lock_charge(connection, *charge)
    before: Decimal = await connection.fetchval(REFUNDED, *charge)
    refund_id = TOTAL if said.refund_id is None else f"{FAILED if said.failed else ''}{said.refund_id}"
    store = STORE_LATEST if said.refund_id is None and not said.grows else STORE_LARGEST
    await connection.execute(store, *charge, refund_id, said.amount, said.at)
    after: Decimal = await connection.fetchval(REFUNDED, *charge)
    return after - before
