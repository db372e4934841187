"""What an event is worth, in a currency that TikTok takes. Pure.

All of its amounts are in one currency: where the value is converted, the prices of its contents are, too.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from tiktok.currencies import ACCEPTED, normalise
from tiktok.currency_rates import PLACES, Rates
from tiktok.properties import json_number

_CONTENTS: Final = "contents"
_LTV: Final = "predicted_ltv"
_PRICE: Final = "price"


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is worth, as it is sent."""

    value: Decimal | None
    currency: str | None
    rate: Decimal | None = None
    """What one unit of the app's amounts is in `currency`; None = they are in it."""
    notes: tuple[str, ...] = ()


def money_of(value: Decimal | None, said: str | None, dollars: Decimal | None, rates: Rates) -> Money:
    """`dollars`: the same as the event's platform gives it in USD, which goes before the table of rates. What TikTok
    does not take and nothing converts comes back as it is.
    """
    if value is None:
        return Money(value=None, currency=said)
    currency = normalise(said)
    if currency in ACCEPTED or not currency:
        return Money(value=value, currency=currency)
    if dollars is not None:
        note = f"value as its platform gives it in USD: TikTok takes no {currency}"
        rate = dollars / value if value else None  # of nothing there are no parts
        return Money(value=dollars, currency="USD", rate=rate, notes=(note,))
    converted = rates.convert(value, currency)
    if converted is None:
        return Money(value=value, currency=currency)
    by = rates.rates[currency]
    note = f"value converted from {currency} to {rates.to} by the rate table ({by:f})"
    return Money(value=converted, currency=rates.to, rate=by, notes=(note,))


def in_currency_of(money: Money, properties: Mapping[str, Any]) -> dict[str, Any]:
    """An event's properties with their amounts in the currency that its value is sent in."""
    found = dict(properties)
    if money.rate is None:
        return found
    if _LTV in found:
        found[_LTV] = _converted(found[_LTV], money.rate)
    if isinstance(contents := found.get(_CONTENTS), Mapping):
        contents = [contents]
    if isinstance(contents, list):
        found[_CONTENTS] = [
            {**item, _PRICE: _converted(item[_PRICE], money.rate)}
            if isinstance(item, Mapping) and _PRICE in item
            else item
            for item in contents
        ]
    return found


def _converted(amount: Any, rate: Decimal) -> Any:
    """What is no amount stays, for whoever leaves it out."""
    number = json_number(amount)
    return amount if number is None else (Decimal(str(number)) * rate).quantize(PLACES)
