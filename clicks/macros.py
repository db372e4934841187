"""What a Signal link's query string says: TikTok's macros and the ttclid, as expanded by TikTok.

Facts: TikTok's help pages on UTM parameters, on the click id and on macros for measurement partners. A macro TikTok did
not expand arrives as its own name between double underscores; links typed by hand show single ones.
"""

import re
from urllib.parse import unquote_to_bytes

import msgspec

from clicks.placeholders import is_placeholder

MACRO_PARAMETERS = (
    "campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name", "ad_id_v2", "ad_name_v2",
    "placement", "callback", "ip", "ua",
)  # fmt: skip
TTCLID_MAX_CHARS = 1_000
_OF_THE_VISITOR, _OF_SMART_PLUS = frozenset({"ip", "ua"}), frozenset({"ad_id_v2", "ad_name_v2"})
CLICK_FIELDS = (
    "ttclid", "creative_id", "creative_name",
    *(name for name in MACRO_PARAMETERS if name not in _OF_THE_VISITOR | _OF_SMART_PLUS),
)  # fmt: skip
"""What `read_macros` says under the name that a click's field has, too."""

_KNOWN = frozenset((*MACRO_PARAMETERS, "ttclid"))
_IDS = frozenset({"ttclid", "callback", "campaign_id", "adgroup_id", "ad_id", "ad_id_v2"})
_NAMES = {name.encode(): name for name in _KNOWN}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
# TikTok's macros are upper case; those of our link count however somebody rewrote its case. `__proto__` is a name.
_PLACEHOLDER = re.compile(
    r"__[A-Z0-9_]+__|(?i:__(?:CAMPAIGN_ID|CAMPAIGN_NAME|AID|AID_NAME|CID|CID_NAME|ADID_V2|ADID_V2_NAME|PLACEMENT|CALLBACK_PARAM|IP|UA)__)"
    r"|(?i:_(?:CAMPAIGN|AID|CID)(?:_NAME|_ID)?_|_PLACEMENT_)"
)
_ENTITY = rb"(?:amp|#38|#[xX]26)(?:;|%3[bB])"
_BENT = re.compile(
    rb"&(?:" + _ENTITY + rb")+"
    rb"|(?:\?|%3[fF]|;|%26(?:amp|%2338)(?:;|%3[bB]))(?=(?:" + "|".join(sorted(_KNOWN)).encode() + rb"|utm_[a-z_]+)=)"
)
_SEMICOLON, _QUESTION_MARK = b";?"
_SEPARATORS = re.compile(r"[^A-Za-z0-9_]+")


class Macros(msgspec.Struct, frozen=True):
    """The expanded values by parameter name, and the names of those that arrived unexpanded or unusable. The ad and its
    creative are told apart: `tell_ad_from_creative`.
    """

    values: dict[str, str]
    unexpanded: tuple[str, ...] = ()
    ttclid_refused: bool = False  # over 1,000 characters or outside printable ASCII: stored as absent, never cut


def is_unexpanded(value: str) -> bool:
    """Whether the value is a macro's own name, or several of them with separators (`__CID_NAME__|__CID__`)."""
    if "_" not in value:
        return False
    parts = [part for part in _SEPARATORS.split(value) if part]
    return bool(parts) and all(_PLACEHOLDER.fullmatch(part) for part in parts)


def read_macros(query: bytes) -> Macros:
    """Read the raw query string; the first real value of a parameter wins. Never raises, whatever the bytes are."""
    values: dict[str, str] = {}
    unexpanded: list[str] = []
    refused = False
    for pair in pairs_of(query):
        raw_name, _, raw_value = pair.partition(b"=")
        name = _NAMES.get(raw_name) or _form_text(raw_name)
        if name not in _KNOWN or name in values:
            continue
        value = _percent_text(raw_value) if name == "ttclid" else _form_text(raw_value)
        if not value:
            continue
        if is_unexpanded(value) or (name in _IDS and is_placeholder(value.strip())):
            unexpanded.append(name)
        elif name == "ttclid" and not _is_usable_ttclid(value):
            refused = True
        else:
            values[name] = value
    missing = tuple(dict.fromkeys(name for name in unexpanded if name not in values))
    return Macros(tell_ad_from_creative(values), missing, refused)


def tell_ad_from_creative(values: dict[str, str]) -> dict[str, str]:
    """`ad_id` and `ad_name` are the ad's in every kind of campaign; `creative_id` and `creative_name` stand beside
    them where the creative is another thing.

    In an Upgraded Smart+ campaign TikTok fills `ad_id` with the creative and `ad_id_v2` with the ad; elsewhere both are
    the ad, or the second stays unexpanded (TikTok help, "Track offsite web events with UTM parameters").
    """
    ad_id, ad_name = values.pop("ad_id_v2", None), values.pop("ad_name_v2", None)
    is_creative = ad_id is not None and values.get("ad_id", ad_id) != ad_id
    if is_creative:
        # a creative's name is never taken for its ad's
        values["creative_id"] = values.pop("ad_id")
        if "ad_name" in values:
            values["creative_name"] = values.pop("ad_name")
    if ad_id is not None:
        values["ad_id"] = ad_id
    if ad_name is not None:
        values["ad_name"] = ad_name
    return values


def straightened(query: bytes) -> bytes:
    """The query with `&` between its parameters, where something bent that on the way: HTML's `&amp;`, a second `?`, a
    semicolon. The very same bytes where nothing did.

    `&amp;` is never part of a value, because a value's own `&` arrives encoded. The others may be, so they separate
    only where one of our own parameters follows; a value that says `what?` stays as it is.
    """
    # `in` with bytes raises and catches a TypeError within CPython; a number or `find` costs a tenth of it
    is_bent = _SEMICOLON in query or _QUESTION_MARK in query or query.find(b"&amp") >= 0
    if is_bent or (query.find(b"&ttclid=") < 0 and query.find(b"%3") >= 0):
        return _BENT.sub(b"&", query)
    return query


def pairs_of(query: bytes) -> list[bytes]:
    """The `name=value` parts of a raw query string."""
    return straightened(query).split(b"&")


def clean_text(text: str) -> str:
    """The text without control characters, which are never stored."""
    return _CONTROLS.sub("", text)


def _form_text(raw: bytes) -> str:
    """Names are form-encoded: a space arrives as `+` or `%20`."""
    if raw.isalnum():
        return raw.decode("ascii")
    raw = raw.replace(b"+", b" ")
    return clean_text((unquote_to_bytes(raw) if b"%" in raw else raw).decode("utf-8", "replace")).strip()


def _percent_text(raw: bytes) -> str:
    """The ttclid is percent-decoded once and otherwise kept byte for byte; latin-1 keeps what is not ASCII visible."""
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("latin-1")


def _is_usable_ttclid(value: str) -> bool:
    return len(value) <= TTCLID_MAX_CHARS and value.isascii() and value.isprintable()
