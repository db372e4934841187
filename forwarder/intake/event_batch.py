"""Storing events: the rows, joined to their installs where these are known, and their deliveries, in one
transaction.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from forwarder import metrics
from forwarder.directory import Directory
from forwarder.intake.install_batch import ACQUIRE_TIMEOUT_S
from forwarder.intake.joining import join, join_by_what_they_bring
from forwarder.intake.revenue import is_refused
from forwarder.intake.routing import Destination, deliveries
from ledger.deliveries import NewDelivery, insert_deliveries
from ledger.erasure import TombstoneKeys, erased, tombstones
from ledger.events import NewEvent, insert_events
from ledger.installs import KnownInstall
from ledger.report_deltas import count_events
from ledger.revenue_sources import note_second_sources

Outcome = Literal["accepted", "duplicate", "erased"]
EventKey = tuple[str, str]
"""(app_id, event_id)."""


@dataclass(frozen=True, slots=True)
class EventLedger:
    """What storing events needs."""

    pool: Any
    directory: Directory
    tombstone_keys: TombstoneKeys

    async def commit(self, requests: Sequence[Sequence[NewEvent]]) -> list[list[Outcome]]:
        """What became of each event of each request. See GroupCommit."""
        first: dict[EventKey, NewEvent] = {}
        for events in requests:
            for event in events:
                first.setdefault((event.app_id, event.event_id), event)
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            gone = await self._erased(connection, list(first.values()))
            wanted = [event for key, event in first.items() if key not in gone]
            async with connection.transaction():
                new = await self.store(connection, wanted)
        return [[_outcome(event, first, new, gone) for event in events] for events in requests]

    async def _erased(self, connection: Any, events: Sequence[NewEvent]) -> set[EventKey]:
        hashes = [tombstones(self.tombstone_keys, e.app_id, e.install_id, e.external_ids) for e in events]
        standing = await erased(connection, [one for of_event in hashes for one in of_event])
        if not standing:
            return set()
        return {
            (event.app_id, event.event_id)
            for event, own in zip(events, hashes, strict=True)
            if any(one in standing for one in own)
        }

    async def store(self, connection: Any, events: Sequence[NewEvent]) -> dict[EventKey, int]:
        """Store the events that are new, joined to their installs, with their deliveries; returns their event_keys.

        Runs in the caller's transaction.
        """
        joined = await join(connection, events)
        keys = await insert_events(connection, [event for event, _ in joined])
        new = [(event, install) for event, install in joined if (event.app_id, event.event_id) in keys]
        made: list[NewDelivery] = []
        rivals: dict[tuple[str, str], datetime] = {}
        for event, install in new:
            key = keys[event.app_id, event.event_id]
            own = list(deliveries(event, key, install, self._destinations(event.app_id)))
            if any(is_refused(delivery.reason) for delivery in own):
                rivals[event.app_id, event.source] = event.received_at
            made += own
        await insert_deliveries(connection, made)
        await note_second_sources(connection, rivals)
        await count_events(
            connection, [(e.app_id, keys[e.app_id, e.event_id]) for e, install in new if _counts(install)]
        )
        bringing = [(event, keys[event.app_id, event.event_id]) for event, _ in new if event.joined]
        if any(event.external_ids for event, _ in bringing):
            with_ids = [(event.app_id, key) for event, key in bringing if event.external_ids]
            await join_by_what_they_bring(connection, with_ids, bringing[0][0].received_at)
        _count([event for event, _ in new], rivals)
        return keys

    def _destinations(self, app_id: str) -> tuple[Destination, ...]:
        entry = self.directory.get(app_id)
        return entry.destinations if entry is not None else ()


def _counts(install: KnownInstall | None) -> bool:
    """Whether a report counts the install's events; of one whose match is pending it is asked again under its lock."""
    return install is not None and install.match_method != "none"


def _count(events: Sequence[NewEvent], rivals: Mapping[tuple[str, str], datetime]) -> None:
    for (app_id, source), count in Counter((event.app_id, event.source) for event in events).items():
        metrics.count_events(app_id, source, count)
    for app_id, source in rivals:
        metrics.SECOND_REVENUE_SOURCE.labels(app_id, source).inc()


def _outcome(
    event: NewEvent, first: Mapping[EventKey, NewEvent], new: Mapping[EventKey, int], erased_keys: set[EventKey]
) -> Outcome:
    key = (event.app_id, event.event_id)
    if key in erased_keys:
        return "erased"
    return "accepted" if key in new and first[key] is event else "duplicate"
