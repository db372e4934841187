"""What one row of `data[]` must look like for a web pixel.

The shapes follow TikTok's Events API 2.0 reference for `POST /open_api/v1.3/event/track/`. Where TikTok's own rule is
not published the stricter reading is taken, so that a sender which passes here passes there. No maximum age of
`event_time` is published, so none is checked.
"""

from typing import Any

from sandbox.fields import (
    Check,
    amount,
    anything_in_object,
    boolean,
    check_fields,
    click_id,
    count,
    full_url,
    http_url,
    language_tag,
    list_of,
    misplaced,
    one_of,
    place,
    public_address,
    require,
    text,
    user_agent,
)
from sandbox.hashing import hashed, hashed_one_or_more, not_hashed
from sandbox.refusals import Refusal

# How far a sender's clock may run ahead of ours, in seconds.
CLOCK_SKEW_S = 300
# A time in seconds passes this in the year 5138; a time in milliseconds passed it in 1973.
_FIRST_MILLISECONDS = 100_000_000_000

# One code a line would take sixty lines.
# fmt: off
CURRENCIES = frozenset(
    {
        "AED", "ARS", "AUD", "BDT", "BHD", "BIF", "BOB", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC", "CZK",
        "DKK", "DZD", "EGP", "EUR", "GBP", "GTQ", "HKD", "HNL", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES",
        "KHR", "KRW", "KWD", "KZT", "MAD", "MOP", "MXN", "MYR", "NGN", "NIO", "NOK", "NZD", "OMR", "PEN", "PHP",
        "PKR", "PLN", "PYG", "QAR", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VES",
        "VND", "ZAR",
    }
)
# fmt: on
_CONTENT_TYPES = frozenset({"product", "product_group"})
_CONSENTS = frozenset({"AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"})


def _raw_place(value: Any) -> None:
    not_hashed(value)
    place(value)


_USER: dict[str, Check] = {
    "email": hashed_one_or_more,
    "phone": hashed_one_or_more,
    "external_id": hashed_one_or_more,
    "first_name": hashed,
    "last_name": hashed,
    "zip_code": hashed,
    "city": _raw_place,
    "state": _raw_place,
    "country": _raw_place,
    "ttclid": click_id,
    "ttp": click_id,
    "ip": public_address,
    "user_agent": user_agent,
    "locale": language_tag,
    "idfa": text,
    "gaid": text,
    "idfv": text,
    "att_status": one_of(_CONSENTS, "att_status"),
    "lead_id": misplaced("It belongs in lead.lead_id of a CRM event."),
}

_CONTENT: dict[str, Check] = {
    "content_id": text,
    "content_category": text,
    "content_name": text,
    "content_type": text,
    "brand": text,
    "price": amount,
    "quantity": amount,
}


def _content(value: Any) -> None:
    check_fields(value, _CONTENT)


_PROPERTIES: dict[str, Check] = {
    "value": amount,
    "currency": one_of(CURRENCIES, "currency"),
    "content_ids": list_of(text),
    "contents": list_of(_content),
    "content_type": one_of(_CONTENT_TYPES, "content_type"),
    "num_items": count,
    "order_id": text,
    "shop_id": text,
    "search_string": text,
    "query": text,
    "description": text,
    "contents_ids": misplaced("Its name is content_ids."),
}

_PAGE: dict[str, Check] = {"url": http_url, "referrer": full_url}


def _user(value: Any) -> None:
    check_fields(value, _USER)


def _properties(value: Any) -> None:
    check_fields(value, _PROPERTIES)


def _page(value: Any) -> None:
    check_fields(value, _PAGE)


_ROW: dict[str, Check] = {
    "event": text,
    "event_id": text,
    "user": _user,
    "properties": _properties,
    "page": _page,
    "limited_data_use": boolean,
    "device": anything_in_object,
    "app": misplaced("Only events of event_source app have it."),
    "ad": misplaced("Only events of event_source app have it; the click id goes in user.ttclid."),
    "lead": misplaced("Only events of event_source crm have it."),
    "test_event_code": misplaced("It belongs at the top level of the body."),
}


def check_row(row: Any, now: float) -> None:
    """Check one decoded row. `now` is Unix seconds. Raises `Refusal` with the place inside the row."""
    check_fields(row, _ROW)
    require(row, "event")
    require(row, "event_time")
    try:
        _event_time(row["event_time"], now)
    except Refusal as refusal:
        raise refusal.within("event_time") from None


def _event_time(value: Any, now: float) -> None:
    if type(value) is not int:
        raise Refusal("Not a valid integer.")
    if value <= 0:
        raise Refusal("Must be greater than 0.")
    if value >= _FIRST_MILLISECONDS:
        raise Refusal("Must be Unix time in seconds, not in milliseconds.")
    if value > now + CLOCK_SKEW_S:
        raise Refusal("Must not be in the future.")
