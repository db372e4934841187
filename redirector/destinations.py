"""Where a visit is sent: the link's own URL for the phone's OS, with what the store can carry back.

Scheme, host and path come from the stored link alone; what the visitor brought fills declared parameters,
percent-encoded. Google Play hands `referrer` to the app, so it carries the click id; the App Store carries a campaign
name only (`ct`, at most 30 characters, App Store Connect help "campaign links"), which never reaches the app.

A scheme that opens a store past the in-app browser fails in it (an error page, or nothing at all), so none ever leaves.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import quote, urlsplit

from clicks.links import Link

REFERRER_MAX_CHARS = 500
CT_MAX_CHARS = 30
MAX_SOURCE_CHARS = 80  # percent-encoded twice
CLICK_ID_CHARS = 22
PLAY_HOST = "play.google.com"
APP_STORE_HOSTS = frozenset({"apps.apple.com", "itunes.apple.com"})
NEVER_SCHEMES = frozenset(
    {
        "android-app", "data", "file", "intent", "itms", "itms-apps", "itms-appss", "itms-services", "javascript",
        "market",
    }
)  # fmt: skip
OUR_UTM = ("utm_source", "utm_medium", "utm_campaign")
NO_UTM: Mapping[str, str] = {}
_URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%"
_NOT_IN_CT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL in two parts around the click id; `after` is None where the URL carries none."""

    before: str
    after: str | None = None

    def location(self, click_id: str) -> str:
        return self.before if self.after is None else self.before + click_id + self.after


def destination(
    link: Link, platform: str, campaign: str, stores_page: str, utm: Mapping[str, str] = NO_UTM
) -> Destination:
    """Where this link sends a visitor.

    Args:
        platform: `ios`, `android` or `other`.
        campaign: the campaign's name or id as TikTok sent it, '' where it did not.
        stores_page: URL of the page that offers both stores, for links without a fallback of their own.
        utm: the visit's own utm_* parameters, of which the link's option says what becomes.
    """
    passed = utm if link.utm != "off" else NO_UTM
    own_campaign = passed.get("utm_campaign", "")
    campaign = own_campaign or campaign if link.utm == "replace" else campaign or own_campaign
    if platform == "ios" and may_lead_to(link.ios_url):
        return _app_store(_ascii(link.ios_url), campaign or link.slug)
    if platform == "android" and may_lead_to(link.android_url):
        return _play(_ascii(link.android_url), campaign, _sources(passed, link.utm), _further(passed))
    return Destination(_ascii(link.fallback_url if may_lead_to(link.fallback_url) else stores_page))


def says_something_to_the_app_store(campaign: str) -> bool:
    """Whether of a campaign's name enough is left in `ct`: not of one in another script than Latin."""
    latin = _latin(campaign)
    if any(character.isascii() and character.isalpha() for character in latin):
        return True
    return not any(map(str.isalpha, campaign)) and any(
        character.isascii() and character.isdigit() for character in latin
    )


def _latin(text: str) -> str:
    """Without accents: `Été` is `Ete`."""
    if text.isascii():
        return text
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def is_wrong_os(link: Link, platform: str) -> bool:
    """Whether a phone came whose OS the link has no URL for, while it has one for the other."""
    ios, android = may_lead_to(link.ios_url), may_lead_to(link.android_url)
    return (platform == "ios" and android and not ios) or (platform == "android" and ios and not android)


def may_lead_to(url: str | None) -> TypeGuard[str]:
    """Whether a stored URL may stand in a Location. What may be stored is narrower; this holds for whatever is."""
    if not url:
        return False
    scheme = url.partition(":")[0].strip().lower()
    return scheme != url.strip().lower() and scheme not in NEVER_SCHEMES


def _sources(utm: Mapping[str, str], option: str) -> tuple[str, str]:
    """utm_source and utm_medium."""
    given = utm if option == "replace" else NO_UTM
    source, medium = given.get("utm_source", ""), given.get("utm_medium", "")
    return (source if _is_short(source) else "tiktok"), (medium if _is_short(medium) else "paid")


def _is_short(value: str) -> bool:
    return 0 < len(_within(value)) <= MAX_SOURCE_CHARS


def _further(utm: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the visit brought beside the three that are ours."""
    return [(name, value) for name, value in utm.items() if name not in OUR_UTM]


def _ascii(url: str) -> str:
    """A header holds ASCII: whatever else a stored URL holds is percent-encoded, and what is encoded stays."""
    return quote(url, safe=_URL_CHARACTERS)


def _app_store(url: str, campaign: str) -> Destination:
    if urlsplit(url).hostname not in APP_STORE_HOSTS or _has_parameter(url, "ct"):
        return Destination(url)
    ct = _NOT_IN_CT.sub("-", _latin(campaign))[:CT_MAX_CHARS].strip("-")
    return Destination(_with_parameter(url, f"ct={ct}") if ct else url)


def _play(url: str, campaign: str, sources: tuple[str, str], further: list[tuple[str, str]]) -> Destination:
    if urlsplit(url).hostname != PLAY_HOST:
        return Destination(url)
    before = quote("click_id=", safe="")
    room = REFERRER_MAX_CHARS - len(before) - CLICK_ID_CHARS
    after = ""
    for name, value in zip(OUR_UTM, sources, strict=False):
        after += _pair(name, value)
    after += _campaign_part(campaign, room - len(after))
    for name, value in further:
        pair = _pair(name, value)
        if len(after) + len(pair) <= room:  # a value that was cut would be another value
            after += pair
    whole = _with_parameter(_without_parameter(url, "referrer"), f"referrer={before}")
    url_part, hash_mark, fragment = whole.partition("#")
    return Destination(url_part, after + hash_mark + fragment)


def _pair(name: str, value: str) -> str:
    """`&name=value` within a value."""
    return quote(f"&{name}=", safe="") + _within(value)


def _within(value: str) -> str:
    """Encoded for a value within a value."""
    return quote(quote(value, safe=""), safe="")


def _campaign_part(campaign: str, room: int) -> str:
    """`&utm_campaign=...`, encoded for a value within a value, cut at a whole character where it would not fit."""
    part = quote("&utm_campaign=", safe="")
    if not campaign:
        return ""
    for character in campaign:
        encoded = _within(character)
        if len(part) + len(encoded) > room:
            break
        part += encoded
    return part


def _has_parameter(url: str, name: str) -> bool:
    return any(pair.partition("=")[0] == name for pair in urlsplit(url).query.split("&"))


def _without_parameter(url: str, name: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != name]
    return parts._replace(query="&".join(kept)).geturl()


def _with_parameter(url: str, pair: str) -> str:
    """The URL with `pair` as its last parameter, before any fragment."""
    head, hash_mark, fragment = url.partition("#")
    joint = "" if head.endswith(("?", "&")) else "&" if "?" in head else "?"
    return head + joint + pair + hash_mark + fragment
