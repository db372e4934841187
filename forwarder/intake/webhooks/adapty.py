"""Adapty's webhooks.

Source: Adapty docs, webhook event types and fields. An event that was renamed in Adapty's dashboard arrives under that
name, and is kept under it as a custom event.
"""

from decimal import Decimal
from typing import Final

from forwarder.intake.webhooks.attributes import person
from forwarder.intake.webhooks.normal import PROMOTIONAL, REFUND, STARTS, Person, Reading, SourceEvent
from forwarder.intake.webhooks.reading import (
    Fields,
    fields,
    from_iso,
    is_sandbox,
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

CANCELLATION: Final = "cancellation"
NAMES: Final = {
    "trial_started": "trial_started",
    "trial_converted": "trial_converted",
    "trial_renewal_cancelled": CANCELLATION,
    "trial_renewal_reactivated": "uncancellation",
    "trial_expired": "expiration",
    "subscription_started": "subscription_started",
    "subscription_renewed": "renewal",
    "subscription_renewal_cancelled": CANCELLATION,
    "subscription_renewal_reactivated": "uncancellation",
    "subscription_expired": "expiration",
    "subscription_paused": "paused",
    "subscription_deferred": "extended",
    "subscription_refunded": REFUND,
    "non_subscription_purchase": "one_time",
    "non_subscription_purchase_refunded": REFUND,
    "billing_issue_detected": "billing_issue",
    # the names of Adapty's earlier documentation (its page on events), which a webhook that was set up then may send
    "subscription_initial_purchase": "subscription_started",
    "subscription_cancelled": "expiration",  # it is over: its renewal was switched off by auto_renew_off_subscription
    "trial_cancelled": "expiration",
    "auto_renew_off": CANCELLATION,
    "auto_renew_off_subscription": CANCELLATION,
    "auto_renew_on": "uncancellation",
    "auto_renew_on_subscription": "uncancellation",
}
IGNORED: Final = frozenset({"access_level_updated"})  # comes along with each of the others
GRANTED: Final = frozenset({"adapty_server_side_product", "adapty_dashboard_product", "adapty_promotion"})
"""In the place of a store's product: access that the app's owner gave away."""
CHECK: Final = "adapty_check"


def check_answer(body: Fields) -> dict[str, object]:
    """What Adapty wants to hear when a webhook is saved: JSON, with the word it sent where it sent one."""
    return {"adapty_check_response": body[CHECK]} if CHECK in body else {}


def read(body: Fields) -> SourceEvent | None:
    """The event of `{event_type, event_properties: {...}, ...}`; None where there is none in it, as in a check."""
    kind, properties = text(body.get("event_type")), fields(body.get("event_properties"))
    event_id = text(properties.get("profile_event_id")) or text(body.get("profile_event_id"))
    if kind is None or event_id is None:
        return None
    amount, code = money((properties.get("price_local"), properties.get("currency")), properties.get("price_usd"))
    name = _name(kind, properties, amount)
    value, currency = paid(amount, code) if name in SALES | {REFUND} else (None, None)
    return SourceEvent(
        reading=_reading(kind, properties),
        event_id=event_id,
        type=kind,
        name=name,
        occurred_at=from_iso(body.get("event_datetime")) or from_iso(properties.get("event_datetime")),
        value=value,
        currency=currency,
        value_usd=usd(properties.get("price_usd")),
        proceeds=_proceeds(properties, currency) if name in SALES else None,
        transaction_id=text(properties.get("transaction_id")),
        subscription_id=text(properties.get("original_transaction_id")),
        person=_person(body, properties),
        properties=_properties(properties),
    )


def _reading(kind: str, properties: Fields) -> Reading:
    if is_sandbox(properties):
        return "test"
    return "ignored" if kind in IGNORED else "event"


def _name(kind: str, properties: Fields, amount: Decimal | None) -> str:
    """Google Play sends a subscription_started of no price where one subscription takes another's place. What was free
    and is taken back gives nothing back: a trial, too, which has no price and ends as refunded where it is upgraded.
    """
    name = NAMES.get(kind) or type_name(kind)
    granted = text(properties.get("vendor_product_id")) in GRANTED
    if name == REFUND and (not amount or granted):
        return CANCELLATION
    if name in SALES | STARTS.keys() and granted:
        return PROMOTIONAL
    return f"{name}_free" if amount == 0 and name in SALES else name


def _proceeds(properties: Fields, currency: str | None) -> Decimal | None:
    """Adapty's net revenue, after fee and tax, in the currency of the price that was taken."""
    local = properties.get("price_local") is not None and currency == properties.get("currency")
    return paid(number(properties.get("net_revenue_local" if local else "net_revenue_usd")), currency)[0]


def _person(body: Fields, properties: Fields) -> Person:
    return person(
        fields(body.get("user_attributes")),
        texts(body.get("customer_user_id"), field="customer_user_id"),
        texts(body.get("profile_id")),
        ip=properties.get("profile_ip_address"),
        user_agent=body.get("user_agent"),
        emails=(body.get("email"),),
        country=text(properties.get("profile_country"), field="country") or properties.get("store_country"),
    )


def _properties(properties: Fields) -> dict[str, object]:
    return present(
        {
            "order_id": text(properties.get("transaction_id")),
            "content_ids": texts(properties.get("vendor_product_id")),
            "product_id": text(properties.get("vendor_product_id")),
            "store": text(properties.get("store")),
            "reason": text(properties.get("cancellation_reason")),
        }
    )
