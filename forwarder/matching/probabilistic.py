"""The first probabilistic matcher: one device clicked behind the install's address that can be the install's phone.

Clicks are grouped into clickers by what their User-Agent says. Exactly one clicker that fits the phone is credited,
with its last click; two are ambiguous and nobody is. The probability is a documented estimate by how well the OS
version fits and how many other devices share the address; it is not learned from data.
"""

from collections.abc import Sequence, Set

import msgspec

from clicks.record import Click
from forwarder.matching.click_ids import SKEW_MS
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.policy import Policy
from forwarder.matching.user_agents import OsVersion, Phone, os_version, read_user_agent
from forwarder.matching.verdict import MAX_CANDIDATES_KEPT, Candidate, Verdict

HOUR_MS = 3_600_000

P_OS_EQUAL = 0.98
P_OS_UNKNOWN = 0.95  # one side does not tell, or its User-Agent is frozen
P_OS_NEWER = 0.93  # updated between click and install: rare, about 0.3 % of phones a day
# (other devices on the address, factor): a home, a shared line, a carrier's or venue's address
CROWDING = ((0, 1.0), (2, 0.98), (9, 0.95), (49, 0.80))
P_CROWDED = 0.5


class Clicker(msgspec.Struct, frozen=True):
    """One device's clicks behind the address, newest first."""

    phone: Phone
    clicks: tuple[Click, ...]


def match_by_address(facts: InstallFacts, found: Sequence[Click], consumed: Set[str], policy: Policy) -> Verdict:
    """The verdict on the clicks found behind the install's addresses, other apps' and consumed ones among them.

    Other apps' clicks count as devices on the address and are never credited; a consumed click takes its clicker's
    earlier clicks with it.
    """
    clickers = group_clickers(_in_window(found, facts, policy))
    notes: dict[str, str] = {}
    fitting: list[tuple[Click, float]] = []
    for clicker in clickers:
        fit = _os_fit(facts, clicker.phone)
        own = _unconsumed(clicker, facts.app_id, consumed, notes)
        if not own:
            continue
        if fit is None or not _model_fits(facts, clicker.phone):
            notes.update({click.click_id: "another phone" for click in own})
            continue
        notes.update({click.click_id: "an earlier click of the same phone" for click in own[1:]})
        fitting.append((own[0], fit * crowding(len(clickers) - 1)))
    weights = {click.click_id: probability for click, probability in fitting}
    candidates = _candidates(clickers, weights, notes)
    if len(fitting) != 1:
        reason = f"ambiguous: {len(fitting)} devices" if fitting else _why_nobody(clickers, policy)
        return Verdict(method="none", reason=reason, candidates=candidates, devices=len(clickers))
    click, probability = fitting[0]
    if probability < policy.threshold:
        reason = f"probability {probability:.3f} is below the threshold {policy.threshold:g}"
        return Verdict(method="none", reason=reason, candidates=candidates, devices=len(clickers))
    return Verdict(
        method="probabilistic", probability=probability, click=click, candidates=candidates, devices=len(clickers)
    )


def group_clickers(found: Sequence[Click]) -> list[Clicker]:
    """Clicks by device; a device is what platform, OS version, model, TikTok's own version and languages tell apart."""
    groups: dict[tuple[object, ...], list[Click]] = {}
    phones: dict[tuple[object, ...], Phone] = {}
    for click in sorted({click.click_id: click for click in found}.values(), key=_newest_first):
        phone = read_user_agent(click.user_agent)
        key = (click.platform, phone.os_version, phone.model, _app_version(click.user_agent), click.languages.lower())
        phones[key] = phone
        groups.setdefault(key, []).append(click)
    return [Clicker(phones[key], tuple(clicks)) for key, clicks in groups.items()]


def crowding(others: int) -> float:
    """Factor for the other devices that clicked behind the address."""
    return next((factor for devices, factor in CROWDING if others <= devices), P_CROWDED)


def _newest_first(click: Click) -> tuple[int, str]:
    return -click.at_ms, click.click_id


def _in_window(found: Sequence[Click], facts: InstallFacts, policy: Policy) -> list[Click]:
    since = facts.at_ms - policy.window_hours * HOUR_MS
    return [click for click in found if since <= click.at_ms <= facts.at_ms + SKEW_MS]


def _unconsumed(clicker: Clicker, app_id: str, consumed: Set[str], notes: dict[str, str]) -> list[Click]:
    kept: list[Click] = []
    taken = False
    for click in clicker.clicks:
        taken = taken or click.click_id in consumed
        if taken:
            notes[click.click_id] = "credited to another install"
        elif click.app_id != app_id:
            notes[click.click_id] = "another app's click"
        else:
            kept.append(click)
    return kept


def _app_version(user_agent: str) -> str:
    """TikTok's token, `musical_ly_43.9.0`: two phones of one OS version often differ in it."""
    start = max(user_agent.find("musical_ly_"), user_agent.find("trill_"))
    return user_agent[start:].partition(" ")[0] if start >= 0 else ""


def _os_fit(facts: InstallFacts, phone: Phone) -> float | None:
    """The probability that goes with how the OS versions compare; None where they rule one another out."""
    if phone.os != facts.platform:
        return None
    installed = os_version(facts.os_version) if facts.os_version else None
    if installed is None or phone.os_version is None:
        return P_OS_UNKNOWN
    if phone.os_is_floor:
        return P_OS_UNKNOWN if installed >= phone.os_version else None
    if _major_only(facts, installed) and installed[0] == phone.os_version[0]:
        return P_OS_UNKNOWN
    if _equal(installed, phone.os_version, facts.platform):
        return P_OS_EQUAL
    return P_OS_NEWER if installed > phone.os_version else None


def _equal(installed: OsVersion, clicked: OsVersion, platform: str) -> bool:
    # Android's User-Agent gives the major version alone, the app often more; 18.0 is written 18 on either side
    if platform == "android":
        return installed[0] == clicked[0]
    return installed == clicked


def _major_only(facts: InstallFacts, installed: OsVersion) -> bool:
    """`18`, which may be any 18.x; `18.0` is 18.0."""
    return facts.platform == "ios" and len(installed) == 1 and "." not in (facts.os_version or "")


def _model_fits(facts: InstallFacts, phone: Phone) -> bool:
    if facts.platform != "android" or not facts.model or not phone.model:
        return True
    installed = facts.model.casefold()
    # the maker's name is part of the model in some apps: "samsung SM-A536B", "Google Pixel 7"
    return installed == phone.model or installed.endswith(f" {phone.model}") or phone.model.endswith(f" {installed}")


def _candidates(clickers: Sequence[Clicker], weights: dict[str, float], notes: dict[str, str]) -> tuple[Candidate, ...]:
    clicks = sorted((click for clicker in clickers for click in clicker.clicks), key=_newest_first)
    return tuple(
        Candidate(
            click_id=click.click_id,
            at_ms=click.at_ms,
            weight=weights.get(click.click_id, 0.0),
            note=notes.get(click.click_id, ""),
        )
        for click in clicks[:MAX_CANDIDATES_KEPT]
    )


def _why_nobody(clickers: Sequence[Clicker], policy: Policy) -> str:
    if not clickers:
        return f"no click from this address within {policy.window_hours} h"
    return f"no fitting click from this address: {len(clickers)} other device{'s' if len(clickers) > 1 else ''}"
