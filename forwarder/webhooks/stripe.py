"""Stripe's webhooks: charges, refunds, and every other type as a custom event.

Sources: Stripe docs, API reference (event, refund, charge) and currencies. One payment makes many events, of which the
charge alone is taken for the sale. Several messages speak of one refund: `refund.created`, `refund.updated` and
`charge.refunded`, which names the sum of all refunds of the charge so far.
"""

from decimal import Decimal
from typing import Final

from forwarder.webhooks.attributes import person
from forwarder.webhooks.normal import REFUND, Person, Refund, SourceEvent
from forwarder.webhooks.reading import (
    Fields,
    currency,
    fields,
    from_seconds,
    number,
    paid,
    present,
    text,
    texts,
    type_name,
)

REFUND_TYPES: Final = frozenset({"refund.created", "refund.updated", "charge.refund.updated"})
CHARGE_REFUNDED: Final = "charge.refunded"
REFUND_DONE: Final = "succeeded"
CHARGED: Final = "charge.succeeded"
USER_IDS: Final = ("external_id", "user_id", "app_user_id")

# their amounts are in whole units; ISK and UGX lost their minor unit, and Stripe goes on writing two decimals
ZERO_DECIMAL: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def read(body: Fields) -> SourceEvent | None:
    """The event of `{id, type, created, livemode, data: {object}}`; None where there is none in it."""
    event_id, kind = text(body.get("id")), text(body.get("type"))
    thing = fields(fields(body.get("data")).get("object"))
    if event_id is None or kind is None or not thing:
        return None
    refund = _refund(kind, thing)
    code = currency(thing.get("currency"))
    value, code = paid(refund.amount if refund else _charged(kind, thing, code), code)
    return SourceEvent(
        reading="test" if body.get("livemode") is False else "event",
        event_id=event_id,
        type=kind,
        name=_name(kind, refund),
        occurred_at=from_seconds(body.get("created")),
        value=value,
        currency=code,
        transaction_id=_order_id(thing),
        subscription_id=text(thing.get("subscription")),
        person=_person(thing),
        properties=present({"order_id": _order_id(thing), "status": text(thing.get("status"))}),
        refund=refund,
    )


def major_units(amount: Decimal, code: str) -> Decimal:
    """An amount in the smallest unit, as Stripe writes it, in units of the currency."""
    if code in ZERO_DECIMAL:
        return amount
    return amount / (1000 if code in THREE_DECIMAL else 100)


def _name(kind: str, refund: Refund | None) -> str:
    if refund is not None:
        return REFUND
    return "one_time" if kind == CHARGED else type_name(kind)


def _charged(kind: str, thing: Fields, code: str | None) -> Decimal | None:
    amount = number(thing.get("amount")) if kind == CHARGED else None
    return major_units(amount, code) if amount is not None and code is not None else None


def _refund(kind: str, thing: Fields) -> Refund | None:
    """What is said of a refund that is through; one that is pending or failed moved no money."""
    code = currency(thing.get("currency"))
    total = kind == CHARGE_REFUNDED
    amount = number(thing.get("amount_refunded" if total else "amount"))
    if not (total or kind in REFUND_TYPES) or code is None or not amount:
        return None
    if not total and thing.get("status", REFUND_DONE) != REFUND_DONE:
        return None
    own = text(thing.get("id"))
    charge = own if total else text(thing.get("charge")) or text(thing.get("payment_intent")) or own
    if charge is None:
        return None
    return Refund(charge_id=charge, refund_id=None if total else own, amount=major_units(amount, code))


def _order_id(thing: Fields) -> str | None:
    """The app's own number of the order where it left one, else the payment's."""
    named = fields(thing.get("metadata")).get("order_id")
    return text(named) or text(thing.get("payment_intent")) or text(thing.get("charge")) or text(thing.get("id"))


def _person(thing: Fields) -> Person:
    metadata = fields(thing.get("metadata"))
    billing = fields(thing.get("billing_details")) or fields(thing.get("customer_details"))
    own = texts(*(metadata.get(name) for name in USER_IDS), thing.get("client_reference_id"), field="user_id")
    email = billing.get("email") or thing.get("receipt_email") or thing.get("customer_email")
    return person(metadata, own, texts(thing.get("customer")), email=email)
