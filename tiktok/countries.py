"""Which country is meant, as the ISO 3166-1 alpha-2 code that TikTok compares.

Codes, their aliases and names come from Unicode's CLDR, by way of `babel`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global
from babel.localedata import exists

# The languages in which apps' users and forms name their country.
_LANGUAGES: Final = (
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "el", "tr",
    "ru", "uk", "he", "ar", "fa", "hi", "bn", "ur", "id", "ms", "th", "vi", "ja", "ko", "zh", "zh_Hant", "hr", "sr",
    "sl", "et", "lv", "lt", "ca",
)  # fmt: skip
# What people write and CLDR does not: folded name -> code.
_OTHER_NAMES: Final = {
    "usa": "US", "us of a": "US", "united states of america": "US", "estados unidos de america": "US", "america": "US",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB", "britain": "GB",
    "holland": "NL", "russian federation": "RU", "korea": "KR", "republic of korea": "KR", "turkey": "TR", "uae": "AE",
    "emirates": "AE", "czech republic": "CZ", "ivory coast": "CI", "macedonia": "MK", "swaziland": "SZ", "burma": "MM",
    "viet nam": "VN", "macau": "MO", "hong kong": "HK", "republic of ireland": "IE", "ksa": "SA", "brasil": "BR",
}  # fmt: skip
_OTHER_CODES: Final = {"UK": "GB", "EL": "GR", "XKX": "XK"}
# as Java and older phones write them: `in_ID` is Indonesia, `tl-PH` the Philippines and not Timor-Leste
_OLD_LANGUAGES: Final = {"in": "id", "iw": "he", "ji": "yi", "no": "nb", "tl": "fil", "sh": "sr", "mo": "ro"}
_TWO_PARTS: Final = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z0-9]{1,4})", re.ASCII)
_WITH_SCRIPT: Final = re.compile(r"[A-Za-z]{2,3}[-_][A-Za-z]{4}[-_]([A-Za-z0-9]{2,3})", re.ASCII)
_NO_LETTER: Final = re.compile(r"[\W_]+")


def country_code(text: str) -> str | None:
    """`us` for `US`, `USA`, `840`, `us-CA`, `en_US` and `United States` in any of many languages; None where it cannot
    be told which country is meant.
    """
    text = text.strip()
    code = _of_code(text) or _of_parts(text) or _names().get(_folded(text))
    return code.lower() if code else None


def _of_code(text: str) -> str | None:
    code = _OTHER_CODES.get(text.upper(), text.upper())
    if len(code) == 2:
        return code if code in _codes() else None
    if len(code) == 3 and (code.isdigit() or (code.isascii() and code.isalpha())):
        meant = get_global("territory_aliases").get(code) or []
        # several: a country that fell apart
        return meant[0] if len(meant) == 1 and meant[0] in _codes() else None
    return None


def _of_parts(text: str) -> str | None:
    """A subdivision (ISO 3166-2, `us-CA`) names its country first, a language tag (`en_US`, `zh-Hant-TW`) last."""
    if (scripted := _WITH_SCRIPT.fullmatch(text)) is not None:
        return _of_code(scripted[1])
    match = _TWO_PARTS.fullmatch(text)
    if match is None:
        return None
    first, last = _of_code(match[1]), _of_code(match[2])
    language = _OLD_LANGUAGES.get(match[1].lower(), match[1].lower())
    is_language_tag = last is not None and exists(f"{language}_{last}")
    return last if is_language_tag else first


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    """Every code of a country that exists; pseudo-regions such as EU, UN and ZZ are none."""
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES)


_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Folded name -> code. A third of a second, once in a process that is given a name."""
    found: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in _codes():
                found.setdefault(_folded(str(name)), set()).add(str(code))
    # languages differ on which of the two is "Congo" alone
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1 and name != "congo"} | _OTHER_NAMES


def _folded(name: str) -> str:
    """Without case, accents, punctuation and the article."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in letters if not unicodedata.combining(character))
    # "u.s.a." is one word, "guinea-bissau" two
    words = _NO_LETTER.sub(" ", plain.replace(".", "")).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
