"""Crediting clicks: each is claimed in the ledger, so that two installs never get the same one by their address
alone.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from forwarder.intake.evidence import Case
from forwarder.matching.flags import flag_reused_ttclids
from forwarder.matching.matcher import match
from forwarder.matching.statistics import Statistics
from forwarder.matching.verdict import Verdict
from ledger.claims import claim_clicks, claimed_clicks, installs_of_ttclids
from ledger.match_statistics import note_observations

Claim = tuple[str, str, str]
"""(click_id, app_id, install_id)."""


async def credit(connection: Any, cases: Sequence[Case], statistics: Statistics) -> list[Verdict]:
    """One verdict per case, its click claimed. Runs in the caller's transaction.

    Who loses a click to another install is matched again without it. A click that the store or a link named is credited
    even where another install has it: the phone was reinstalled, or the other match was wrong.
    """
    found = {
        (c.app_id, c.click_id) for case in cases for c in case.evidence.found or () if c.app_id == case.facts.app_id
    }
    consumed = await claimed_clicks(connection, found)
    verdicts: dict[int, Verdict] = {}
    undecided = list(range(len(cases)))
    while undecided:
        claims: dict[int, Claim] = {}
        for index in undecided:
            case = cases[index]
            evidence = msgspec.structs.replace(case.evidence, consumed=consumed)
            verdicts[index] = match(case.facts, evidence, case.policy, statistics)
            credited = verdicts[index].click
            if credited is not None:
                claims[index] = (credited.click_id, case.facts.app_id, case.facts.install_id)
        won = await claim_clicks(connection, list(claims.values()))
        consumed |= {click_id for click_id, _, _ in claims.values()}
        undecided = [i for i, claim in claims.items() if claim not in won and verdicts[i].method == "probabilistic"]
    decided = [verdicts[index] for index in range(len(cases))]
    return await _flagged(connection, cases, decided)


async def _flagged(connection: Any, cases: Sequence[Case], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those whose ttclid was credited too often within the app are flagged."""
    app_ids = [case.facts.app_id for case in cases]
    credited = {
        (app_id, verdict.click.ttclid)
        for app_id, verdict in zip(app_ids, verdicts, strict=True)
        if verdict.click is not None and verdict.click.ttclid is not None
    }
    return flag_reused_ttclids(verdicts, app_ids, await installs_of_ttclids(connection, credited))


async def note(connection: Any, verdicts: Sequence[Verdict]) -> None:
    """Keep what the installs of these verdicts teach. Runs in the transaction that stores them."""
    seen = [verdict.observation for verdict in verdicts if verdict.observation is not None]
    await note_observations(connection, [msgspec.to_builtins(one) for one in seen])
