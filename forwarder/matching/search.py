"""The probabilistic tier: who clicked behind the install's addresses, and whether anyone is to be credited."""

from collections.abc import Sequence, Set

import msgspec

from clicks.record import Click
from forwarder.matching.devices import AddressActivity, devices_behind
from forwarder.matching.eligibility import Eligible, eligible
from forwarder.matching.estimates import Estimates
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.phones import InstalledPhone, installed_phone
from forwarder.matching.policy import Policy
from forwarder.matching.probabilistic import CandidateDevice, any_of, rank_devices
from forwarder.matching.statistics import Statistics
from forwarder.matching.verdict import MAX_CANDIDATES_KEPT, Candidate, Verdict

DIGITS = 6
MOST_SAID = 0.999_999  # likeness proves nothing, however much speaks for it
EARLIER = "an earlier click of the same phone"
LEAST_SAID = 0.01


class Search(msgspec.Struct, frozen=True):
    """What was found and what it is worth."""

    facts: InstallFacts
    installed: InstalledPhone
    activity: AddressActivity
    eligible: Sequence[Eligible]
    ruled_out: dict[str, str]
    """click_id -> why."""
    ranked: tuple[CandidateDevice, ...]
    """The likeliest first, as `rank_devices` gives them."""
    probability: float
    """That the first one's last click is this person's; calibrated."""
    estimates: Estimates

    def clicks_of_device(self, click: Click) -> int:
        """How often the device behind a click clicked within 72 h, for any app."""
        for device in self.activity.devices:
            if any(one.click_id == click.click_id for one in device.clicks):
                return len(device.clicks)
        return 1


def search(
    facts: InstallFacts, found: Sequence[Click], consumed: Set[str], policy: Policy, statistics: Statistics
) -> Search:
    """Weigh the clicks found behind the install's addresses, other apps' and consumed ones among them."""
    estimates = Estimates(statistics, facts.app_id)
    installed = installed_phone(facts)
    activity = devices_behind(found, facts.addresses, facts.at_ms)
    candidates, ruled_out = eligible(facts, activity, consumed, policy)
    ranked = rank_devices(facts, installed, candidates, estimates)
    probability = estimates.calibrate(facts.platform, ranked[0].last_click, any_of(ranked)) if ranked else 0.0
    return Search(facts, installed, activity, candidates, ruled_out, ranked, probability, estimates)


def address_verdict(searched: Search | None, policy: Policy) -> Verdict:
    """Credit the likeliest device's last click, or nobody."""
    if searched is None or not searched.ranked:
        return Verdict(method="none", reason=_why_nobody(searched, policy))
    best, probability = searched.ranked[0], searched.probability
    if probability >= policy.threshold:
        return Verdict(method="probabilistic", probability=_said(probability), click=best.clicks[0])
    reason = f"probability {probability:.3f} is below the threshold {policy.threshold:g}"
    second = searched.ranked[1].probability if len(searched.ranked) > 1 else 0.0
    if second > max(0.1, best.probability / 4):
        reason = f"ambiguous: {reason}; another device reaches {second:.3f}"
    return Verdict(method="none", reason=reason)


def _said(probability: float) -> float:
    return min(round(probability, DIGITS), MOST_SAID)


def candidates(searched: Search) -> tuple[Candidate, ...]:
    """The clicks that were looked at, in their order, then the newest of those that were ruled out."""
    kept: list[Candidate] = []
    for candidate in searched.ranked[:MAX_CANDIDATES_KEPT]:
        bits = {name: round(value, 2) for name, value in candidate.signals.items()}
        for number, click in enumerate(candidate.clicks[: MAX_CANDIDATES_KEPT - len(kept)]):
            note = EARLIER if number else _note(candidate)
            share = 0.0 if number else _said(candidate.probability)
            kept.append(
                Candidate(click_id=click.click_id, at_ms=click.at_ms, probability=share,
                          signals={} if number else bits, note=note)
            )  # fmt: skip
    if len(kept) < MAX_CANDIDATES_KEPT:
        kept += _ruled_out(searched)[: MAX_CANDIDATES_KEPT - len(kept)]
    return tuple(kept)


def _note(candidate: CandidateDevice) -> str:
    return f"{EARLIER} with probability {candidate.same_as_first:.2f}" if candidate.same_as_first >= LEAST_SAID else ""


def _ruled_out(searched: Search) -> list[Candidate]:
    clicks = [click for device in searched.activity.devices for click in device.clicks]
    out = sorted((c for c in clicks if c.click_id in searched.ruled_out), key=lambda c: (-c.at_ms, c.click_id))
    return [Candidate(click_id=c.click_id, at_ms=c.at_ms, note=searched.ruled_out[c.click_id]) for c in out]


def _why_nobody(searched: Search | None, policy: Policy) -> str:
    devices = len(searched.activity.devices) if searched is not None else 0
    if not devices:
        return f"no click from this address within {policy.window_hours} h"
    return f"no fitting click from this address: {devices} other device{'s' if devices > 1 else ''}"
