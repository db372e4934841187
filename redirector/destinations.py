"""Where a visit is sent: the link's own URL for the phone's OS, with what the store can carry back.

Scheme, host and path come from the stored link alone; what the visitor brought fills declared parameters,
percent-encoded. Google Play hands `referrer` to the app, so it carries the click id; the App Store carries a campaign
name only (`ct`, at most 30 characters, App Store Connect help "campaign links"), which never reaches the app.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from clicks.links import Link

REFERRER_MAX_CHARS = 500
CT_MAX_CHARS = 30
CLICK_ID_CHARS = 22
PLAY_HOST = "play.google.com"
APP_STORE_HOSTS = frozenset({"apps.apple.com", "itunes.apple.com"})
_URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%"
_NOT_IN_CT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL in two parts around the click id; `after` is None where the URL carries none."""

    before: str
    after: str | None = None

    def location(self, click_id: str) -> str:
        return self.before if self.after is None else self.before + click_id + self.after


def destination(link: Link, platform: str, campaign: str, stores_page: str) -> Destination:
    """Where this link sends a visitor.

    Args:
        platform: `ios`, `android` or `other`.
        campaign: the campaign's name or id as TikTok sent it, '' where it did not.
        stores_page: URL of the page that offers both stores, for links without a fallback of their own.
    """
    if platform == "ios" and link.ios_url:
        return _app_store(_ascii(link.ios_url), campaign or link.slug)
    if platform == "android" and link.android_url:
        return _play(_ascii(link.android_url), campaign)
    return Destination(_ascii(link.fallback_url or stores_page))


def _ascii(url: str) -> str:
    """A header holds ASCII: whatever else a stored URL holds is percent-encoded, and what is encoded stays."""
    return quote(url, safe=_URL_CHARACTERS)


def _app_store(url: str, campaign: str) -> Destination:
    if urlsplit(url).hostname not in APP_STORE_HOSTS or _has_parameter(url, "ct"):
        return Destination(url)
    ct = _NOT_IN_CT.sub("-", campaign)[:CT_MAX_CHARS].strip("-")
    return Destination(_with_parameter(url, f"ct={ct}") if ct else url)


def _play(url: str, campaign: str) -> Destination:
    if urlsplit(url).hostname != PLAY_HOST:
        return Destination(url)
    before = quote("click_id=", safe="")
    after = quote("&utm_source=tiktok&utm_medium=paid", safe="")
    room = REFERRER_MAX_CHARS - len(before) - CLICK_ID_CHARS - len(after)
    after += _campaign_part(campaign, room)
    whole = _with_parameter(_without_parameter(url, "referrer"), f"referrer={before}")
    url_part, hash_mark, fragment = whole.partition("#")
    return Destination(url_part, after + hash_mark + fragment)


def _campaign_part(campaign: str, room: int) -> str:
    """`&utm_campaign=...`, encoded for a value within a value, cut at a whole character where it would not fit."""
    part = quote("&utm_campaign=", safe="")
    if not campaign:
        return ""
    for character in campaign:
        encoded = quote(quote(character, safe=""), safe="")
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
