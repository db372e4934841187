"""The waterfall: Play's referrer, then a link's click id, then the address. The first tier that credits a click
decides.
"""

from collections.abc import Sequence, Set

import msgspec

from clicks.record import Click
from forwarder.matching.click_ids import GOOGLE_ADS, NO_LINK_ID, NO_REFERRER, began_before, parse_referrer, refusal
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.policy import Policy
from forwarder.matching.probabilistic import match_by_address
from forwarder.matching.verdict import Verdict

CONSENT_DENIED = "consent denied"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the click store and the ledger know that may concern an install."""

    referrer_click: Click | None = None
    """The click of the id in the referrer, whichever app's it is."""
    link_click: Click | None = None
    """The click of the id from a universal or app link."""
    found: Sequence[Click] = ()
    """Clicks behind the install's addresses."""
    consumed: Set[str] = frozenset()
    """Ids among `found` that were credited before."""


def click_ids_of(facts: InstallFacts) -> tuple[str | None, str | None]:
    """The ids to look up for the evidence: the referrer's and the link's. Neither where consent is denied."""
    if facts.denied:
        return None, None
    return parse_referrer(facts.referrer).click_id, facts.click_id


def match(facts: InstallFacts, evidence: Evidence, policy: Policy) -> Verdict:
    """The verdict on one install; its time is the clock. `evidence.found` may be empty where `needs_search` says no."""
    if facts.denied:
        return Verdict(method="none", reason=CONSENT_DENIED)
    by_id = _match_by_id(facts, evidence, policy)
    if by_id.click is not None:
        return by_id
    forbidden = _search_forbidden(facts, by_id.tiers, policy)
    by_address = (
        Verdict(method="none", reason=forbidden)
        if forbidden
        else match_by_address(facts, evidence.found, evidence.consumed, policy)
    )
    tiers = by_id.tiers if by_address.click is not None else by_id.tiers | {"probabilistic": by_address.reason}
    reason = "" if by_address.click is not None else _summary(tiers)
    return msgspec.structs.replace(by_address, tiers=tiers, reason=reason)


def needs_search(facts: InstallFacts, evidence: Evidence, policy: Policy) -> bool:
    """Whether the clicks behind the addresses can matter: no id decides, and the policy allows it."""
    if facts.denied:
        return False
    by_id = _match_by_id(facts, evidence, policy)
    return by_id.click is None and not _search_forbidden(facts, by_id.tiers, policy)


def _match_by_id(facts: InstallFacts, evidence: Evidence, policy: Policy) -> Verdict:
    tiers: dict[str, str] = {}
    referrer = parse_referrer(facts.referrer)
    tiers["referrer"] = referrer.reason
    if referrer.click_id is not None:
        click = evidence.referrer_click
        tiers["referrer"] = refusal(referrer.click_id, click, facts, policy)
        if click is not None and not tiers["referrer"]:
            if not began_before(click, facts):
                return Verdict(method="referrer", probability=1.0, click=click)
            tiers["referrer"] = "install began before the click"
    tiers["click_id"] = NO_LINK_ID
    if facts.click_id is not None:
        click = evidence.link_click
        tiers["click_id"] = refusal(facts.click_id, click, facts, policy)
        if click is not None and not tiers["click_id"]:
            return Verdict(method="click_id", probability=1.0, click=click, tiers={"referrer": tiers["referrer"]})
    return Verdict(method="none", tiers=tiers)


def _search_forbidden(facts: InstallFacts, tiers: dict[str, str], policy: Policy) -> str:
    if tiers.get("referrer") == GOOGLE_ADS:
        return "the install belongs to a Google ad"
    if policy.probabilistic == "never":
        return "probabilistic matching is off for this platform"
    if policy.probabilistic == "with_consent" and not facts.consented:
        return "no consent to probabilistic matching"
    return ""


def _summary(tiers: dict[str, str]) -> str:
    """What each tier said, without the two that only say that nothing was given."""
    return "; ".join(reason for reason in tiers.values() if reason not in ("", NO_REFERRER, NO_LINK_ID))
