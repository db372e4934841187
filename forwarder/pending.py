"""What intake left open, for the worker's timetable: installs taken while Redis was away, and events that just missed
theirs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from clicks.store import ClickStore
from forwarder.directory import match_policy
from forwarder.intake.crediting import credit, note
from forwarder.intake.evidence import Case, gather
from forwarder.intake.install_rows import rematched
from forwarder.intake.joining import join_by_what_they_bring
from forwarder.learning import Knowledge
from forwarder.matching.install_facts import install_facts
from forwarder.matching.policy import Policy
from ledger.apps import all_apps
from ledger.deliveries import release_for_events, release_for_installs
from ledger.events import join_events, late_installs
from ledger.installs import Install, pending_installs, update_matches

BATCH = 200  # installs in one transaction
MISSED_SINCE = timedelta(minutes=10)  # an event and its install that miss one another are stored within seconds


async def match_pending(pool: Any, clicks: ClickStore, now: datetime) -> int:
    """Match the installs that wait for it and make their deliveries due; returns how many. Call until it returns 0.

    Raises:
        redis.exceptions.RedisError, TimeoutError, OSError: the click store is still away; nothing was changed.
    """
    async with pool.acquire() as connection, connection.transaction():
        installs = await pending_installs(connection, BATCH)
        if not installs:
            return 0
        cases = await gather(clicks, await _cases(connection, installs))
        knowledge = Knowledge(connection)
        await knowledge.refresh()
        verdicts = await credit(connection, cases, knowledge.statistics)
        matched = [rematched(install, verdict) for install, verdict in zip(installs, verdicts, strict=True)]
        await update_matches(connection, matched)
        await note(connection, verdicts)
        await release_for_installs(connection, [install.key for install in matched], now)
    return len(installs)


async def join_missed(pool: Any, now: datetime) -> int:
    """Join events to installs that were stored in the same moment, so that neither saw the other; returns how many."""
    async with pool.acquire() as connection, connection.transaction():
        installs = await late_installs(connection, now - MISSED_SINCE, BATCH)
        if not installs:
            return 0
        joined = await join_events(connection, installs)
        keys = [event.event_key for event in joined]
        await release_for_events(connection, keys, now)
        await join_by_what_they_bring(connection, keys, now)
    return len(joined)


async def _cases(connection: Any, installs: Sequence[Install]) -> list[Case]:
    settings = {app.app_id: app.settings for app in await all_apps(connection)}
    return [
        Case(
            install_facts(i.app_id, i.install_id, int(i.occurred_at.timestamp() * 1000), i.body),
            match_policy(settings[i.app_id], i.platform) if i.app_id in settings else Policy(probabilistic="never"),
        )
        for i in installs
    ]
