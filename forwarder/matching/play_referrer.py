"""What Play's install referrer says: one of our clicks, another network's click, or nothing that is proof.

Sources: Play's install referrer documentation; the parameters under which ad networks and attribution vendors put their
click ids (Google Ads, Meta, Microsoft, X, Snap, Reddit, Pinterest, LinkedIn, Yandex; Adjust, AppsFlyer, Singular,
Branch, Kochava).
"""

import re
from functools import lru_cache
from typing import Final, Literal, get_args
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from clicks.click_id import parse_click_id

MAX_ENCODINGS = 2  # some store apps hand the referrer over encoded once more

Kind = Literal["named", "elsewhere", "organic", "lost", "unnamed", "absent"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""named: a click id of ours, good or not; elsewhere: another network's click; the others are no proof of anything."""

NO_REFERRER = "no referrer"
STORE_SAYS_ORGANIC = "organic by the store's word"
GOOGLE_ADS = "google_ads: the referrer names a Google ad"
OTHER_NETWORK = "another_network: the referrer names the click of another ad network"
STORE_LOST_IT = "the store lost the referrer: (not set)"
NAMES_NONE = "no click id in the referrer"

_CLICK_ID = re.compile(r"(?<![A-Za-z0-9_])click_id=([A-Za-z0-9]{22})(?![A-Za-z0-9])")
_GOOGLE_CLICK = re.compile(r"(?<![A-Za-z0-9_.-])(?:gclid|gbraid|wbraid)=[^&]")
_WRAPPING = re.compile(r"[\"'\s]*(?:(?:https?|market)://[^?]*)?\??(?:id=[\w.]*&)?(?:referrer=)?")
_ANOTHERS_CLICK = frozenset(
    ("dclid", "fbclid", "msclkid", "twclid", "sccid", "rdt_cid", "epik", "li_fat_id", "yclid",
     "adjust_reftag", "adjust_external_click_id", "af_tranid", "singular_click_id", "_branch_match_id",
     "link_click_id", "ko_click_id", "irclickid")
)  # fmt: skip
_METAS_SOURCES = ("apps.facebook.com", "apps.instagram.com")  # with an encrypted campaign in utm_content


class Referrer(msgspec.Struct, frozen=True):
    """A click id, or the reason there is none."""

    click_id: str | None
    reason: str = ""
    kind: Kind = "named"


@lru_cache(maxsize=4_096)  # asked for several times on an install's way
def parse_referrer(text: str | None) -> Referrer:
    """Find `click_id` in a referrer, however often it is encoded, and whatever an app or a library put around it (the
    whole store URL, `?`, quotes, another separator, one half encoded); organic, lost and other networks' referrers are
    named so. A Google Ads click is the store's own word and comes before an id of ours, any other network's behind it.
    Of several `click_id` the first that can be ours counts: others use the name, too.
    """
    if not text or not text.strip():
        return Referrer(None, NO_REFERRER, "absent")
    fields: dict[str, str] = {}  # the first of each name
    another = ""
    for _ in range(MAX_ENCODINGS + 1):
        if _GOOGLE_CLICK.search(text):
            return Referrer(None, GOOGLE_ADS, "elsewhere")
        text = _unwrapped(text)
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=None)
        fields = dict(reversed(pairs))
        ids = [value for name, value in pairs if name == "click_id" and value]
        ours = next(filter(parse_click_id, [*ids, *_CLICK_ID.findall(text)]), None)
        if ours is not None:
            return Referrer(ours)
        another = another or next(iter(ids), "")
        if "%" not in text:
            break
        text = unquote_plus(text)
    return Referrer(another) if another else _without_an_id_of_ours(text, fields)


def _unwrapped(text: str) -> str:
    """Without the store's URL before it, what is left of one, or quotes around it."""
    wrapping = _WRAPPING.match(text)
    return text[wrapping.end() if wrapping else 0 :].rstrip("\"' ")


def _without_an_id_of_ours(text: str, fields: dict[str, str]) -> Referrer:
    if _is_anothers(fields):
        return Referrer(None, OTHER_NETWORK, "elsewhere")
    if "(not set)" in text:
        return Referrer(None, STORE_LOST_IT, "lost")
    if fields.get("utm_source") == "google-play" and fields.get("utm_medium") == "organic":
        return Referrer(None, STORE_SAYS_ORGANIC, "organic")
    return Referrer(None, NAMES_NONE, "unnamed")


def _is_anothers(fields: dict[str, str]) -> bool:
    if any(value and name.lower() in _ANOTHERS_CLICK for name, value in fields.items()):
        return True
    return fields.get("utm_source") in _METAS_SOURCES and "nonce" in fields.get("utm_content", "")
