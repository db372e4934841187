"""Collecting what the click store knows of installs, in two round trips for a whole batch."""

from collections.abc import Sequence

import msgspec

from clicks.all_clicks import ClickReader
from clicks.record import Click
from forwarder.matching.address_usage import SEEN_FOR_MS
from forwarder.matching.click_ids import SKEW_MS
from forwarder.matching.eligibility import HOUR_MS
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.matcher import Evidence, click_ids_of, needs_search, wants_search
from forwarder.matching.policy import Policy


class Case(msgspec.Struct, frozen=True):
    """An install to be matched, by the policy of its app, with what is known about it."""

    facts: InstallFacts
    policy: Policy
    evidence: Evidence = Evidence()


def needs_clicks(case: Case) -> bool:
    """Whether the verdict depends on the click store."""
    return any(click_ids_of(case.facts)) or needs_search(case.facts, Evidence(), case.policy)


def needs_addresses(case: Case) -> bool:
    """Whether no id decides, so that the clicks behind the addresses do."""
    return needs_search(case.facts, case.evidence, case.policy)


async def gather(clicks: ClickReader, cases: Sequence[Case]) -> list[Case]:
    """The cases with their evidence.

    Raises:
        redis.exceptions.RedisError, TimeoutError, OSError: the click store is away.
    """
    by_id = await _by_id(clicks, cases)
    with_ids = [_with_ids(case, by_id) for case in cases]
    requests: list[tuple[str, int, int]] = []
    spans: list[slice] = []
    for case in with_ids:
        start = len(requests)
        if wants_search(case.facts, case.policy):
            requests += _requests(case)
        spans.append(slice(start, len(requests)))
    found = await clicks.find_many(requests) if requests else []
    return [_with_found(case, found[span]) for case, span in zip(with_ids, spans, strict=True)]


async def _by_id(clicks: ClickReader, cases: Sequence[Case]) -> dict[str, Click | None]:
    wanted = list({click_id for case in cases for click_id in click_ids_of(case.facts) if click_id is not None})
    return dict(zip(wanted, await clicks.get_many(wanted), strict=True)) if wanted else {}


def _with_ids(case: Case, by_id: dict[str, Click | None]) -> Case:
    referrer, link = click_ids_of(case.facts)
    evidence = Evidence(
        referrer_click=by_id.get(referrer) if referrer is not None else None,
        link_click=by_id.get(link) if link is not None else None,
    )
    return Case(case.facts, case.policy, evidence)


def _requests(case: Case) -> list[tuple[str, int, int]]:
    since = case.facts.at_ms - max(case.policy.window_hours * HOUR_MS, SEEN_FOR_MS)
    return [(address, since, case.facts.at_ms + SKEW_MS) for address in case.facts.addresses]


def _with_found(case: Case, found: Sequence[Sequence[Click]]) -> Case:
    if not wants_search(case.facts, case.policy):
        return case
    unique = {click.click_id: click for clicks in found for click in clicks}
    return Case(case.facts, case.policy, msgspec.structs.replace(case.evidence, found=tuple(unique.values())))
