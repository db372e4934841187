"""Storing events: the rows, joined to their installs where these are known, and their deliveries, in one
transaction.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from forwarder import metrics
from forwarder.directory import Directory
from forwarder.intake.install_batch import ACQUIRE_TIMEOUT_S
from forwarder.routing import Destination, deliveries
from ledger.deliveries import NewDelivery, insert_deliveries
from ledger.erasure import TombstoneKeys, erased, tombstones
from ledger.events import NewEvent, insert_events
from ledger.installs import KnownInstall, installs_of_people, known_installs

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
                stored = await self._store(connection, wanted)
        for (app_id, source), count in Counter((event.app_id, event.source) for event in stored).items():
            metrics.count_events(app_id, source, count)
        new = {(event.app_id, event.event_id) for event in stored}
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

    async def _store(self, connection: Any, events: Sequence[NewEvent]) -> list[NewEvent]:
        """The events that are new, joined to their installs, with their deliveries made."""
        joined = await _join(connection, events)
        keys = await insert_events(connection, [event for event, _ in joined])
        made: list[NewDelivery] = []
        new: list[NewEvent] = []
        for event, install in joined:
            key = keys.get((event.app_id, event.event_id))
            if key is not None:
                new.append(event)
                made += deliveries(event, key, install, self._destinations(event.app_id))
        await insert_deliveries(connection, made)
        return new

    def _destinations(self, app_id: str) -> tuple[Destination, ...]:
        entry = self.directory.get(app_id)
        return entry.destinations if entry is not None else ()


async def _join(connection: Any, events: Sequence[NewEvent]) -> list[tuple[NewEvent, KnownInstall | None]]:
    """Each event with its install: the one it names, else the person's latest; an event that names none takes its
    id.
    """
    named = {(event.app_id, event.install_id) for event in events if event.install_id is not None}
    people = {(e.app_id, person) for e in events if e.install_id is None for person in e.external_ids}
    by_id = await known_installs(connection, sorted(named))
    by_person = await installs_of_people(connection, sorted(people))
    return [_joined(event, by_id, by_person) for event in events]


def _joined(
    event: NewEvent, by_id: Mapping[tuple[str, str], KnownInstall], by_person: Mapping[tuple[str, str], KnownInstall]
) -> tuple[NewEvent, KnownInstall | None]:
    if event.install_id is not None:
        install = by_id.get((event.app_id, event.install_id))
    else:
        found = (by_person.get((event.app_id, person)) for person in event.external_ids)
        install = next((one for one in found if one is not None), None)
    if install is None:
        return event, None
    return replace(event, joined=True, install_id=install.install_id), install


def _outcome(
    event: NewEvent, first: Mapping[EventKey, NewEvent], new: set[EventKey], erased_keys: set[EventKey]
) -> Outcome:
    key = (event.app_id, event.event_id)
    if key in erased_keys:
        return "erased"
    return "accepted" if key in new and first[key] is event else "duplicate"
