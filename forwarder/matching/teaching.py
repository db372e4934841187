"""What an install teaches, whatever it was credited to.

Truth costs nothing on Android: where Play names the click, or says that no link led to the install, the probabilistic
engine's own answer is compared with it, once with all it knows and once without the model, as it is on an iPhone.
"""

from collections.abc import Callable

from clicks.record import Click
from forwarder.matching.click_ids import GOOGLE_ADS, STORE_SAYS_ORGANIC
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.observation import Crowd, Observation, Trial
from forwarder.matching.outlook import clicker_groups
from forwarder.matching.probabilistic import Rival, contest
from forwarder.matching.search import Search
from forwarder.matching.signals import values_of
from forwarder.matching.verdict import Verdict

MAX_ADDRESSES = 4


def teach(facts: InstallFacts, verdict: Verdict, searched: Search | None) -> Observation:
    """The observation of one install.

    Args:
        searched: None where its addresses were not looked at: then only the time since a named click is learned.
    """
    named = verdict.click if verdict.method in ("referrer", "click_id") else None
    waited = max(0.0, (facts.at_ms - named.at_ms) / 1000) if named is not None else None
    if searched is None:
        return Observation(app_id=facts.app_id, platform=facts.platform, click_to_install_s=waited)
    said = verdict.tiers.get("referrer", "")
    none_did = said in (GOOGLE_ADS, STORE_SAYS_ORGANIC)
    is_known = named is not None or none_did
    share = _share_by_truth(named) if is_known else _share_by_posterior
    return Observation(
        app_id=facts.app_id,
        platform=facts.platform,
        values=values_of(searched.installed) | _accidental_clicker(searched, share),
        explained=sum(map(share, searched.rivals)),
        crowds=tuple(
            Crowd(
                address.family,
                address.devices,
                sum(share(rival) for rival in searched.rivals if rival.clicker.address.key == address.key),
            )
            for address in searched.neighbourhood.addresses[:MAX_ADDRESSES]
        ),
        click_to_install_s=waited,
        trials=_trials(searched, named) if is_known and facts.platform == "android" else (),
    )


def _share_by_posterior(rival: Rival) -> float:
    return rival.probability


def _share_by_truth(named: Click | None) -> Callable[[Rival], float]:
    def share(rival: Rival) -> float:
        return 1.0 if named is not None and any(click.click_id == named.click_id for click in rival.clicks) else 0.0

    return share


def _accidental_clicker(searched: Search, share: Callable[[Rival], float]) -> dict[str, str]:
    """The OS of the newest device behind the addresses that did not bring the install, by the install's."""
    brought = {rival.clicker.phone for rival in searched.rivals if share(rival) > 0.5}
    installed = searched.installed
    for clicker in searched.neighbourhood.clickers:
        if clicker.phone not in brought:
            return dict.fromkeys(clicker_groups(installed.os, installed.region), clicker.phone.phone.os)
    return {}


def _trials(searched: Search, named: Click | None) -> tuple[Trial, ...]:
    if not searched.rivals:
        return ()
    without_model = contest(searched.facts, searched.installed, searched.eligible, searched.outlook, with_model=False)
    return tuple(
        Trial(table, rivals[0].last_click, named is not None and rivals[0].clicks[0].click_id == named.click_id)
        for table, rivals in (("full", searched.rivals), ("address", without_model))
    )
