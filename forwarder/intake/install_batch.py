"""Storing installs: the rows, their events and deliveries, the claims and the joins, in one transaction per batch."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.exceptions import RedisError

from clicks.all_clicks import AllClicks
from forwarder import metrics
from forwarder.directory import Directory
from forwarder.errors import unavailable
from forwarder.intake.crediting import credit
from forwarder.intake.evidence import Case, gather, needs_addresses, needs_clicks
from forwarder.intake.install_request import InstallReport
from forwarder.intake.install_rows import install_event, install_row, known
from forwarder.intake.joining import join_by_what_they_bring
from forwarder.intake.routing import PENDING, Destination, deliveries
from forwarder.matching.install_facts import install_facts
from forwarder.matching.learning import Knowledge
from forwarder.matching.matcher import awaits_click
from forwarder.matching.policy import Policy
from forwarder.matching.verdict import LATE_CLICK, STORE_AWAY, Verdict
from forwarder.outages import OutageLog
from ledger.claims import release_claims
from ledger.consent import BY_INSTALL, ConsentWord, note_consent
from ledger.deliveries import release_for_events
from ledger.erased_meanwhile import Whose, erase_again
from ledger.erasure import TombstoneKeys, tombstones
from ledger.events import join_events
from ledger.installs import Install, InstallKey, get_installs
from ledger.known_or_erased import known_or_erased
from ledger.stored_installs import NewInstalls, store_installs

ACQUIRE_TIMEOUT_S = 5.0
CLICKS_WITHIN_S = 2.5  # for all their questions to Redis; then the installs are matched later
PENDING_VERDICT = Verdict(method="pending", reason=STORE_AWAY)
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
    clicks: AllClicks
    directory: Directory
    tombstone_keys: TombstoneKeys
    knowledge: Knowledge
    outages: OutageLog = field(default_factory=OutageLog)

    async def commit(self, reports: Sequence[InstallReport]) -> list[Install | None]:
        """Each report's stored row, whoever stored it; None where the install was erased before. See GroupCommit."""
        first = {(report.app_id, report.install_id): report for report in reversed(reports)}
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            stored = await self._stored(connection, first)
            new = [report for key, report in first.items() if key not in stored]
            if new:
                cases = await self._cases(new)
                async with connection.transaction():
                    outcome = await self._store(connection, new, cases)
                stored |= outcome.rows
                stored |= await self._erased_meanwhile(connection, outcome.new)
                for install in outcome.new:
                    metrics.count_install(install.app_id, install.match_method)
            words = [word for report in reports if (word := _consent_word(report, stored))]
            if words:
                async with connection.transaction():
                    await note_consent(connection, words)
        return [stored[report.app_id, report.install_id] for report in reports]

    async def _stored(
        self, connection: Any, first: Mapping[InstallKey, InstallReport]
    ) -> dict[InstallKey, Install | None]:
        """Those that are there, and None for those that were erased."""
        keys = self.tombstone_keys
        hashes = {key: tombstones(keys, *key, report.external_ids) for key, report in first.items()}
        known, standing = await known_or_erased(connection, list(first), [h for own in hashes.values() for h in own])
        erased = [key for key, own in hashes.items() if not standing.isdisjoint(own)] if standing else []
        return dict.fromkeys(erased) | (await get_installs(connection, list(known)) if known else {})

    async def _erased_meanwhile(self, connection: Any, new: Sequence[Install]) -> dict[InstallKey, None]:
        """Those of the new installs that are gone again, with their clicks."""
        stored = {row.key: Whose(*row.key, row.external_ids) for row in new}
        gone = await erase_again(connection, self.tombstone_keys, stored.values())
        for one, what in gone.items():
            await self.clicks.erase_named(one.app_id, what.names)
        return {key: None for key, one in stored.items() if one in gone}

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
                incomplete = await self._incomplete(gathered)
        except (RedisError, OSError, TimeoutError) as error:
            self.outages.away(error, "redis")  # the installs are counted as pending, and matched once it is back
            return [PENDING_VERDICT if needs_clicks(case) else case for case in cases]
        decided: list[Case | Verdict] = []
        for case in gathered:
            if incomplete is not None and needs_addresses(case):
                decided.append(incomplete)
            else:
                decided.append(LATE_CLICK_VERDICT if awaits_click(case.facts, case.evidence, case.policy) else case)
        return decided

    async def _incomplete(self, gathered: Sequence[Case]) -> Verdict | None:
        """What becomes of installs that their addresses decide about, while clicks of an outage are still in spools;
        None where all that was clicked is stored.
        """
        if not any(map(needs_addresses, gathered)):
            return None
        if self.outages.is_failing("redis"):  # back this very moment: redirectors may not know it yet
            return PENDING_VERDICT
        return LATE_CLICK_VERDICT if await self.clicks.is_draining() else None

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
        won = await store_installs(connection, self._with_what_follows(rows, reports, decided), self.directory.layout)
        new = [row for row in rows if row.key in won]
        await self._join_waiting(connection, new)
        stored = {row.key: row for row in new}
        lost = [row for row in rows if row.key not in won]
        if lost:
            stored |= await get_installs(connection, [row.key for row in lost])
            if len(stored) < len(rows):
                raise unavailable("an install that is being erased")
            # the claim on a click that the stored row has, too, is that row's
            ours = [row for row in lost if row.click_id is not None and stored[row.key].click_id != row.click_id]
            await release_claims(connection, [(str(row.click_id), *row.key) for row in ours])
        return Stored(stored, new)

    def _with_what_follows(
        self, rows: Sequence[Install], reports: Sequence[InstallReport], verdicts: Sequence[Verdict]
    ) -> NewInstalls:
        events = [install_event(row, report.flags) for row, report in zip(rows, reports, strict=True)]
        sent = (
            deliveries(event, known(row), self._destinations(row.app_id))
            for row, event in zip(rows, events, strict=True)
        )
        seen = ((row.key, verdict.observation) for row, verdict in zip(rows, verdicts, strict=True))
        return NewInstalls(
            rows=rows,
            events=events,
            deliveries=[delivery for of_one in sent for delivery in of_one],
            seen=[(key, msgspec.to_builtins(one)) for key, one in seen if one is not None],
        )

    async def _join_waiting(self, connection: Any, new: Sequence[Install]) -> None:
        """The events that waited for these installs, and what those bring."""
        if not new:
            return
        arrived = [(row.app_id, row.install_id, row.external_ids) for row in new]
        joined = await join_events(connection, arrived, self.directory.layout)
        if not joined:
            return
        pending = {row.key for row in new if row.match_method == PENDING}
        ready = [event.ref for event in joined if event.install not in pending]
        now = new[0].received_at
        if ready:
            await release_for_events(connection, ready, now)
        await join_by_what_they_bring(connection, [event.ref for event in joined], now)

    def _destinations(self, app_id: str) -> tuple[Destination, ...]:
        entry = self.directory.get(app_id)
        return entry.destinations if entry is not None else ()


def _consent_word(report: InstallReport, stored: Mapping[InstallKey, Install | None]) -> ConsentWord | None:
    """What a report says of consent beyond its install, which was there before it: something else, or later."""
    install = stored[report.app_id, report.install_id]
    answers: Mapping[str, str] = report.body.get("consent") or {}
    if install is None or not answers:
        return None
    if answers == install.body.get("consent") and report.occurred_at <= install.occurred_at:
        return None
    return ConsentWord(install.key, answers, report.occurred_at, BY_INSTALL)
