"""What intake left open, for the worker's timetable: installs taken while Redis or their click was away, and events
that just missed theirs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from clicks.all_clicks import ClickReader
from forwarder.directory import match_policy
from forwarder.intake.crediting import credit, note
from forwarder.intake.evidence import Case, gather, needs_addresses
from forwarder.intake.install_rows import rematched
from forwarder.intake.joining import join_by_what_they_bring, release_matched
from forwarder.matching.install_facts import install_facts
from forwarder.matching.learning import Knowledge
from forwarder.matching.matcher import awaits_click
from forwarder.matching.policy import Policy
from forwarder.matching.verdict import LATE_CLICK, STORE_AWAY
from ledger.apps import App, get_app
from ledger.deliveries import release_for_installs
from ledger.events import join_known, late_installs
from ledger.installs import Install, apps_with_pending, pending_installs, update_matches
from ledger.locked_out import again
from ledger.report_deltas import counted_anew

BATCH = 200  # installs in one transaction
LATE_CLICK_S = 120  # from the first look on: a spool is stored within seconds of Redis being back
LOOK_EVERY_S = 5
MISSED_SINCE = timedelta(minutes=10)  # an event and its install that miss one another are stored within seconds
CLOCK_AHEAD = timedelta(days=1)  # of a forwarder's machine: it is told of, and what it stores is joined
LONG_AGO = timedelta(days=2)  # for so long no worker may have been there to look
STEP = timedelta(hours=1)  # of one look at what was long ago


async def match_pending(pool: Any, clicks: ClickReader, now: datetime) -> int:
    """Match the installs that wait for it and make their deliveries due; returns how many. Call until it returns 0.

    An install whose click may still lie in a redirector's spool is looked at again: one that names it for LATE_CLICK_S,
    one that its addresses decide about until the spools of the outage are drained.

    Raises:
        redis.exceptions.RedisError, TimeoutError, OSError: the click store is still away; nothing more was changed.
    """
    knowledge = Knowledge(pool)
    looked = 0
    for app_id in await apps_with_pending(pool, now):
        await knowledge.refresh()
        looked += await again(partial(_match_batch, pool, clicks, knowledge, app_id, now))
    return looked


async def _match_batch(pool: Any, clicks: ClickReader, knowledge: Knowledge, app_id: str, now: datetime) -> int:
    """The oldest installs of one app."""
    async with pool.acquire() as connection, connection.transaction():
        installs = await pending_installs(connection, app_id, BATCH, now)
        if not installs:
            return 0
        cases = await gather(clicks, _cases(await get_app(connection, app_id), installs))
        draining = await clicks.is_draining()
        looked = [(i, case, _postponed(i, case, now, draining)) for i, case in zip(installs, cases, strict=True)]
        ready = [(install, case) for install, case, later in looked if later is None]
        verdicts = await credit(connection, [case for _, case in ready], knowledge.statistics)
        matched = [rematched(install, verdict) for (install, _), verdict in zip(ready, verdicts, strict=True)]
        async with counted_anew(connection, [install.key for install in matched]):
            await update_matches(connection, matched + [later for _, _, later in looked if later is not None])
        await note(connection, verdicts)
        await release_for_installs(connection, [install.key for install in matched], now)
    return len(installs)


async def join_missed(pool: Any, now: datetime) -> int:
    """Join events to installs that were stored in the same moment, so that neither saw the other; returns how many."""
    return await again(partial(_join_missed, pool, now - MISSED_SINCE, now + CLOCK_AHEAD, now))


async def join_long_missed(pool: Any, now: datetime) -> int:
    """The same of what was stored while no worker was there."""
    joined, since = 0, now - LONG_AGO
    while since < now:
        while found := await again(partial(_join_missed, pool, since, since + STEP, now)):
            joined += found
        since += STEP
    return joined


async def _join_missed(pool: Any, since: datetime, until: datetime, now: datetime) -> int:
    async with pool.acquire() as connection, connection.transaction():
        installs = await late_installs(connection, since, until, BATCH)
        if not installs:
            return 0
        joined = await join_known(connection, installs)
        await release_matched(connection, joined, now)
        await join_by_what_they_bring(connection, [event.ref for event in joined], now)
    return len(joined)


def _postponed(install: Install, case: Case, now: datetime, draining: bool) -> Install | None:
    """The install as it goes on waiting for its click; None where it is to be decided now.

    Args:
        draining: clicks of an outage are still being stored.
    """
    give_up_at = install.match_detail.get("give_up_at", now.timestamp() + LATE_CLICK_S)
    named = awaits_click(case.facts, case.evidence, case.policy) and (draining or now.timestamp() < give_up_at)
    # the first look after an outage may come before redirectors have heard that it is over
    behind_address = needs_addresses(case) and (draining or install.match_reason == STORE_AWAY)
    if not (named or behind_address):
        return None
    looks = {"give_up_at": give_up_at, "look_again_at": now.timestamp() + LOOK_EVERY_S}
    return msgspec.structs.replace(install, match_reason=LATE_CLICK, match_detail=install.match_detail | looks)


def _cases(app: App | None, installs: Sequence[Install]) -> list[Case]:
    return [
        Case(
            install_facts(i.app_id, i.install_id, int(i.occurred_at.timestamp() * 1000), i.body),
            match_policy(app.settings, i.platform) if app is not None else Policy(probabilistic="never"),
        )
        for i in installs
    ]
