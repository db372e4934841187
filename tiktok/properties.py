"""An app's own properties of an event -> the `properties` object of the Events API 2.0.

Only documented keys go out. TikTok would take any other, but what an app puts there is unknown and may name a person.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tiktok import currencies
from tiktok.identifiers import clean

_TEXTS: Final = (
    "order_id",
    "shop_id",
    "search_string",
    "query",
    "description",
    "delivery_category",
)
_NUMBERS: Final = ("num_items", "quantity", "predicted_ltv")
_ITEM_TEXTS: Final = ("content_id", "content_type", "content_category", "content_name", "brand")
_ITEM_NUMBERS: Final = ("price", "quantity")

_CONTENT_TYPES: Final = frozenset({"product", "product_group"})

# Beyond it a JSON number is no longer exact, and no price or count is so large.
_LARGEST: Final = 10**15

# The events whose properties are about products unless they say otherwise.
_PRODUCT_EVENTS: Final = frozenset({"AddToCart", "CompletePayment", "PlaceAnOrder", "Purchase", "ViewContent"})
_PURCHASES: Final = frozenset({"CompletePayment", "Purchase"})

PURCHASE_WITHOUT_VALUE: Final = "purchase without value and currency: it counts, but not towards value optimisation"
VALUE_WITHOUT_CURRENCY: Final = "value left out: no currency was given"
CURRENCY_UNSUPPORTED: Final = "value left out: TikTok does not take its currency"
VALUE_UNUSABLE: Final = "value left out: not a positive, finite number"
NUMBER_NEGATIVE: Final = "a price or count below zero left out: TikTok would refuse the event for it"
NUMBER_UNREADABLE: Final = "a price or count left out: no plain number such as 9.99"
CONTENT_TYPE_UNKNOWN: Final = (
    "content_type left out: TikTok knows product and product_group, and would refuse the event"
)
VALUE_MISPLACED: Final = "properties.value ignored: value and currency belong beside the event's name"


def event_properties(
    event: str, own: Mapping[str, Any], value: Decimal | None, currency: str | None
) -> tuple[dict[str, Any], list[str]]:
    """The object to send, empty when there is nothing to say, and a sentence for each fact that was left out.

    `own` is what the app sent, of any shape. `value` is in units of `currency` and goes out only with a currency
    TikTok takes: a sum in an unnamed or mistaken currency would mislead its value optimisation.
    """
    money, notes = _money(event, value, currency)
    if value is None and own.get("value") is not None:
        notes.append(VALUE_MISPLACED)
    properties = {**_content_type(own), **_texts(own, _TEXTS), **_numbers(own, _NUMBERS), **money}
    if "content_type" not in properties and clean(own.get("content_type")):
        notes.append(CONTENT_TYPE_UNKNOWN)
    contents = list(_contents(own.get("contents")))
    listed = [text for text in map(clean, _listed(own.get("content_ids"))) if text]
    if content_ids := listed or [item["content_id"] for item in contents if "content_id" in item]:
        properties["content_ids"] = list(dict.fromkeys(content_ids))
    notes.extend(_number_notes(own))
    if contents:
        properties["contents"] = contents
        properties.setdefault("num_items", sum(item.get("quantity", 1) for item in contents))
    if not isinstance(properties.get("num_items", 0), int):
        del properties["num_items"]
    if event == "Search":
        _say_search_twice(properties)
    if properties and event in _PRODUCT_EVENTS:
        properties.setdefault("content_type", "product")
    return properties, notes


def json_number(value: object) -> int | float | None:
    """A number, or the text of one, as the shortest JSON number (`Decimal("9.90")` -> 9.9); None for what is none."""
    if isinstance(value, float):
        return _shortest(value)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        return None
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or not -_LARGEST <= number <= _LARGEST:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _shortest(number: float) -> int | float | None:
    """The same of a float, a tenth as dear."""
    if not -_LARGEST <= number <= _LARGEST:  # NaN is not, either
        return None
    return int(number) if number.is_integer() else number


def _money(event: str, value: Decimal | None, currency: str | None) -> tuple[dict[str, Any], list[str]]:
    code = currencies.normalise(currency)
    number = json_number(value)
    reason = None
    if value is not None:
        if number is None or number < 0:
            reason = VALUE_UNUSABLE
        elif code is None:
            reason = VALUE_WITHOUT_CURRENCY
        elif code not in currencies.ACCEPTED:
            reason = CURRENCY_UNSUPPORTED
    if value is not None and reason is None:
        return {"value": number, "currency": code}, []
    notes = [reason] if reason else []
    return {}, [*notes, PURCHASE_WITHOUT_VALUE] if event in _PURCHASES else notes


def _contents(value: object) -> Iterator[dict[str, Any]]:
    for item in _listed(value):
        if isinstance(item, Mapping) and (content := {**_texts(item, _ITEM_TEXTS), **_numbers(item, _ITEM_NUMBERS)}):
            yield content


def _listed(value: object) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def _content_type(own: Mapping[str, Any]) -> dict[str, Any]:
    said = clean(own.get("content_type")).lower()
    return {"content_type": said} if said in _CONTENT_TYPES else {}


def _texts(source: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: text for key in keys if key in source and (text := clean(source[key]))}


def _numbers(source: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {
        key: number
        for key in keys
        if key in source and (number := json_number(source[key])) is not None and number >= 0
    }


def _number_notes(own: Mapping[str, Any]) -> list[str]:
    items = [item for item in _listed(own.get("contents")) if isinstance(item, Mapping)]
    given = [own[key] for key in _NUMBERS if key in own]
    given += [item[key] for item in items for key in _ITEM_NUMBERS if key in item]
    numbers = [json_number(value) for value in given if value is not None and value != ""]
    notes = [NUMBER_UNREADABLE] if None in numbers else []
    return [*notes, NUMBER_NEGATIVE] if any(number is not None and number < 0 for number in numbers) else notes


def _say_search_twice(properties: dict[str, Any]) -> None:
    # `search_string` replaced `query`; TikTok's own tag still sends the old one
    said = properties.get("search_string") or properties.get("query")
    if said:
        properties["search_string"] = properties["query"] = said
