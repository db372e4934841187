"""A click id that came with an install, in Play's referrer or in a universal or app link: is it good for a credit?

Sources: Play's install referrer documentation (server times, 90 days), matching notes of AppsFlyer, Adjust and
24metrics on injected clicks: an install that began to download before the click cannot come from it.
"""

import re
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from clicks.click_id import parse_click_id
from clicks.record import Click
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.policy import Policy

SKEW_MS = 30_000  # clocks of phone, store and server may differ by this much
BEGIN_TOLERANCE_MS = 5_000  # Play gives whole seconds by a clock of its own
DAY_MS = 86_400_000
MAX_ENCODINGS = 2  # some store apps hand the referrer over encoded once more

NO_REFERRER = "no referrer"
NO_LINK_ID = "no click id from a link"
UNKNOWN_CLICK = "unknown click"
STORE_SAYS_ORGANIC = "organic by the store's word"
GOOGLE_ADS = "google_ads: the referrer names a Google ad"
_GOOGLE_CLICK = re.compile(r"(?:^|[&?])(?:gclid|gbraid|wbraid)=[^&]")


class Referrer(msgspec.Struct, frozen=True):
    """What Play's referrer says: a click id, or the reason there is none."""

    click_id: str | None
    reason: str = ""


def parse_referrer(text: str | None) -> Referrer:
    """Find `click_id` in a referrer, however often it is encoded; organic, lost and Google Ads referrers are named
    so.
    """
    if not text or not text.strip():
        return Referrer(None, NO_REFERRER)
    for _ in range(MAX_ENCODINGS + 1):
        if _GOOGLE_CLICK.search(text):
            return Referrer(None, GOOGLE_ADS)
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=None))
        if fields.get("click_id"):
            return Referrer(fields["click_id"])
        if "%" not in text:
            break
        text = unquote_plus(text)
    if "(not set)" in text:
        return Referrer(None, "the store lost the referrer: (not set)")
    if fields.get("utm_source") == "google-play" and fields.get("utm_medium") == "organic":
        return Referrer(None, STORE_SAYS_ORGANIC)
    return Referrer(None, "no click id in the referrer")


PLATFORMS = frozenset({"ios", "android"})  # a click from neither may be a phone's that asked for a desktop page
LOST_APP = ""  # of a click whose ad Redis has lost; who names its 128 bits had it from us all the same


def refusal(click_id: str, click: Click | None, facts: InstallFacts, policy: Policy) -> str:
    """Why this click, as the store knows it (None = not found), is not credited for its id; empty where it is."""
    parts = parse_click_id(click_id)
    if parts is None:
        return "not a click id of ours"
    if click is not None and (reason := _anothers(click, facts)):
        return reason
    if parts.at_ms > facts.at_ms + SKEW_MS:
        return "the click lies after the install"
    if parts.at_ms < facts.at_ms - policy.referrer_window_days * DAY_MS:
        return f"the click is older than {policy.referrer_window_days} days"
    if click is None:
        return UNKNOWN_CLICK
    return ""


def _anothers(click: Click, facts: InstallFacts) -> str:
    """Why this cannot be the click of the phone and app that name it; empty where it can."""
    if click.app_id not in (LOST_APP, facts.app_id):
        return "another app's click"
    return "a click on another platform" if click.platform in PLATFORMS - {facts.platform} else ""


def began_before(click: Click, facts: InstallFacts) -> bool:
    """The store began to install before the click: the id was injected."""
    return facts.install_begin_ms is not None and facts.install_begin_ms < click.at_ms - BEGIN_TOLERANCE_MS
