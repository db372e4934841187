"""The waterfall: Play's referrer, then a link's click id, then the address. The first tier that credits a click
decides.
"""

from collections.abc import Mapping, Sequence, Set

import msgspec

from clicks.record import Click
from forwarder.matching.click_ids import (
    NO_LINK_ID,
    UNKNOWN_CLICK,
    by_a_true_clock,
    referrer_injected,
    refusal,
)
from forwarder.matching.flags import credit_flags, install_flags
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.play_referrer import GOOGLE_ADS, NO_REFERRER, OTHER_NETWORK, parse_referrer
from forwarder.matching.policy import Policy
from forwarder.matching.search import Search, address_verdict, candidates, search
from forwarder.matching.statistics import Statistics
from forwarder.matching.teaching import teach
from forwarder.matching.verdict import Verdict

CONSENT_DENIED = "consent denied"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the click store and the ledger know that may concern an install."""

    referrer_click: Click | None = None
    """The click of the id in the referrer, whichever app's it is."""
    link_click: Click | None = None
    """The click of the id from a universal or app link."""
    found: Sequence[Click] | None = None
    """Clicks behind the install's addresses; None = nobody looked."""
    consumed: Set[str] = frozenset()
    """Ids among `found` that were credited before."""


def click_ids_of(facts: InstallFacts) -> tuple[str | None, str | None]:
    """The ids to look up for the evidence: the referrer's and the link's. Neither where consent is denied."""
    if facts.denied:
        return None, None
    return parse_referrer(facts.referrer).click_id, facts.click_id


def match(facts: InstallFacts, evidence: Evidence, policy: Policy, statistics: Statistics) -> Verdict:
    """The verdict on one install; its time is the clock. Pure: what the install teaches is in `Verdict.observation`."""
    if facts.denied:
        return Verdict(method="none", reason=CONSENT_DENIED)
    searched = None
    if evidence.found is not None and wants_search(facts, policy):
        timed = by_a_true_clock(facts, evidence.referrer_click)
        searched = search(timed, evidence.found, evidence.consumed, policy, statistics)
    verdict = _match_by_id(facts, evidence, policy)
    if verdict.click is None:
        forbidden = _credit_forbidden(facts, verdict.tiers, policy)
        by_address = address_verdict(searched, policy) if not forbidden else None
        verdict = _fallen_through(verdict.tiers, by_address or Verdict(method="none", reason=forbidden))
    return msgspec.structs.replace(
        verdict,
        candidates=candidates(searched) if searched is not None else (),
        devices=len(searched.activity.devices) if searched is not None else 0,
        flags=_flags(facts, verdict, searched),
        observation=teach(facts, verdict, searched),
    )


def needs_search(facts: InstallFacts, evidence: Evidence, policy: Policy) -> bool:
    """Whether the clicks behind the addresses can decide: no id does, and the policy allows it."""
    if facts.denied:
        return False
    by_id = _match_by_id(facts, evidence, policy)
    return by_id.click is None and not _credit_forbidden(facts, by_id.tiers, policy)


def wants_search(facts: InstallFacts, policy: Policy) -> bool:
    """Whether the clicks behind the addresses are of use, be it only to learn from an install whose click is known."""
    return not facts.denied and not _search_forbidden(facts, policy)


def awaits_click(facts: InstallFacts, evidence: Evidence, policy: Policy) -> bool:
    """Whether an id of ours names a click that is not stored and may be on its way: a redirector that could not reach
    Redis in time keeps its clicks in its spool until it can.
    """
    if facts.denied:
        return False
    by_id = _match_by_id(facts, evidence, policy)
    return by_id.click is None and UNKNOWN_CLICK in by_id.tiers.values()


def _match_by_id(facts: InstallFacts, evidence: Evidence, policy: Policy) -> Verdict:
    tiers: dict[str, str] = {}
    referrer = parse_referrer(facts.referrer)
    tiers["referrer"] = referrer.reason
    if referrer.click_id is not None:
        click = evidence.referrer_click
        tiers["referrer"] = refusal(referrer.click_id, click, facts, policy)
        if click is not None and not tiers["referrer"]:
            if not referrer_injected(click, facts):
                return Verdict(method="referrer", probability=1.0, click=click)
            tiers["referrer"] = "install began before the click"
    tiers["click_id"] = NO_LINK_ID
    if facts.click_id is not None:
        click = evidence.link_click
        tiers["click_id"] = refusal(facts.click_id, click, facts, policy)
        if click is not None and not tiers["click_id"]:
            return Verdict(method="click_id", probability=1.0, click=click, tiers={"referrer": tiers["referrer"]})
    return Verdict(method="none", tiers=tiers)


def _credit_forbidden(facts: InstallFacts, tiers: Mapping[str, str], policy: Policy) -> str:
    """Why no click may be credited for its address alone; empty where one may."""
    if tiers.get("referrer") == GOOGLE_ADS:
        return "the install belongs to a Google ad"
    if tiers.get("referrer") == OTHER_NETWORK:
        return "the install belongs to another network's ad"
    return _search_forbidden(facts, policy)


def _search_forbidden(facts: InstallFacts, policy: Policy) -> str:
    if policy.probabilistic == "never":
        return "probabilistic matching is off for this platform"
    if policy.probabilistic == "with_consent" and not facts.consented:
        return "no consent to probabilistic matching"
    return ""


def _fallen_through(tiers: Mapping[str, str], by_address: Verdict) -> Verdict:
    """The last tier's verdict, with what the tiers before it said."""
    if by_address.click is not None:
        return msgspec.structs.replace(by_address, tiers=dict(tiers))
    said = dict(tiers) | {"probabilistic": by_address.reason}
    # the two that only say that nothing was given are no reason
    reasons = [reason for reason in said.values() if reason not in ("", NO_REFERRER, NO_LINK_ID)]
    return msgspec.structs.replace(by_address, tiers=said, reason="; ".join(reasons))


def _flags(facts: InstallFacts, verdict: Verdict, searched: Search | None) -> tuple[str, ...]:
    found = install_flags(facts)
    click = verdict.click
    if click is not None:
        clicks = 1 if searched is None else searched.clicks_of_device(click)
        found += credit_flags(facts, click, clicks)
    return tuple(found)
