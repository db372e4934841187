"""The currencies TikTok takes a `value` in.

Source: `PixelProperties.currency` of tiktok/tiktok-business-api-sdk; the portal's Events API 2.0 reference agrees.
"""

from typing import Final

_CODES: Final = (
    "AED ARS AUD",
    "BDT BHD BIF BOB BRL",
    "CAD CHF CLP CNY COP CRC CZK",
    "DKK DZD",
    "EGP EUR",
    "GBP GTQ",
    "HKD HNL HUF",
    "IDR ILS INR ISK",
    "JPY",
    "KES KHR KRW KWD KZT",
    "MAD MOP MXN MYR",
    "NGN NIO NOK NZD",
    "OMR",
    "PEN PHP PKR PLN PYG",
    "QAR",
    "RON RUB",
    "SAR SEK SGD",
    "THB TRY TWD",
    "UAH USD",
    "VES VND",
    "ZAR",
)

ACCEPTED: Final[frozenset[str]] = frozenset(code for codes in _CODES for code in codes.split())


def normalise(currency: str | None) -> str | None:
    """The ISO 4217 code in capitals; None for nothing. Whether TikTok takes it is `ACCEPTED`'s to say."""
    return (currency or "").strip().upper() or None
