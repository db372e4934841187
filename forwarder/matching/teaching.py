"""What an install teaches, whatever it was credited to.

Truth costs nothing on Android: where Play names our click, or another network's, the probabilistic engine's own answer
is compared with it, once with all it knows and once without the model, as it is on an iPhone. What Play says when it
knows of no link is no truth: it says that of ad installs, too.
"""

from collections.abc import Callable, Sequence

from clicks.record import Click
from forwarder.matching.estimates import accidental_device_groups
from forwarder.matching.flags import TOO_FAST_MS
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.observation import AddressUsage, Observation, Trial
from forwarder.matching.phones import clicked_phone
from forwarder.matching.play_referrer import Kind
from forwarder.matching.probabilistic import CandidateDevice, any_of, rank_devices, referrer_kind
from forwarder.matching.search import Search
from forwarder.matching.signals import values_of
from forwarder.matching.statistics import ANY
from forwarder.matching.verdict import Verdict

MAX_ADDRESSES = 4


def teach(facts: InstallFacts, verdict: Verdict, searched: Search | None) -> Observation:
    """The observation of one install.

    Args:
        searched: None where its addresses were not looked at: then only the time since a named click is learned.
    """
    named = verdict.click if verdict.method in ("referrer", "click_id") else None
    waited = _waited(facts, named)
    if searched is None:
        return Observation(app_id=facts.app_id, platform=facts.platform, click_to_install_s=waited)
    kind = referrer_kind(facts)
    is_known = named is not None or kind == "elsewhere"
    share = _share_by_truth(named) if is_known else _share_by_posterior
    explained = sum(map(share, searched.ranked))
    return Observation(
        app_id=facts.app_id,
        platform=facts.platform,
        values=values_of(searched.installed) | _accidental_device(searched, share),
        explained=explained,
        referrer="named" if kind is not None and named is not None else kind,
        explained_without_referrer=None if kind is None or is_known else _without_referrer(explained, kind, searched),
        addresses=tuple(
            AddressUsage(
                address.family,
                address.devices,
                sum(share(candidate) for candidate in searched.ranked if candidate.device.address.key == address.key),
            )
            for address in searched.activity.addresses[:MAX_ADDRESSES]
        ),
        click_to_install_s=waited,
        trials=_trials(searched, named) if is_known and facts.platform == "android" else (),
    )


def _waited(facts: InstallFacts, named: Click | None) -> float | None:
    """Seconds from the named click to the install; None where that is too fast to be true.

    Nobody downloads and opens an app in so little time: it is a test, an injected click or a wrong clock. Learned, a
    few of them would make the next click beside an install look like its own, whatever the phones say. Nor is a time
    learned that ends where the download began, for want of a phone's clock that is right.
    """
    if named is None or facts.at_ms - named.at_ms < TOO_FAST_MS or facts.at_ms == facts.install_begin_server_ms:
        return None
    return (facts.at_ms - named.at_ms) / 1000


def _share_by_posterior(candidate: CandidateDevice) -> float:
    return candidate.probability


def _share_by_truth(named: Click | None) -> Callable[[CandidateDevice], float]:
    def share(candidate: CandidateDevice) -> float:
        return 1.0 if named is not None and any(click.click_id == named.click_id for click in candidate.clicks) else 0.0

    return share


def _accidental_device(searched: Search, share: Callable[[CandidateDevice], float]) -> dict[str, str]:
    """The OS of the newest device behind the addresses that did not bring the install, by the install's."""
    brought = {candidate.device.phone for candidate in searched.ranked if share(candidate) > 0.5}
    installed = searched.installed
    for device in searched.activity.devices:
        if device.phone not in brought:
            return dict.fromkeys(accidental_device_groups(installed.os, installed.region), device.phone.phone.os)
    return {}


def _without_referrer(explained: float, kind: Kind, searched: Search) -> float:
    """The posterior of all candidates if the referrer said nothing: its factor taken off their odds."""
    return explained / (explained + (1 - explained) * searched.estimates.referrer_factor(kind))


def _trials(searched: Search, named: Click | None) -> tuple[Trial, ...]:
    """Which of the candidates the engine took, where the named click is one of them; else whether it took any."""
    trials: list[Trial] = []
    in_reach = named is not None and any(_is_among(named, candidate.clicks) for candidate in searched.ranked)
    if named is not None and not in_reach and _may_have_clicked_there(named, searched):
        return ()
    for table, ranked in (("full", searched.ranked), ("address", _without_model(searched))):
        any_did = any_of(ranked)
        if named is not None and in_reach:
            first = ranked[0]
            trials.append(Trial(table, min(first.last_click / any_did, 1.0), _is_among(named, first.clicks[:1])))
        trials.append(Trial(table + ANY, any_did, in_reach))
    return tuple(trials)


def _without_model(searched: Search) -> tuple[CandidateDevice, ...]:
    return rank_devices(searched.facts, searched.installed, searched.eligible, searched.estimates, with_model=False)


def _is_among(named: Click, clicks: Sequence[Click]) -> bool:
    return any(click.click_id == named.click_id for click in clicks)


def _may_have_clicked_there(named: Click, searched: Search) -> bool:
    """Whether a candidate may be the person whose later click, from elsewhere, the store names."""
    phone = clicked_phone(named)
    return any(
        candidate.device.phone == phone or (named.ttp is not None and candidate.clicks[0].ttp == named.ttp)
        for candidate in searched.ranked
    )
