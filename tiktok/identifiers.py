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
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

from tiktok.countries import country_code
from tiktok.telephone import e164
from tiktok.us_states import CODE_BY_NAME

MAX_VALUES: Final = 32
"""The most values of one identifier that are sent; a person has fewer, and each costs a hash."""

REMEMBERED: Final = 8_192
"""Addresses and locales: an install's events say the same again, and reading one costs as much as all else of them."""

RawIdentifier = str | int | float | list[str] | list[int] | list[str | int] | None
"""What an app may send for email, phone and external_id."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_SUBDIVISION: Final = re.compile(r"[A-Za-z]{2}-([A-Za-z0-9]{1,3})")
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_.@].*)?")
_JAVA_SCRIPT: Final = re.compile(r"_#([A-Za-z]{4})\b")  # Locale.toString() of Java: `zh_CN_#Hans`
# What Java wrote before version 17, and other old systems do (IANA's language subtag registry: deprecated, preferred).
_OLD_LANGUAGES: Final = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro"}
_ASCII_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


def clean(value: object) -> str:
    """A text or number as trimmed text without control characters; empty for anything else, NaN and infinity
    included.
    """
    if isinstance(value, str):
        # printable ASCII has no control character, and is told sooner than one is looked for
        return (value if value.isascii() and value.isprintable() else _CONTROL.sub("", value)).strip()
    if value is None or isinstance(value, bool):
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


def place(value: object) -> str | None:
    """A city, unhashed: lower case, no spaces, no punctuation, letters of every script kept."""
    return "".join(_without_punctuation(clean(value).lower()).split()) or None


def country(value: object) -> str | None:
    """The country's two-letter code in small letters, unhashed; None where it cannot be told which is meant."""
    text = clean(value)
    return country_code(text) if text else None


def state(value: object, country: str | None = None) -> str | None:
    """As `place`; `US-CA` (ISO 3166-2) is `ca`, and so is the name `California` where `country` is `us`."""
    text = clean(value)
    if subdivision := _SUBDIVISION.fullmatch(text):
        text = subdivision[1]
    name = place(text)
    return CODE_BY_NAME.get(name, name) if name and country == "us" else name


def locale(value: object) -> str | None:
    """A BCP 47 tag of language, script and region (`en-US`, `zh-Hans-CN`) from it, from the POSIX form (`en_US.UTF-8`)
    or Java's (`zh_CN_#Hans`). Languages have the codes of today.
    """
    return _locale(clean(value))


@lru_cache(maxsize=REMEMBERED)
def _locale(text: str) -> str | None:
    match = _LOCALE.fullmatch(text)
    if match is None:
        return None
    language, script, region = match.groups()
    if late_script := _JAVA_SCRIPT.search(text):
        script = script or late_script[1]
    language = _OLD_LANGUAGES.get(language.lower(), language.lower())
    parts = (language, script.title() if script else None, region.upper() if region else None)
    return "-".join(part for part in parts if part)


def public_ip(value: object) -> str | None:
    """The address in its shortest form when it is globally routable, else None. An IPv4 mapped into IPv6 comes out as
    IPv4.
    """
    return _public_ip(clean(value))


@lru_cache(maxsize=REMEMBERED)
def _public_ip(text: str) -> str | None:
    try:
        address = ip_address(text)
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
