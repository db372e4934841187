"""Stripe's webhooks: charges, refunds, and every other type as a custom event.

Sources: Stripe docs, API reference (event, refund, charge), placing a hold, and currencies. One payment makes many
events, of which the
charge alone is taken for the sale. Several messages speak of one refund: `refund.created`, `refund.updated` and
`charge.refunded`, which names the sum of all refunds of the charge so far.
"""

from decimal import Decimal
from typing import Final

from forwarder.intake.webhooks.attributes import person
from forwarder.intake.webhooks.normal import REFUND, Person, Refund, SourceEvent
from forwarder.intake.webhooks.reading import (
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
REFUND_FAILED: Final = "refund.failed"
FAILURES: Final = frozenset({"failed", "canceled"})
"""Statuses of a refund whose money stays, or comes back."""
WITHDRAWN: Final = "charge.dispute.funds_withdrawn"
REINSTATED: Final = "charge.dispute.funds_reinstated"
DISPUTE_CLOSED: Final = "charge.dispute.closed"
DISPUTES: Final = frozenset({WITHDRAWN, REINSTATED, DISPUTE_CLOSED})
CHARGE_REFUNDED: Final = "charge.refunded"
REFUND_DONE: Final = "succeeded"
CHARGED: Final = "charge.succeeded"
CAPTURED: Final = "charge.captured"
CHARGES: Final = frozenset({CHARGED, CAPTURED, CHARGE_REFUNDED})
AUTHORIZATION: Final = "authorization"
"""A charge that was authorised and may be captured later: nothing is paid until then."""
EXPIRED: Final = "expired_uncaptured_charge"
"""Stripe's reason of a refund that gives back what was never taken."""
BILLED: Final = {"subscription creation": "subscription_started", "subscription update": "renewal"}
"""Stripe's description of a subscription's charges; since its API of 2025-03-31 nothing else in them says so."""
REASONS: Final = {
    "subscription_create": "subscription_started",
    "subscription_cycle": "renewal",
    "subscription_update": "renewal",
    "subscription_threshold": "renewal",
    "subscription": "renewal",
}
"""`billing_reason` of the invoice, where it is expanded."""
ONE_OFF: Final = "payment for invoice"
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
    taken, reinstated = _of_dispute(kind, thing)
    refund, failure = taken or _refund(kind, thing), reinstated or _failure(kind, thing)
    code = currency(thing.get("currency"))
    value, code = paid(refund.amount if refund else _charged(kind, thing, code), code)
    return SourceEvent(
        reading="test" if body.get("livemode") is False else "event",
        event_id=event_id,
        type=kind,
        name=_name(kind, thing, refund),
        occurred_at=from_seconds(body.get("created")),
        value=value,
        currency=code,
        transaction_id=_payment_id(kind, thing),
        subscription_id=text(thing.get("subscription")),
        person=_person(kind, thing),
        properties=_properties(kind, thing),
        capture=_capture(kind, thing, code, value),
        captured_whole=kind == CAPTURED and thing.get("amount_captured") in (None, thing.get("amount")),
        refund=refund,
        failure=failure,
    )


def major_units(amount: Decimal, code: str) -> Decimal:
    """An amount in the smallest unit, as Stripe writes it, in units of the currency."""
    if code in ZERO_DECIMAL:
        return amount
    return amount / (1000 if code in THREE_DECIMAL else 100)


def _name(kind: str, thing: Fields, refund: Refund | None) -> str:
    if refund is not None:
        return REFUND
    if kind == CHARGED and thing.get("captured") is False:
        return AUTHORIZATION
    return _sale(thing) if kind in (CHARGED, CAPTURED) else type_name(kind)


def _sale(thing: Fields) -> str:
    """A start or renewal of a subscription, or a purchase. A charge of an invoice that does not say which is taken for
    a renewal: rather a start that is not sent than a purchase each month.
    """
    description = (text(thing.get("description")) or "").lower()
    invoice = thing.get("invoice")
    reason = text(fields(invoice).get("billing_reason"))
    named = BILLED.get(description) or REASONS.get(reason or "")
    if named is not None or not invoice:
        return named or "one_time"
    return "one_time" if reason == "manual" or description.startswith(ONE_OFF) else "renewal"


def _charged(kind: str, thing: Fields, code: str | None) -> Decimal | None:
    """What was taken: of a hold that is captured in part, that part."""
    if code is None or kind not in (CHARGED, CAPTURED) or thing.get("captured") is False:
        return None
    amount = number(thing.get("amount_captured")) or number(thing.get("amount"))
    return major_units(amount, code) if amount is not None else None


def _capture(kind: str, thing: Fields, code: str | None, value: Decimal | None) -> Refund | None:
    """By the charge, not by the message: Stripe may make two events, of different ids, of one thing (its docs on
    duplicate events).
    """
    charge = text(thing.get("id"))
    if kind not in (CHARGED, CAPTURED) or charge is None or code is None or value is None:
        return None
    return Refund(charge_id=charge, refund_id=None, amount=value)


def _given_back(thing: Fields) -> Decimal | None:
    """Of a charge's `amount_refunded` what had been taken before: the rest of a hold is released under that name."""
    refunded, amount, captured = (number(thing.get(f"amount{end}")) for end in ("_refunded", "", "_captured"))
    if thing.get("captured") is False:
        return None
    if refunded is None or amount is None or captured is None or captured >= amount:
        return refunded
    return max(refunded - (amount - captured), Decimal(0))


def _refund(kind: str, thing: Fields) -> Refund | None:
    """What is said of a refund that is through; one that is pending or failed moved no money. Its status may be missing
    (old versions of the API) or null.
    """
    code = currency(thing.get("currency"))
    total = kind == CHARGE_REFUNDED
    amount = _given_back(thing) if total else number(thing.get("amount"))
    if not (total or kind in REFUND_TYPES) or code is None or not amount:
        return None
    if not total and ((thing.get("status") or REFUND_DONE) != REFUND_DONE or thing.get("reason") == EXPIRED):
        return None
    own = text(thing.get("id"))
    charge = own if total else _charge_of(thing)
    if charge is None:
        return None
    return Refund(charge_id=charge, refund_id=None if total else own, amount=major_units(amount, code))


def _of_dispute(kind: str, thing: Fields) -> tuple[Refund | None, Refund | None]:
    """(what the buyer's bank took, what it gave back). It takes the money when it opens a dispute, and gives it back
    where the dispute is won; an inquiry moves none.
    """
    code, amount = currency(thing.get("currency")), number(thing.get("amount"))
    own, charge, status = text(thing.get("id")), _charge_of(thing), text(thing.get("status"))
    if kind not in DISPUTES or code is None or own is None or charge is None or not amount:
        return None, None
    moved = Refund(charge_id=charge, refund_id=own, amount=major_units(amount, code), dispute=True)
    if kind != WITHDRAWN and status == "won":
        return None, moved
    return (moved if kind == WITHDRAWN or (kind == DISPUTE_CLOSED and status == "lost") else None), None


def _charge_of(thing: Fields) -> str | None:
    """Which charge a refund is of."""
    return text(thing.get("charge")) or text(thing.get("payment_intent")) or text(thing.get("id"))


def _failure(kind: str, thing: Fields) -> Refund | None:
    """A refund that failed or was called off, as Stripe may say long after it called it through."""
    status = text(thing.get("status")) or ("failed" if kind == REFUND_FAILED else None)
    if kind not in REFUND_TYPES | {REFUND_FAILED} or status not in FAILURES:
        return None
    code, amount = currency(thing.get("currency")), number(thing.get("amount"))
    own, charge = text(thing.get("id")), _charge_of(thing)
    if code is None or own is None or charge is None or not amount:
        return None
    return Refund(charge_id=charge, refund_id=own, amount=major_units(amount, code))


def _properties(kind: str, thing: Fields) -> dict[str, object]:
    of_dispute = text(thing.get("id")) if kind in DISPUTES else None
    return present({"order_id": _order_id(thing), "status": text(thing.get("status")), "dispute_id": of_dispute})


def _order_id(thing: Fields) -> str | None:
    """The app's own number of the order where it left one, else the payment's."""
    named = fields(thing.get("metadata")).get("order_id")
    return text(named) or text(thing.get("payment_intent")) or text(thing.get("charge")) or text(thing.get("id"))


def _payment_id(kind: str, thing: Fields) -> str | None:
    """What a charge and its refunds have in common, whatever the app wrote to either."""
    payment = text(thing.get("payment_intent")) or text(thing.get("charge"))
    return payment or (text(thing.get("id")) if kind in CHARGES else None)


def _person(kind: str, thing: Fields) -> Person:
    """Of a refund Stripe says neither customer nor metadata of its charge: it is whose the payment was."""
    metadata = fields(thing.get("metadata"))
    billing = fields(thing.get("billing_details")) or fields(thing.get("customer_details"))
    own = texts(*(metadata.get(name) for name in USER_IDS), thing.get("client_reference_id"), field="user_id")
    emails = (billing.get("email"), thing.get("receipt_email"), thing.get("customer_email"))
    country = fields(billing.get("address")).get("country")
    others = texts(thing.get("customer"), _payment_id(kind, thing))
    return person(metadata, own, others, emails=emails, phone=billing.get("phone"), country=country)
