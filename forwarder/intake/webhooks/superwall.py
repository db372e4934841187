"""Superwall's webhooks, in the legacy envelope and in V2, which adds the subscriber's state around the same facts.

Source: Superwall docs, integrations/webhooks. V2's additions are read where they are found: beside the event's facts,
in the envelope, or in a `user` or `subscriber` object of either.
"""

from decimal import Decimal
from typing import Any, Final

from forwarder.intake.webhooks.attributes import person
from forwarder.intake.webhooks.normal import (
    FAMILY_SHARE,
    REFUND,
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

NAMES: Final = {
    "non_renewing_purchase": "one_time",
    "cancellation": "cancellation",
    "uncancellation": "uncancellation",
    "expiration": "expiration",
    "billing_issue": "billing_issue",
    "product_change": "product_change",
    "subscription_paused": "paused",
}
SUBSCRIBER: Final = ("user", "subscriber")
USER_IDS: Final = ("appUserId", "userId", "originalAppUserId")
ALIASES: Final = ("aliasId", "aliases")
ATTRIBUTES: Final = ("userAttributes", "attributes")
FROM_SDK: Final = ("appUserId", "aliasId")
"""Ids that Superwall's SDKs keep among the user's attributes (IdentityManager.saveIds); any other is the app's word."""


def read(body: Fields) -> SourceEvent | None:
    """The event of `{object: "event", type, timestamp, data: {...}}`; None where there is none in it."""
    data = fields(body.get("data"))
    kind = text(data.get("name")) or text(body.get("type"))
    event_id = text(data.get("id")) or text(body.get("id"))
    if event_id is None or kind is None:
        return None
    name = _name(kind, data)
    local = (data.get("priceInPurchasedCurrency"), data.get("currencyCode"))
    value, currency = paid(*money(local, data.get("price"))) if name in SALES | {REFUND} else (None, None)
    return SourceEvent(
        reading=_reading(kind, data),
        event_id=event_id,
        type=kind,
        name=name,
        occurred_at=from_millis(data.get("ts")) or from_millis(body.get("timestamp")),
        value=value,
        currency=currency,
        value_usd=usd(data.get("price")),
        proceeds=kept(value, data.get("taxPercentage"), data.get("commissionPercentage")) if name in SALES else None,
        transaction_id=text(data.get("transactionId")),
        subscription_id=text(data.get("originalTransactionId")),
        person=_person(body, data),
        properties=_properties(data),
    )


def _reading(kind: str, data: Fields) -> Reading:
    return "test" if kind == "test" or is_sandbox(data) else "event"


def _name(kind: str, data: Fields) -> str:
    price = number(data.get("price"))
    if price is not None and price < 0:  # whatever it is called: so their prices add up to the net revenue
        return REFUND
    name = _start_or_sale(kind, price, data) or NAMES.get(kind) or type_name(kind)
    if name in SALES | STARTS.keys() and data.get("isFamilyShare") is True and not price:
        return FAMILY_SHARE  # the mark is on the sale to the one who pays for the family, too: that has a price
    return f"{name}_free" if name in SALES and price == 0 else name


def _start_or_sale(kind: str, price: Decimal | None, data: Fields) -> str | None:
    period = data.get("periodType")
    if kind == "initial_purchase":
        return first_purchase(price, trial=period == "TRIAL")
    if kind == "renewal":
        converted = data.get("isTrialConversion") is True or period in ("TRIAL", "INTRO")
        return "trial_converted" if converted else "renewal"
    return None


def _person(body: Fields, data: Fields) -> Person:
    places = [data, body, *(fields(around.get(name)) for around in (data, body) for name in SUBSCRIBER)]
    attributes: dict[str, Any] = {}
    for place in reversed(places):
        for name in reversed(ATTRIBUTES):
            attributes |= fields(place.get(name))
    places.append({name: attributes.get(name) for name in FROM_SDK})
    own, aliases = (texts(*(place.get(name) for name in names for place in places)) for names in (USER_IDS, ALIASES))
    return person(attributes, own, aliases, country=data.get("countryCode"))


def _properties(data: Fields) -> dict[str, object]:
    return present(
        {
            "order_id": text(data.get("transactionId")),
            "content_ids": texts(data.get("productId")),
            "product_id": text(data.get("productId")),
            "new_product_id": text(data.get("newProductId")),
            "store": text(data.get("store")),
            "period_type": text(data.get("periodType")),
            "reason": text(data.get("cancelReason")) or text(data.get("expirationReason")),
        }
    )
