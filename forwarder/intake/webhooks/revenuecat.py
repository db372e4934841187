"""RevenueCat's webhooks.

Source: RevenueCat docs, integrations/webhooks (event types and fields, event flows, sample events).
"""

from decimal import Decimal
from typing import Final

from forwarder.intake.webhooks.attributes import person
from forwarder.intake.webhooks.normal import (
    FAMILY_SHARE,
    PROMOTIONAL,
    REFUND,
    REFUND_REVERSED,
    STARTS,
    Person,
    Reading,
    SourceEvent,
    first_purchase,
)
from forwarder.intake.webhooks.reading import (
    Fields,
    fields,
    from_millis,
    is_sandbox,
    kept,
    money,
    number,
    paid,
    present,
    text,
    texts,
    type_name,
    usd,
)
from ledger.webhook_providers import SALES

IGNORED: Final = frozenset(
    {
        "TRANSFER",  # the next event of the new owner brings its own ids and attributes
        "SUBSCRIBER_ALIAS",
        "TEMPORARY_ENTITLEMENT_GRANT",
        "VIRTUAL_CURRENCY_TRANSACTION",
        "EXPERIMENT_ENROLLMENT",
    }
)
NAMES: Final = {
    "NON_RENEWING_PURCHASE": "one_time",
    "REFUND_REVERSED": REFUND_REVERSED,
    "CANCELLATION": "cancellation",
    "EXPIRATION": "expiration",
    "BILLING_ISSUE": "billing_issue",
    "UNCANCELLATION": "uncancellation",
    "PRODUCT_CHANGE": "product_change",
    "SUBSCRIPTION_PAUSED": "paused",
    "SUBSCRIPTION_EXTENDED": "extended",
}


def read(body: Fields) -> SourceEvent | None:
    """The event of `{api_version, event: {...}}`; None where there is none in it."""
    event = fields(body.get("event"))
    event_id, kind = text(event.get("id")), text(event.get("type"))
    if event_id is None or kind is None:
        return None
    name = _name(kind, event)
    local = (event.get("price_in_purchased_currency"), event.get("currency"))
    value, currency = paid(*money(local, event.get("price"))) if name in SALES | {REFUND} else (None, None)
    shares = event.get("tax_percentage"), event.get("commission_percentage")
    return SourceEvent(
        reading=_reading(kind, event),
        event_id=event_id,
        type=kind,
        name=name,
        occurred_at=from_millis(event.get("event_timestamp_ms")) or from_millis(event.get("purchased_at_ms")),
        value=value,
        currency=currency,
        value_usd=usd(event.get("price")),
        proceeds=kept(value, *shares) if name in SALES else None,
        transaction_id=text(event.get("transaction_id")),
        subscription_id=text(event.get("original_transaction_id")),
        person=_person(event),
        properties=_properties(event),
    )


def _reading(kind: str, event: Fields) -> Reading:
    if kind == "TEST" or is_sandbox(event) or event.get("store") == "TEST_STORE":
        return "test"
    return "ignored" if kind in IGNORED else "event"


def _name(kind: str, event: Fields) -> str:
    price = number(event.get("price"))
    name = _refund(kind, price, event) or _start_or_sale(kind, price, event) or NAMES.get(kind) or type_name(kind)
    if name not in SALES | STARTS.keys():
        return name
    if (unsold := _unsold(event)) is not None:
        return unsold
    return f"{name}_free" if name in SALES and price == 0 else name


def _refund(kind: str, price: Decimal | None, event: Fields) -> str | None:
    """A refund says so by its price under any type. What was free and support took back gives nothing back, and what
    nobody bought was never counted as a sale: its price, which may be the buyer's, is not given back to anybody here.
    """
    if _unsold(event) is not None:
        return None
    if price is not None and price < 0:
        return REFUND
    taken_back = kind == "CANCELLATION" and event.get("cancel_reason") == "CUSTOMER_SUPPORT"
    free = not price and event.get("period_type") == "TRIAL"
    return REFUND if taken_back and not free else None


def _unsold(event: Fields) -> str | None:
    """What an event of something is that nobody bought."""
    if event.get("is_family_share") is True:
        return FAMILY_SHARE
    promotional = event.get("store") == "PROMOTIONAL" or event.get("period_type") == "PROMOTIONAL"
    return PROMOTIONAL if promotional else None


def _start_or_sale(kind: str, price: Decimal | None, event: Fields) -> str | None:
    if kind == "INITIAL_PURCHASE":
        return first_purchase(price, trial=event.get("period_type") == "TRIAL")
    if kind == "RENEWAL":
        return "trial_converted" if event.get("is_trial_conversion") is True else "renewal"
    return None


def _person(event: Fields) -> Person:
    attributes = {
        name: fields(attribute).get("value") for name, attribute in fields(event.get("subscriber_attributes")).items()
    }
    ids = texts(event.get("app_user_id"), event.get("original_app_user_id"), event.get("aliases"), field="app_user_id")
    return person(
        attributes,
        ids,
        texts(event.get("transferred_from"), event.get("transferred_to")),
        country=event.get("country_code"),
    )


def _properties(event: Fields) -> dict[str, object]:
    return present(
        {
            "order_id": text(event.get("transaction_id")),
            "content_ids": texts(event.get("product_id")),
            "product_id": text(event.get("product_id")),
            "new_product_id": text(event.get("new_product_id")),
            "store": text(event.get("store")),
            "period_type": text(event.get("period_type")),
            "reason": text(event.get("cancel_reason")) or text(event.get("expiration_reason")),
        }
    )
