"""Telephone numbers as TikTok compares them: E.164, as the number is dialled today.

A number of which it is not sure whose it is comes out as none: hashed wrongly it would be somebody else's.
"""

import re
from typing import Final

import phonenumbers

from tiktok.numbering_changes import CHANGES, RETIRED

_BARE_NUMBER: Final = re.compile(r"[\d\s().\-/]+")
_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
# Plans whose national numbers look like international ones when they are written without a plus.
_TEN_DIGIT_PLANS: Final = ("US", "IN", "MX", "CO", "TR", "RU")
_ELEVEN_DIGIT_PLANS: Final = ("BR", "CN")


def e164(text: str, country: str | None = None) -> str | None:
    """A telephone number as `+` and 7 to 15 digits; None for what is none, or nobody can say whose.

    `country` is the ISO 3166-1 alpha-2 code, in either case, in which a national number is read. Without it a number
    must begin with `+` or `00`, or be a valid number with a plus before it that is no national number of a large
    country.
    """
    if "+" in text or "＋" in text or text.startswith("tel:"):
        return _international(text)
    if not _BARE_NUMBER.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", text)
    region = (country or "").upper()
    if region in phonenumbers.SUPPORTED_REGIONS:
        return _in_region(text, region)
    if digits.startswith("00"):
        return _international("+" + digits.removeprefix("00"))
    return _unmarked(digits)


def _international(text: str) -> str | None:
    number = _parse(text, None)
    return _as_dialled_today(number) if number else None


def _unmarked(digits: str) -> str | None:
    """Digits that begin with a country code, as some senders write them; none where they may be a national number."""
    number = _parse("+" + digits, None)
    if number is None:
        return None
    found = _as_dialled_today(number)
    if found is None or not _is_valid(found):
        return None
    plans = {10: _TEN_DIGIT_PLANS, 11: _ELEVEN_DIGIT_PLANS}.get(len(digits), ())
    readings = (_parse(digits, region) for region in plans)
    return None if any(phonenumbers.is_valid_number(one) for one in readings if one) else found


def _in_region(text: str, region: str) -> str | None:
    """A number of `region`; where it cannot be one, but is valid with a `+` before it, that one (`447911123456` in
    the US).
    """
    national = _parse(text, region)
    if national and phonenumbers.is_valid_number(national):
        return _as_dialled_today(national)
    changed = _as_dialled_today(national) if national else None
    if changed and _is_valid(changed):
        return changed
    international = _parse("+" + re.sub(r"\D", "", text), None)
    if international and phonenumbers.is_valid_number(international):
        return _format(international)
    return changed


def _as_dialled_today(number: phonenumbers.PhoneNumber) -> str | None:
    """In today's plan where that says surely how, else as it is; None where no number of the country has its length."""
    if number.country_code in RETIRED or not phonenumbers.is_valid_number(number):
        digits = phonenumbers.national_significant_number(number)
        for old, new in CHANGES.get(number.country_code or 0, ()):
            changed = old.fullmatch(digits)
            text = f"+{number.country_code}{changed.expand(new)}" if changed else ""
            if text and _is_valid(text):
                return text
    possible = phonenumbers.is_possible_number_with_reason(number)
    return _format(number) if possible == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _is_valid(text: str) -> bool:
    number = _parse(text, None)
    return number is not None and phonenumbers.is_valid_number(number)


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _format(number: phonenumbers.PhoneNumber) -> str | None:
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text if _E164.fullmatch(text) else None
