"""The posterior: how likely each device that clicked behind the install's addresses brought it, against "none of them".

Installs of an app come at a rate that its clicks do not explain (organic, other channels, clicks out of reach) and at
rates that each click brings. For device j, in units of that first rate behind the same address:

    w_j = odds x 72 h x SUM over its clicks of f(dt) m(dt) x PROD of m/u  /  (accidental devices + household)
    P(j) = w_j / (1 + SUM w)

This is c f m/u_address / lambda_0 of the competing-Poisson form: the address's u is its accidental devices over all
devices of 72 h, and what remains of c, lambda_0 and that number is the odds of ad installs to all others. All of it
is of the install's OS: only its devices are candidates, so only they are counted.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from clicks.record import Click
from forwarder.matching import signals
from forwarder.matching.address_usage import LEAST
from forwarder.matching.devices import Device
from forwarder.matching.eligibility import Eligible
from forwarder.matching.estimates import Estimates
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.phones import InstalledPhone
from forwarder.matching.play_referrer import Kind, parse_referrer
from forwarder.matching.re_clicks import SEEN_FOR_S, same_person, same_phone

HOUSEHOLD_S = 12 * 3_600.0  # installs at a device's home fade with the time since the click
SAME_AT_HOME, HOME_FADES_S = 0.93, 36 * 3_600.0  # still behind that address at the install
SAME_SHARED, SHARED_HALF_LIFE_S = 0.90, 72 * 60.0
SHARED_BY_OTHERS = (0.05, 0.35, 0.7)  # chance that an address with so many other devices is a carrier's or a venue's
P_SHARED_AT_MOST = 0.95
LEAST_SHARE = 1e-30
MAX_WEIGHT_BITS = 200.0
PATIENCE = 5.0  # clicks without an install that halve what the next one is worth
CONTENDERS = 3  # the likeliest devices, among which one phone is sought that shows itself as several


class CandidateDevice(msgspec.Struct, frozen=True, gc=False):
    """A device whose click can be credited, and its share of the probability."""

    device: Device
    clicks: tuple[Click, ...]
    """Those that can be credited, newest first."""
    weights: "_Weights"
    probability: float
    last_click: float
    """Probability that the last of the clicks is this person's: less, where the clicks may be of look-alikes; more,
    where other ranked may be the same phone.
    """
    same_as_first: float = 0.0
    """Chance that it is the first one's phone, which clicked again with another app version or User-Agent."""

    @property
    def signals(self) -> dict[str, float]:
        """Bits per fact, the odds, the time, the address and an unproven referrer included."""
        weights = self.weights
        bits = weights.facts | {"odds": weights.odds, "time": weights.time, "address": weights.address}
        return bits | {"referrer": weights.referrer} if weights.referrer else bits


class _Weights(msgspec.Struct, frozen=True, gc=False):
    """What speaks for a device, in bits."""

    odds: float
    referrer: float
    time: float
    address: float
    facts: signals.Scores

    @property
    def total(self) -> float:
        return self.odds + self.referrer + self.time + self.address + signals.total(self.facts)


class _AddressExpectation(msgspec.Struct, frozen=True):
    """What is expected behind an address."""

    accidental: float
    """Devices that clicked in 72 h with the install's OS, for no others are candidates, that did not bring it."""
    bits: float
    """log2 of one over them and over installs from devices' homes."""
    shared: float
    """Chance that it is a carrier's or a venue's."""


class _ScoredDevice(msgspec.Struct, frozen=True, gc=False):
    """A candidate before its probability is known."""

    candidate: Eligible
    weights: _Weights
    last: float
    """Chance that its last click is the same person's as the others."""


def rank_devices(
    facts: InstallFacts,
    installed: InstalledPhone,
    candidates: Sequence[Eligible],
    estimates: Estimates,
    with_model: bool = True,
) -> tuple[CandidateDevice, ...]:
    """The posterior of each device, the likeliest first; only the last of several that are one phone comes before it.

    Args:
        with_model: False = as if no model were known.
    """
    scorer = signals.Scorer(installed, estimates, with_model)
    odds, referrer = math.log2(estimates.odds(facts.platform)), _referrer_bits(facts, estimates)
    expectations = _address_expectations(facts, installed, candidates, estimates)
    scored: list[_ScoredDevice] = []
    for candidate in candidates:
        around = expectations[candidate.device.address.key]
        scores = scorer.score(candidate.device.phone)
        shares = _time_shares(facts, candidate, around.shared, estimates)
        time = math.log2(sum(shares))
        last = 1.0
        if len(shares) > 1:
            same = same_person(candidate.clicks, candidate.device.phone, around.accidental, estimates)
            last = same + (1 - same) * shares[0] / sum(shares)
        scored.append(_ScoredDevice(candidate, _Weights(odds, referrer, time, around.bits, scores), last))
    return _joined(_ranked(scored), {key: around.accidental for key, around in expectations.items()}, estimates)


def any_of(ranked: Sequence[CandidateDevice]) -> float:
    """Probability that one of them brought the install."""
    return min(math.fsum(candidate.probability for candidate in ranked), 1.0)


def referrer_kind(facts: InstallFacts) -> Kind | None:
    """What Play's referrer is evidence of; None on iPhones, which have none."""
    return parse_referrer(facts.referrer).kind if facts.platform == "android" else None


def _referrer_bits(facts: InstallFacts, estimates: Estimates) -> float:
    kind = referrer_kind(facts)
    return math.log2(estimates.referrer_factor(kind)) if kind is not None else 0.0


def _ranked(scored: Sequence[_ScoredDevice]) -> tuple[CandidateDevice, ...]:
    weights = [2.0 ** min(one.weights.total, MAX_WEIGHT_BITS) for one in scored]
    whole = 1.0 + math.fsum(weights)
    ranked = [
        CandidateDevice(
            one.candidate.device, one.candidate.clicks, one.weights, weight / whole, one.last * weight / whole
        )
        for weight, one in zip(weights, scored, strict=True)
    ]
    return tuple(sorted(ranked, key=_likeliest_first))


def _joined(
    ranked: tuple[CandidateDevice, ...], accidental: Mapping[str, float], estimates: Estimates
) -> tuple[CandidateDevice, ...]:
    """What a device has of the probability speaks for a later click of the same phone, too. First comes the one
    whose last click is the likeliest to be this person's.

    Args:
        accidental: address key -> devices in 72 h expected behind it.
    """
    if len(ranked) < 2:
        return ranked
    contenders = ranked[:CONTENDERS]
    same = [[_same(candidate, other, accidental, estimates) for other in contenders] for candidate in contenders]
    last = [
        candidate.last_click
        + math.fsum(chance * other.probability for chance, other in zip(row, contenders, strict=True))
        for row, candidate in zip(same, contenders, strict=True)
    ]
    at = max(range(len(contenders)), key=last.__getitem__)
    if not any(same[at]):
        return ranked
    first = msgspec.structs.replace(contenders[at], last_click=min(last[at], 1.0))
    others = [
        msgspec.structs.replace(other, same_as_first=chance)
        for chance, other in zip(same[at], contenders, strict=True)
        if other is not contenders[at]
    ]
    return (first, *others, *ranked[CONTENDERS:])


def _same(
    newer: CandidateDevice, older: CandidateDevice, accidental: Mapping[str, float], estimates: Estimates
) -> float:
    """Probability that one's last click is a re-click of the other's phone."""
    if (newer.clicks[0].at_ms, newer.clicks[0].click_id) <= (older.clicks[0].at_ms, older.clicks[0].click_id):
        return 0.0
    expected = accidental[newer.device.address.key]
    return same_phone(Eligible(newer.device, newer.clicks), Eligible(older.device, older.clicks), expected, estimates)


def _likeliest_first(candidate: CandidateDevice) -> tuple[float, int, str]:
    return -candidate.probability, -candidate.clicks[0].at_ms, candidate.clicks[0].click_id


def _time_shares(facts: InstallFacts, candidate: Eligible, shared: float, estimates: Estimates) -> list[float]:
    """Per click, what `_time_share` says; the less, the more often its device clicked before and did not install.

    That is the mean of a beta-geometric chance per click: so a device that clicks all day is no likelier by each.
    """
    shares = [_time_share(facts, click, shared, estimates) for click in candidate.clicks]
    if len(candidate.device.clicks) == 1:
        return shares
    earlier = {click.click_id: number for number, click in enumerate(reversed(candidate.device.clicks))}
    return [
        share * PATIENCE / (PATIENCE + earlier[click.click_id])
        for share, click in zip(shares, candidate.clicks, strict=True)
    ]


def _time_share(facts: InstallFacts, click: Click, shared: float, estimates: Estimates) -> float:
    """Installs that the click brings at this moment and address, against clicks spread evenly over 72 h.

    Args:
        shared: chance that the address is a carrier's or a venue's, which phones leave soon.
    """
    seconds = (facts.at_ms - click.at_ms) / 1000
    waited = max(seconds, 0.0)
    stays = (1 - shared) * SAME_AT_HOME * math.exp(-waited / HOME_FADES_S)
    stays += shared * SAME_SHARED * 2 ** (-waited / SHARED_HALF_LIFE_S)
    return max(SEEN_FOR_S * estimates.density(seconds) * stays, LEAST_SHARE)


def _address_expectations(
    facts: InstallFacts, installed: InstalledPhone, candidates: Sequence[Eligible], estimates: Estimates
) -> dict[str, _AddressExpectation]:
    """Address key -> what is expected behind it."""
    waited = _waited_s(facts, candidates)
    same_os = estimates.same_os(installed.os, installed.region)
    found: dict[str, _AddressExpectation] = {}
    for candidate in candidates:
        address = candidate.device.address
        if address.key in found:
            continue
        others = max(address.devices - 1, 0)
        homes = estimates.homes(address.family)  # they are among those that other installs met
        accidental = max(same_os * (estimates.accidental_devices(address.family, others) - homes), LEAST)
        household = same_os * homes * SEEN_FOR_S / HOUSEHOLD_S * math.exp(-waited[address.key] / HOUSEHOLD_S)
        bits = -math.log2(accidental + household)
        shared = SHARED_BY_OTHERS[others] if others < len(SHARED_BY_OTHERS) else P_SHARED_AT_MOST
        found[address.key] = _AddressExpectation(accidental, bits, shared)
    return found


def _waited_s(facts: InstallFacts, candidates: Sequence[Eligible]) -> dict[str, float]:
    """Address key -> seconds since the last click of a candidate behind it."""
    found: dict[str, float] = {}
    for candidate in candidates:
        key = candidate.device.address.key
        waited = max(facts.at_ms - candidate.clicks[0].at_ms, 0) / 1000
        found[key] = min(found.get(key, waited), waited)
    return found
