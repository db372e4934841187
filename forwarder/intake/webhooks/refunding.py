"""What a message about a payment adds to what was said of it before: messages come in any order, and more than once.

A refund, and what was captured of a charge, is worth what it adds. A reversal takes off what was refunded; a refund
that comes after its reversal was taken back already, and adds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from forwarder.intake.routing import REFUND_TOLD
from forwarder.intake.webhooks.event_rows import refund_event_id
from forwarder.intake.webhooks.normal import REFUND, REFUND_REVERSED, Refund, SourceEvent
from ledger.events import NewEvent
from ledger.refund_events import RefundEvent, Refunds, TakenBack, refund_events, reversed_at
from ledger.refunds import ChargeRefund, Payment, known_payment, lock_charge, newly_refunded
from ledger.report_facts import REPEATED
from ledger.webhook_providers import PREFIXES, PROVIDERS, SALE_EVENTS, Provider

PLATFORM_REFUNDS: Final = tuple(f"{prefix}_{REFUND}" for prefix in PREFIXES)
REVERSALS: Final = tuple(f"{prefix}_{REFUND_REVERSED}" for prefix in PREFIXES)
AUTHORIZED: Final = "stripe_authorization"
REFUNDED: Final = "stripe_refund"
CAPTURES: Final = "captured:"
"""Before a charge's id: how much of it was captured is reckoned as how much was refunded, by totals that may repeat."""
DISPUTES: Final = "disputed:"
"""The same of what a bank took back: no sum of refunds that Stripe tells has it in it."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What is left of a message."""

    event: NewEvent | None
    """None where all of it had been said before."""
    taken_back: TakenBack | None = None


async def reckoned(connection: Any, source: SourceEvent, event: NewEvent) -> Reckoned:
    """`event` is the source's, as it would be stored were it the only one. In the caller's transaction, which holds
    its payment until it ends.
    """
    if source.name == REFUND_REVERSED or (source.name == REFUND and source.refund is None):
        return await _of_transaction(connection, source, event)
    said = _said(source)
    if said is None:
        return Reckoned(event)
    if source.capture is not None:
        return await _of_capture(connection, said, event)
    return await _of_charge(connection, source, said, event)


async def _of_capture(connection: Any, said: Refund, event: NewEvent) -> Reckoned:
    key = f"{CAPTURES}{said.charge_id}"
    charge = ChargeRefund(event.app_id, key, None, said.amount, event.occurred_at, grows=True)
    added = await newly_refunded(connection, charge)
    return Reckoned(msgspec.structs.replace(event, value=added) if added > 0 else None)


async def _of_charge(connection: Any, source: SourceEvent, said: Refund, event: NewEvent) -> Reckoned:
    """A payment provider's refund, the sum of all of a charge, or that one failed."""
    paid = event.subscription_id
    # a charge says itself what was captured of it, and its order; a refund alone says neither
    if said.refund_id is not None and paid is not None:
        # a sale that is being stored is waited for, or finds this refund
        await lock_charge(connection, event.app_id, f"{CAPTURES}{said.charge_id}")
        payment = await known_payment(connection, event.app_id, paid, (AUTHORIZED, SALE_EVENTS))
        if source.refund is not None and payment.only_authorized:
            return Reckoned(None)
        event = _of_order(event, payment)
    failed = source.failure is not None
    key = f"{DISPUTES}{said.charge_id}" if said.dispute else said.charge_id
    charge = ChargeRefund(event.app_id, key, said.refund_id, said.amount, event.occurred_at, failed)
    added = await newly_refunded(connection, charge)
    of = Refunds(event.app_id, paid or "", (REFUNDED,))
    if added > 0 and not failed:
        return Reckoned(await _added(connection, msgspec.structs.replace(event, value=added), of))
    of = replace(of, dispute=said.dispute)
    provider: Provider = event.source  # type: ignore[assignment]
    lowered = TakenBack(of, -added, first=refund_event_id(provider, said)) if added < 0 else None
    return Reckoned(event if failed else None, lowered)


def wave(provider: Provider, source: SourceEvent | None) -> int:
    """Platforms that tell of one refund at one moment: each has to be stored before the next one is reckoned."""
    return (
        tuple(PROVIDERS).index(provider)
        if source is not None and source.refund is None and source.name == REFUND
        else 0
    )


def lock_order(source: SourceEvent) -> tuple[str, int]:
    """By payment, and of each in the order of what is locked for it: what was captured, then what was refunded."""
    said = _said(source)
    if said is None:
        return _transaction(source) or "", 0
    return said.charge_id, int(said.refund_id is None and source.capture is None)


def _said(source: SourceEvent) -> Refund | None:
    """What is worth only what it adds to messages before it."""
    return source.refund or source.capture or source.failure


def _transaction(source: SourceEvent) -> str | None:
    """Of a platform's refund or its reversal: what both name."""
    return source.transaction_id if source.name in (REFUND, REFUND_REVERSED) else None


async def _of_transaction(connection: Any, source: SourceEvent, event: NewEvent) -> Reckoned:
    """A platform's refund, or its reversal. Which of them came to pass last is said by their times."""
    transaction = _transaction(source)
    if transaction is None or event.subscription_id is None:
        return Reckoned(event)
    await lock_charge(connection, event.app_id, transaction)
    of = Refunds(event.app_id, event.subscription_id, PLATFORM_REFUNDS, transaction)
    if source.name == REFUND_REVERSED:
        return Reckoned(event, TakenBack(of, None, event.occurred_at))
    reversals = await reversed_at(connection, of, REVERSALS)
    if any(at >= event.occurred_at for at in reversals):
        return Reckoned(None)
    if reversals:
        # another refund, of a number that it has whenever and however often it comes
        event = msgspec.structs.replace(event, event_id=f"{event.event_id}:{len(reversals)}")
    known = await refund_events(connection, of)
    first = {one.source for one in known if not one.repeats and one.value > one.reversed}
    if first - {event.source}:
        event = msgspec.structs.replace(event, flags=(*event.flags, REPEATED))
    return Reckoned(_as_told(event, known))


async def _added(connection: Any, event: NewEvent, of: Refunds) -> NewEvent:
    """A refund that is news. Sums of all refunds may repeat once one of them failed: then they are another event."""
    known = await refund_events(connection, of)
    if any(one.event_id == event.event_id for one in known):
        event = msgspec.structs.replace(event, event_id=f"{event.event_id}:{len(known)}")
    return _as_told(event, known)


def _as_told(event: NewEvent, known: Sequence[RefundEvent]) -> NewEvent:
    """A refund after one that was taken back, of which TikTok never hears: it is flagged where TikTok was told of as
    much before.
    """
    told = sum(one.value for one in known if one.told)
    own = event.value if REPEATED not in event.flags else None
    refunded = sum(one.value - one.reversed for one in known if not one.repeats) + (own or 0)
    return msgspec.structs.replace(event, flags=(*event.flags, REFUND_TOLD)) if told >= refunded > 0 else event


def _of_order(refund: NewEvent, payment: Payment) -> NewEvent:
    """The refund under its sale's number, unless the app gave it one of its own."""
    properties = refund.body.get("properties", {})
    if payment.order_id is None or properties.get("order_id") != refund.subscription_id:
        return refund
    of_sale = {**properties, "order_id": payment.order_id}
    return msgspec.structs.replace(refund, body={**refund.body, "properties": of_sale})
