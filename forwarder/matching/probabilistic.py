"""The posterior: how likely each device that clicked behind the install's addresses brought it, against "none of them".

Installs of an app come at a rate that its clicks do not explain (organic, other channels, clicks out of reach) and at
rates that each click brings. For clicker j, in units of that first rate behind the same address:

    w_j = odds x 72 h x SUM over its clicks of f(dt) m(dt) x PROD of m/u  /  (accidental clickers + household)
    P(j) = w_j / (1 + SUM w)

This is c f m/u_address / lambda_0 of the competing-Poisson form: the address's u is its accidental clickers over all
clickers of 72 h, and what remains of c, lambda_0 and that number is the odds of ad installs to all others.
"""

import math
from collections.abc import Sequence, Set

import msgspec

from clicks.record import Click
from forwarder.matching import signals
from forwarder.matching.click_ids import SKEW_MS, began_before
from forwarder.matching.clickers import Clicker, Neighbourhood
from forwarder.matching.crowding import SEEN_FOR_MS
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.outlook import Outlook
from forwarder.matching.phones import ClickedPhone, InstalledPhone
from forwarder.matching.policy import Policy

HOUR_MS = 3_600_000
SEEN_FOR_S = SEEN_FOR_MS / 1000
HOUSEHOLD_SHARE = 0.05  # of all other installs: somebody at a clicker's home installs without a click
HOUSEHOLD_S = 12 * 3_600.0  # such installs fade with the time since the click
SAME_AT_HOME, HOME_FADES_S = 0.93, 36 * 3_600.0  # still behind that address at the install
SAME_SHARED, SHARED_HALF_LIFE_S = 0.90, 72 * 60.0
SHARED_BY_OTHERS = (0.05, 0.35, 0.7)  # chance that an address with so many other devices is a carrier's or a venue's
P_SHARED_AT_MOST = 0.95
RECLICK, RECLICK_S = 0.15, 1_800.0  # clicks that are followed by another of the same person, mostly soon
TAKEN = "credited to another install"
LOOK_ALIKES_AFTER = 5  # devices on an address
APP_VERSION_SHARE = 0.3  # devices of one OS version and model that also have one TikTok version


class Rival(msgspec.Struct, frozen=True):
    """A device whose click can be credited, and its share of the probability."""

    clicker: Clicker
    clicks: tuple[Click, ...]
    """Those that can be credited, newest first."""
    signals: dict[str, float]
    """Bits per fact, the time and the address included."""
    probability: float
    last_click: float
    """Probability that the last of the clicks is this person's: less, where the clicks may be of look-alikes."""


class Contest(msgspec.Struct, frozen=True):
    """All that can be credited for an install."""

    rivals: tuple[Rival, ...]
    """The likeliest first."""
    ruled_out: dict[str, str]
    """click_id -> why."""

    @property
    def explained(self) -> float:
        """Probability that one of the rivals brought the install."""
        return sum(rival.probability for rival in self.rivals)


class Eligible(msgspec.Struct, frozen=True):
    """A clicker's clicks that can be credited to the install at hand."""

    clicker: Clicker
    clicks: tuple[Click, ...]


def eligible(
    facts: InstallFacts, neighbourhood: Neighbourhood, consumed: Set[str], policy: Policy
) -> tuple[list[Eligible], dict[str, str]]:
    """Who can be credited, and why the others cannot: click_id -> reason."""
    ruled_out: dict[str, str] = {}
    left: list[Eligible] = []
    for clicker in neighbourhood.clickers:
        own: list[Click] = []
        spent = False
        for click in clicker.clicks:
            is_taken = click.click_id in consumed
            # the earlier clicks of a device that installed are spent; where look-alikes are many, they may be another's
            spent = spent or (is_taken and clicker.address.devices <= LOOK_ALIKES_AFTER)
            reason = TAKEN if spent or is_taken else _ruled_out(click, clicker, facts, policy)
            if reason:
                ruled_out[click.click_id] = reason
            else:
                own.append(click)
        if own:
            left.append(Eligible(clicker, tuple(own)))
    return left, ruled_out


def _ruled_out(click: Click, clicker: Clicker, facts: InstallFacts, policy: Policy) -> str:
    """Why this click cannot have brought the install; empty where it can."""
    if click.app_id != facts.app_id:
        return "another app's click"
    if clicker.phone.phone.os != facts.platform:
        return "another OS"
    if not facts.at_ms - policy.window_hours * HOUR_MS <= click.at_ms <= facts.at_ms + SKEW_MS:
        return "outside the window"
    return "the download began before the click" if began_before(click, facts) else ""


def contest(
    facts: InstallFacts,
    installed: InstalledPhone,
    candidates: Sequence[Eligible],
    outlook: Outlook,
    with_model: bool = True,
) -> tuple[Rival, ...]:
    """The posterior of each device, the likeliest first.

    Args:
        with_model: False = as if no model were known.
    """
    scorer = signals.Scorer(installed, outlook, with_model)
    households = _households(facts, candidates)
    prior = math.log2(outlook.odds(facts.platform))
    weighed: list[tuple[float, Eligible, dict[str, float], float]] = []
    for candidate in candidates:
        scores = scorer.score(candidate.clicker.phone)
        address = candidate.clicker.address
        others = address.devices - 1 if address.devices else 0
        accidental = outlook.crowd(address.family, others)
        shares = [_time_share(facts, click, others, outlook) for click in candidate.clicks]
        time_bits = math.log2(max(sum(shares), 1e-300))
        address_bits = -math.log2(accidental + households.get(address.key, 0.0) / (1 + others))
        bits = prior + time_bits + address_bits + signals.total(scores)
        same = _same_person(candidate, accidental, outlook)
        last = same + (1 - same) * (shares[0] / sum(shares) if sum(shares) else 1.0)
        weighed.append((bits, candidate, {"odds": prior, "time": time_bits, "address": address_bits} | scores, last))
    return _shares_of(weighed)


def _shares_of(weighed: Sequence[tuple[float, Eligible, dict[str, float], float]]) -> tuple[Rival, ...]:
    weights = [2.0 ** min(bits, 200.0) for bits, *_ in weighed]
    whole = 1.0 + math.fsum(weights)
    rivals = [
        Rival(one.clicker, one.clicks, scores, weight / whole, last * weight / whole)
        for weight, (_, one, scores, last) in zip(weights, weighed, strict=True)
    ]
    return tuple(
        sorted(rivals, key=lambda rival: (-rival.probability, -rival.clicks[0].at_ms, rival.clicks[0].click_id))
    )


def _time_share(facts: InstallFacts, click: Click, others: int, outlook: Outlook) -> float:
    """Installs that the click brings at this moment and address, against clicks spread evenly over 72 h."""
    seconds = (facts.at_ms - click.at_ms) / 1000
    shared = SHARED_BY_OTHERS[others] if others < len(SHARED_BY_OTHERS) else P_SHARED_AT_MOST
    waited = max(seconds, 0.0)
    stays = (1 - shared) * SAME_AT_HOME * math.exp(-waited / HOME_FADES_S)
    stays += shared * SAME_SHARED * 2 ** (-waited / SHARED_HALF_LIFE_S)
    return SEEN_FOR_S * outlook.density(seconds) * stays


def _households(facts: InstallFacts, candidates: Sequence[Eligible]) -> dict[str, float]:
    """Address -> installs of others at the clickers' homes, in accidental clickers of 72 h."""
    found: dict[str, float] = {}
    for candidate in candidates:
        waited = max(facts.at_ms - candidate.clicks[0].at_ms, 0) / 1000
        rate = HOUSEHOLD_SHARE * SEEN_FOR_S / HOUSEHOLD_S * math.exp(-waited / HOUSEHOLD_S)
        key = candidate.clicker.address.key
        found[key] = found.get(key, 0.0) + rate
    return found


def _same_person(candidate: Eligible, accidental: float, outlook: Outlook) -> float:
    """Probability that several clicks of look-alike devices are one person's."""
    clicks = candidate.clicks
    if len(clicks) == 1 or (clicks[0].ttp is not None and all(click.ttp == clicks[0].ttp for click in clicks)):
        return 1.0
    gap_s = (clicks[0].at_ms - clicks[1].at_ms) / 1000
    again = RECLICK * (0.8 / RECLICK_S * math.exp(-gap_s / RECLICK_S) + 0.2 / SEEN_FOR_S)
    look_alikes = accidental / SEEN_FOR_S * _share_of_phone(candidate.clicker.phone, outlook)
    return again / (again + look_alikes)


def _share_of_phone(clicked: ClickedPhone, outlook: Outlook) -> float:
    phone = clicked.phone
    share = APP_VERSION_SHARE if phone.app_version else 1.0
    if phone.os_version is not None:
        share *= outlook.share(f"os:{phone.os}", signals.version_text(phone.os_version))
    if phone.model is not None:
        share *= outlook.share("model", phone.model)
    return share
