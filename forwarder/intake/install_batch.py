"""Storing installs: the rows, their events and deliveries, the claims and the joins, in one transaction per batch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError

from clicks.all_clicks import ClickReader
from forwarder import metrics
from forwarder.directory import Directory
from forwarder.errors import unavailable
from forwarder.intake.crediting import credit, note
from forwarder.intake.evidence import Case, gather, needs_clicks
from forwarder.intake.install_request import InstallReport
from forwarder.intake.install_rows import install_event, install_row, known
from forwarder.intake.joining import join_by_what_they_bring
from forwarder.intake.routing import PENDING, Destination, deliveries
from forwarder.matching.install_facts import install_facts
from forwarder.matching.learning import Knowledge
from forwarder.matching.matcher import awaits_click
from forwarder.matching.policy import Policy
from forwarder.matching.verdict import LATE_CLICK, Verdict
from forwarder.outages import OutageLog
from ledger.claims import release_claims
from ledger.deliveries import NewDelivery, insert_deliveries, release_for_events
from ledger.erasure import TombstoneKeys, erased, tombstones
from ledger.events import insert_events, join_events
from ledger.installs import Install, InstallKey, get_installs, insert_installs
from ledger.report_deltas import count_installs

ACQUIRE_TIMEOUT_S = 5.0
CLICKS_WITHIN_S = 2.5  # for all their questions to Redis; then the installs are matched later
PENDING_VERDICT = Verdict(
    method="pending", reason="pending: the click store cannot be reached, the install is matched as soon as it can"
)
LATE_CLICK_VERDICT = Verdict(method="pending", reason=LATE_CLICK)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a transaction left: the rows of all its installs, and those that are new."""

    rows: dict[InstallKey, Install]
    new: list[Install]


@dataclass(frozen=True, slots=True)
class InstallLedger:
    """What storing installs needs."""

    pool: Any
    clicks: ClickReader
    directory: Directory
    tombstone_keys: TombstoneKeys
    knowledge: Knowledge
    outages: OutageLog = field(default_factory=OutageLog)

    async def commit(self, reports: Sequence[InstallReport]) -> list[Install | None]:
        """Each report's stored row, whoever stored it; None where the install was erased before. See GroupCommit."""
        first = {(report.app_id, report.install_id): report for report in reversed(reports)}
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            stored: dict[InstallKey, Install | None] = dict(await get_installs(connection, list(first)))
            new = [report for key, report in first.items() if key not in stored]
            for report in await self._erased(connection, new):
                stored[report.app_id, report.install_id] = None
            new = [report for report in new if (report.app_id, report.install_id) not in stored]
            if new:
                cases = await self._cases(new)
                async with connection.transaction():
                    outcome = await self._store(connection, new, cases)
                stored |= outcome.rows
                for install in outcome.new:
                    metrics.count_install(install.app_id, install.match_method)
        return [stored[report.app_id, report.install_id] for report in reports]

    async def _erased(self, connection: Any, reports: Sequence[InstallReport]) -> list[InstallReport]:
        hashes = [tombstones(self.tombstone_keys, r.app_id, r.install_id, r.external_ids) for r in reports]
        standing = await erased(connection, [one for of_report in hashes for one in of_report]) if hashes else ()
        return [r for r, own in zip(reports, hashes, strict=True) if any(one in standing for one in own)]

    async def _cases(self, reports: Sequence[InstallReport]) -> list[Case | Verdict]:
        """The evidence of each install, or why it cannot be decided yet: the click store or its click is away."""
        cases = [
            Case(
                install_facts(r.app_id, r.install_id, int(r.occurred_at.timestamp() * 1000), r.body),
                self._policy(r.app_id, r.platform),
            )
            for r in reports
        ]
        try:
            async with asyncio.timeout(CLICKS_WITHIN_S):
                gathered = await gather(self.clicks, cases)
        except (RedisError, OSError, TimeoutError) as error:
            self.outages.away(error, "redis")  # the installs are counted as pending, and matched once it is back
            return [PENDING_VERDICT if needs_clicks(case) else case for case in cases]
        return [LATE_CLICK_VERDICT if awaits_click(c.facts, c.evidence, c.policy) else c for c in gathered]

    def _policy(self, app_id: str, platform: str) -> Policy:
        entry = self.directory.get(app_id)
        return entry.policies[platform] if entry is not None else Policy(probabilistic="never")

    async def _store(
        self, connection: Any, reports: Sequence[InstallReport], cases: Sequence[Case | Verdict]
    ) -> Stored:
        """Insert what is new, with all that follows from it; what another process stored meanwhile is read."""
        known = [case for case in cases if isinstance(case, Case)]
        verdicts = iter(await credit(connection, known, self.knowledge.statistics))
        decided = [next(verdicts) if isinstance(case, Case) else case for case in cases]
        rows = [install_row(report, verdict) for report, verdict in zip(reports, decided, strict=True)]
        won = await insert_installs(connection, rows)
        new = [(row, report) for row, report in zip(rows, reports, strict=True) if row.key in won]
        await note(connection, [verdict for row, verdict in zip(rows, decided, strict=True) if row.key in won])
        await count_installs(connection, [row.key for row, _ in new if row.click_id is not None])
        await self._send_on(connection, new)
        stored = {row.key: row for row, _ in new}
        lost = [row for row in rows if row.key not in won]
        if lost:
            await release_claims(connection, [(r.click_id, *r.key) for r in lost if r.click_id is not None])
            stored |= await get_installs(connection, [row.key for row in lost])
            if len(stored) < len(rows):
                raise unavailable("an install that is being erased")
        return Stored(stored, [row for row, _ in new])

    async def _send_on(self, connection: Any, new: Sequence[tuple[Install, InstallReport]]) -> None:
        """The new installs' own events with their deliveries, and the events that waited for them."""
        if not new:
            return
        events = [install_event(install, report.flags) for install, report in new]
        keys = await insert_events(connection, events)
        made: list[NewDelivery] = []
        for (install, _), event in zip(new, events, strict=True):
            key = keys.get((event.app_id, event.event_id))
            if key is not None:
                made += deliveries(event, key, known(install), self._destinations(event.app_id))
        await insert_deliveries(connection, made)
        joined = await join_events(connection, [(row.app_id, row.install_id, row.external_ids) for row, _ in new])
        pending = {row.key for row, _ in new if row.match_method == PENDING}
        ready = [event.ref for event in joined if event.install not in pending]
        now = new[0][0].received_at
        if ready:
            await release_for_events(connection, ready, now)
        await join_by_what_they_bring(connection, [event.ref for event in joined], now)

    def _destinations(self, app_id: str) -> tuple[Destination, ...]:
        entry = self.directory.get(app_id)
        return entry.destinations if entry is not None else ()
