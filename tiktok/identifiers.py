"""Who a conversion belongs to, in the form TikTok compares: normalised, then SHA-256 for what names a person.

Rules: TikTok's Events API 2.0 reference for email, phone and external_id; for names, zip code and place it gives
none, so there the common ground of the public senders is followed. Nothing here raises: what is not usable is None,
or missing from the list.
"""

import hashlib
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address
from typing import Final

import phonenumbers

from tiktok.us_states import CODE_BY_NAME

MAX_VALUES: Final = 32
"""The most values of one identifier that are sent; a person has fewer, and each costs a hash."""

RawIdentifier = str | int | float | list[str] | list[int] | list[str | int] | None
"""What an app may send for email, phone and external_id."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_BARE_NUMBER: Final = re.compile(r"[\d\s().\-/]+")
_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
_SUBDIVISION: Final = re.compile(r"[A-Za-z]{2}-([A-Za-z0-9]{1,3})")
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_.@].*)?")
_ASCII_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


def clean(value: object) -> str:
    """A text or number as trimmed text without control characters; empty for anything else, NaN and infinity
    included.
    """
    if isinstance(value, str):
        return _CONTROL.sub("", value).strip()
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ("" if value - value != 0 else repr(value))
    return str(value) if isinstance(value, int) and abs(value) < 10**40 else ""


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def email_hash(value: object) -> str | None:
    """Trimmed and lower-cased. None for a text that is no address."""
    text = clean(value).lower()
    if _SHA256.fullmatch(text):
        return text
    return sha256_hex(text) if _EMAIL.fullmatch(text) else None


def phone_hash(value: object, country: str | None = None) -> str | None:
    """The hash of `e164(value, country)`."""
    text = clean(value)
    if _SHA256.fullmatch(text):
        return text.lower()
    number = e164(text, country)
    return sha256_hex(number) if number else None


def external_id_hash(value: object) -> str | None:
    """Trimmed, case kept: it has to equal what the pixel sends, and TikTok names no rule for it."""
    text = clean(value)
    if _SHA256.fullmatch(text):
        return text.lower()
    return sha256_hex(text) if text else None


def name_hash(value: object) -> str | None:
    """A first or last name: lower case, no punctuation, letters of every script kept, runs of spaces made one."""
    text = clean(value).lower()
    if _SHA256.fullmatch(text):
        return text
    text = " ".join(_without_punctuation(text).split())
    return sha256_hex(text) if text else None


def zip_hash(value: object, country: str | None = None) -> str | None:
    """Lower case without spaces and dashes; of a nine-digit code of the United States the first five."""
    text = clean(value).lower()
    if _SHA256.fullmatch(text):
        return text
    text = re.sub(r"[\s-]+", "", text)
    if country == "us" and len(text) == 9 and text.isdigit():
        text = text[:5]
    return sha256_hex(text) if text else None


def hashes(values: object, hash_one: Callable[[object], str | None]) -> list[str]:
    """The hashes of one value or of a list of them: usable ones, each once, in their order, at most `MAX_VALUES`."""
    found = (hash_one(value) for value in _each(values))
    return list(dict.fromkeys(digest for digest in found if digest))


def e164(text: str, country: str | None = None) -> str | None:
    """A telephone number as `+` and 7 to 15 digits; None for what is none.

    `country` is the ISO 3166-1 alpha-2 code, in either case, in which a national number is read. Without it the
    digits are taken to begin with the country code, as TikTok's other senders do; `00` before them counts as `+`.
    """
    if "+" in text or "＋" in text or text.startswith("tel:"):
        return _international(text)
    if not _BARE_NUMBER.fullmatch(text):
        return None
    region = (country or "").upper()
    if region in phonenumbers.SUPPORTED_REGIONS:
        return _in_region(text, region)
    digits = re.sub(r"\D", "", text)
    return _international("+" + digits.removeprefix("00"))


def place(value: object) -> str | None:
    """A city or country, unhashed: lower case, no spaces, no punctuation, letters of every script kept."""
    return "".join(_without_punctuation(clean(value).lower()).split()) or None


def state(value: object, country: str | None = None) -> str | None:
    """As `place`; `US-CA` (ISO 3166-2) is `ca`, and so is the name `California` where `country` is `us`."""
    text = clean(value)
    if subdivision := _SUBDIVISION.fullmatch(text):
        text = subdivision[1]
    name = place(text)
    return CODE_BY_NAME.get(name, name) if name and country == "us" else name


def locale(value: object) -> str | None:
    """A BCP 47 tag of language, script and region (`en-US`, `zh-Hans-CN`) from it or from the POSIX form
    (`en_US.UTF-8`).
    """
    match = _LOCALE.fullmatch(clean(value))
    if match is None:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script.title() if script else None, region.upper() if region else None)
    return "-".join(part for part in parts if part)


def public_ip(value: object) -> str | None:
    """The address in its shortest form when it is globally routable, else None. An IPv4 mapped into IPv6 comes out as
    IPv4.
    """
    try:
        address = ip_address(clean(value))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    scoped = isinstance(address, IPv6Address) and address.scope_id
    return str(address) if address.is_global and not address.is_multicast and not scoped else None


def _each(values: object) -> Iterator[object]:
    if isinstance(values, list | tuple):
        yield from values[:MAX_VALUES]
    elif values is not None:
        yield values


def _without_punctuation(text: str) -> str:
    if text.isascii():
        return text.translate(_ASCII_PUNCTUATION)
    # NFC, so that an accent typed as a second character hashes like the same letter typed as one
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] not in "PSC")


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _format(number: phonenumbers.PhoneNumber) -> str | None:
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text if _E164.fullmatch(text) else None


def _international(text: str) -> str | None:
    # Possible length is not asked for: numbering plans grow before the library's tables do.
    number = _parse(text, None)
    return _format(number) if number else None


def _in_region(text: str, region: str) -> str | None:
    """A number of `region`; where it cannot be one, but is valid with a `+` before it, that one (`447911123456` in
    the US).
    """
    national = _parse(text, region)
    if national and phonenumbers.is_valid_number(national):
        return _format(national)
    international = _parse("+" + re.sub(r"\D", "", text), None)
    if international and phonenumbers.is_valid_number(international):
        return _format(international)
    return _format(national) if national and phonenumbers.is_possible_number(national) else None
