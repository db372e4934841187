"""Whether several clicks behind one address are one person's.

People click again, mostly soon; look-alikes click by accident, as often as anybody behind the address does. What the
clicks say alike makes look-alikes rarer. Two devices are told apart by all that their clicks show; but TikTok updates
itself, and hides the OS or shortens its User-Agent as it likes, so only the phone's own facts (OS version, model or
screen, form, time zone, languages) tell that two devices are two phones. What one of them hides contradicts nothing.
"""

import math
from collections.abc import Iterator, Sequence

from clicks.record import Click
from forwarder.matching.address_usage import SEEN_FOR_MS
from forwarder.matching.eligibility import Eligible
from forwarder.matching.estimates import Estimates, padded
from forwarder.matching.phones import ClickedPhone, same_model
from forwarder.matching.signals import version_text
from forwarder.matching.user_agents import Phone

SEEN_FOR_S = SEEN_FOR_MS / 1000
RECLICK, RECLICK_S = 0.15, 1_800.0  # clicks that are followed by another of the same person, mostly soon
APP_VERSION_SHARE = 0.3  # devices of one OS version and model that also have one TikTok version
APP_VERSION_CHANGES = 0.05  # re-clicks that show another TikTok version, or show or hide it


def same_person(clicks: Sequence[Click], phone: ClickedPhone, accidental: float, estimates: Estimates) -> float:
    """Probability that several clicks of look-alike devices, the newest first, are one person's.

    Args:
        accidental: devices in 72 h with the install's OS that are expected behind the address.
    """
    if clicks[0].ttp is not None and all(click.ttp == clicks[0].ttp for click in clicks):
        return 1.0
    share = APP_VERSION_SHARE if phone.phone.app_version else 1.0
    return _re_click(_again(clicks[0], clicks[1]), accidental * share * _share_told_by_both(phone, phone, estimates))


def same_phone(newer: Eligible, older: Eligible, accidental: float, estimates: Estimates) -> float:
    """Probability that two devices behind one address are one phone; 0 where they say different things of it.

    Args:
        accidental: as in `same_person`.
    """
    one, other = newer.device.phone, older.device.phone
    if newer.device.address.key != older.device.address.key or _two_phones(one, other):
        return 0.0
    if newer.clicks[0].ttp is not None and newer.clicks[0].ttp == older.clicks[0].ttp:
        return 1.0
    again = _again(newer.clicks[0], older.clicks[0])
    look_alikes = accidental * _share_told_by_both(one, other, estimates)
    if one.phone.app_version != other.phone.app_version:
        return _re_click(again * APP_VERSION_CHANGES, look_alikes * (1 - APP_VERSION_SHARE))
    return _re_click(again, look_alikes * (APP_VERSION_SHARE if one.phone.app_version else 1.0))


def _again(last: Click, before: Click) -> float:
    """Re-clicks per second and click, after such a time."""
    gap_s = (last.at_ms - before.at_ms) / 1000
    return RECLICK * (0.8 / RECLICK_S * math.exp(-gap_s / RECLICK_S) + 0.2 / SEEN_FOR_S)


def _re_click(again: float, look_alikes: float) -> float:
    """Probability of a re-click, against so many look-alikes in 72 h."""
    return again / (again + look_alikes / SEEN_FOR_S)


def _two_phones(one: ClickedPhone, other: ClickedPhone) -> bool:
    """Whether a fact that both tell differs."""
    return any(_differences(one, other))


def _differences(one: ClickedPhone, other: ClickedPhone) -> Iterator[bool]:
    a, b = one.phone, other.phone
    yield bool(a.os_version and b.os_version) and _other_os(a, b)
    yield a.model is not None and b.model is not None and not same_model(a.model, b.model)
    yield a.form is not None and b.form is not None and a.form != b.form
    yield bool(one.screen and other.screen) and one.screen != other.screen
    yield bool(one.time_zone and other.time_zone) and one.time_zone != other.time_zone
    yield bool(one.languages and other.languages) and not set(one.languages) & set(other.languages)


def _other_os(one: Phone, other: Phone) -> bool:
    """Whether the versions differ as far as both are known; a frozen one is that or any later."""
    depth = min(one.os_depth, other.os_depth)
    first, second = padded(one.os_version or (), depth), padded(other.os_version or (), depth)
    return (first < second and not one.os_is_floor) or (second < first and not other.os_is_floor)


def _share_told_by_both(one: ClickedPhone, other: ClickedPhone, estimates: Estimates) -> float:
    """Share of the phones that are like both, as far as both tell: a fact that one hides fits anybody."""
    a, b = one.phone, other.phone
    share = 1.0
    if a.os_version is not None and a.os_version == b.os_version:
        share *= estimates.share(f"os:{a.os}", version_text(a.os_version))
    if a.model is not None and b.model is not None:
        share *= estimates.share("model", a.model)
    return share
