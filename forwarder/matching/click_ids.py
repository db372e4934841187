"""A click id that came with an install, in Play's referrer or in a universal or app link: is it good for a credit?

Sources: Play's install referrer documentation (phone's and server's times, 90 days), matching notes of AppsFlyer,
Adjust and 24metrics on injected clicks: an install that began to download before the click cannot come from it.
"""

import msgspec

from clicks.click_id import parse_click_id
from clicks.record import Click
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.policy import Policy

SKEW_MS = 30_000  # clocks of phone, store and server may differ by this much
BEGIN_TOLERANCE_MS = 5_000  # Play gives whole seconds
DAY_MS = 86_400_000
NO_LINK_ID = "no click id from a link"
UNKNOWN_CLICK = "unknown click"

PLATFORMS = frozenset({"ios", "android"})  # a click from neither may be a phone's that asked for a desktop page
LOST_APP = ""  # of a click whose ad Redis has lost; who names its 128 bits had it from us all the same


def refusal(click_id: str, click: Click | None, facts: InstallFacts, policy: Policy) -> str:
    """Why this click, as the store knows it (None = not found), is not credited for its id; empty where it is."""
    parts = parse_click_id(click_id)
    if parts is None:
        return "not a click id of ours"
    if click is not None and (reason := _anothers(click, facts)):
        return reason
    if parts.at_ms > facts.at_ms + SKEW_MS and not (click is not None and _opened_after_by_store(click, facts)):
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


def _opened_after_by_store(click: Click, facts: InstallFacts) -> bool:
    """Whether Play's times put the first open after the click, so that it is the phone's clock that is slow."""
    if facts.install_begin_server_ms is not None:
        return facts.install_begin_server_ms >= click.at_ms - BEGIN_TOLERANCE_MS
    return facts.referrer_click_ms is not None and facts.referrer_click_ms <= facts.at_ms + SKEW_MS


def download_began_ms(facts: InstallFacts, named: Click | None) -> int | None:
    """When the store began to download, Unix time in ms by a true clock; None where nothing tells.

    The phone's clock may be wrong by days, so its times are only compared with each other: what lies between them is
    counted from the click that the referrer names.

    Args:
        named: the click of the id in the referrer.
    """
    if facts.install_begin_server_ms is not None:
        return facts.install_begin_server_ms
    if named is None or facts.install_begin_ms is None or facts.referrer_click_ms is None:
        return None
    return named.at_ms + facts.install_begin_ms - facts.referrer_click_ms


def by_a_true_clock(facts: InstallFacts, named: Click | None) -> InstallFacts:
    """The facts with `install_begin_server_ms` as `download_began_ms` knows it, to be compared with any click."""
    return msgspec.structs.replace(facts, install_begin_server_ms=download_began_ms(facts, named))


def began_before(click: Click, began_ms: int | None) -> bool:
    """The store began to download before the click: the click did not bring the install."""
    return began_ms is not None and began_ms < click.at_ms - BEGIN_TOLERANCE_MS


def referrer_injected(click: Click, facts: InstallFacts) -> bool:
    """The store was opened with the referrer of this click only when the download had begun."""
    began_ms, clicked_ms = facts.install_begin_server_ms, facts.referrer_click_server_ms
    if began_ms is not None and clicked_ms is not None:
        # Google's clock and ours are both right, up to a little more than its own two times are
        return began_ms < max(clicked_ms - BEGIN_TOLERANCE_MS, click.at_ms - SKEW_MS)
    return began_before(click, download_began_ms(facts, click))
