"""Storing events: the rows, joined to their installs where these are known, and their deliveries, all or nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from forwarder import metrics
from forwarder.directory import Directory
from forwarder.intake.install_batch import ACQUIRE_TIMEOUT_S
from forwarder.intake.joining import join, join_by_what_they_bring, release_matched, wanted_installs
from forwarder.intake.revenue import is_refused
from forwarder.intake.routing import PENDING, Destination, deliveries
from ledger.consent import ConsentWord, event_word, note_consent, person_word
from ledger.deliveries import NewDelivery
from ledger.erased_meanwhile import Whose, erase_again
from ledger.erasure import TombstoneKeys, tombstones
from ledger.events import JoinedEvent, NewEvent
from ledger.installs import KnownInstall, known_installs
from ledger.known_or_erased import known_or_erased
from ledger.people import all_installs_of
from ledger.revenue_sources import note_second_sources
from ledger.stored_events import store_events

Outcome = Literal["accepted", "duplicate", "erased"]
EventKey = tuple[str, str]
"""(app_id, event_id)."""


def app_of(request: Sequence[NewEvent]) -> str:
    """Whose key the request came with: all its events are of one app."""
    return request[0].app_id


@dataclass(frozen=True, slots=True)
class Routed:
    """Events that know their installs, where those are known, and where they go."""

    events: Sequence[NewEvent]
    deliveries: list[NewDelivery] = field(default_factory=list)
    rivals: set[EventKey] = field(default_factory=set)
    """Sales of a source whose sales are not sent."""
    words: dict[EventKey, ConsentWord] = field(default_factory=dict)
    """What they say of consent."""
    of_people: set[EventKey] = field(default_factory=set)
    """Those of the words that name a person and no install."""
    pending: set[EventKey] = field(default_factory=set)
    """Those whose install waited for its match when it was asked for."""

    @property
    def is_all(self) -> bool:
        """Whether nothing else is to be done: no second source or consent to note, no person's id to learn, no match
        that may have come meanwhile.
        """
        nothing = not self.rivals and not self.words and not self.pending
        return nothing and not any(event.joined and event.external_ids for event in self.events)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is new."""

    keys: Mapping[EventKey, int]
    """Their event_keys."""
    events: Sequence[NewEvent]
    """As they are stored: joined to their installs."""

    @property
    def whose(self) -> list[Whose]:
        """By which ids they are erased."""
        return [Whose(event.app_id, event.install_id, event.external_ids) for event in self.events]


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
            hashes = {key: self._tombstones(event) for key, event in first.items()}
            asked = wanted_installs(first.values()), [one for of_event in hashes.values() for one in of_event]
            by_id, standing = await known_or_erased(connection, *asked)
            gone = {key for key, own in hashes.items() if not standing.isdisjoint(own)} if standing else set()
            joined = await join(connection, [event for key, event in first.items() if key not in gone], by_id)
            routed = self._route(joined, first)
            # mostly there is one statement, which needs no transaction around it
            async with nullcontext() if routed.is_all else connection.transaction():
                new = await self._store(connection, routed)
            gone |= await self._erased_meanwhile(connection, new)
        return [[_outcome(event, first, new.keys, gone) for event in events] for events in requests]

    async def _erased_meanwhile(self, connection: Any, new: Stored) -> set[EventKey]:
        """Those of the new events that are gone again."""
        gone = await erase_again(connection, self.tombstone_keys, new.whose)
        if not gone:
            return set()
        return {(e.app_id, e.event_id) for e, one in zip(new.events, new.whose, strict=True) if one in gone}

    def _tombstones(self, event: NewEvent) -> list[bytes]:
        return tombstones(self.tombstone_keys, event.app_id, event.install_id, event.external_ids)

    async def store(self, connection: Any, events: Sequence[NewEvent]) -> Stored:
        """Store the events that are new, joined to their installs, with their deliveries.

        Runs in the caller's transaction, behind which the caller erases again who was erased meanwhile.
        """
        by_id = await known_installs(connection, wanted_installs(events))
        given = {(event.app_id, event.event_id): event for event in events}
        return await self._store(connection, self._route(await join(connection, events, by_id), given))

    def _route(
        self, joined: Sequence[tuple[NewEvent, KnownInstall | None]], given: Mapping[EventKey, NewEvent]
    ) -> "Routed":
        routed = Routed([event for event, _ in joined])
        for event, install in joined:
            key = event.app_id, event.event_id
            if word := _consent_word(event, install):
                routed.words[key] = word
                if given[key].install_id is None:
                    routed.of_people.add(key)
            if install is not None and install.match_method == PENDING:
                routed.pending.add(key)
        told = {word.install for word in routed.words.values()}
        for event, install in joined:
            hears = (event.app_id, event.install_id) in told
            for delivery in deliveries(event, install, self._destinations(event.app_id), hears=hears):
                routed.deliveries.append(delivery)
                if is_refused(delivery.reason):
                    routed.rivals.add((event.app_id, event.event_id))
        return routed

    async def _store(self, connection: Any, routed: "Routed") -> Stored:
        keys = await store_events(connection, routed.events, routed.deliveries, self.directory.layout)
        new = [event for event in routed.events if (event.app_id, event.event_id) in keys]
        refused = (event for event in new if (event.app_id, event.event_id) in routed.rivals)
        rivals = {(event.app_id, event.source): event.received_at for event in refused}
        words = [word for key, word in routed.words.items() if key in keys]
        await note_consent(connection, words + await _words_of_people(connection, new, routed))
        await note_second_sources(connection, rivals)
        if waiting := [event for event in new if (event.app_id, event.event_id) in routed.pending]:
            await release_matched(connection, [_joined(event, keys) for event in waiting], waiting[0].received_at)
        bringing = [event for event in new if event.joined and event.external_ids]
        if bringing:
            refs = [(event.app_id, keys[event.app_id, event.event_id]) for event in bringing]
            await join_by_what_they_bring(connection, refs, bringing[0].received_at)
        _count(new, rivals)
        return Stored(keys, new)

    def _destinations(self, app_id: str) -> tuple[Destination, ...]:
        entry = self.directory.get(app_id)
        return entry.destinations if entry is not None else ()


def _consent_word(event: NewEvent, install: KnownInstall | None) -> ConsentWord | None:
    """What the event says of consent; whether it is news is seen when it is noted, as the install may have heard
    something else meanwhile.
    """
    answers: Mapping[str, str] = event.body.get("consent") or {}
    if install is None or not answers:
        return None
    return event_word((install.app_id, install.install_id), answers, event.occurred_at, event.event_id)


async def _words_of_people(connection: Any, new: Sequence[NewEvent], routed: Routed) -> list[ConsentWord]:
    """What a person says without naming an install, to the others of theirs."""
    said = [event for event in new if (event.app_id, event.event_id) in routed.of_people]
    if not said:
        return []
    theirs = await all_installs_of(connection, {(event.app_id, one) for event in said for one in event.external_ids})
    return [
        person_word((event.app_id, install_id), routed.words[event.app_id, event.event_id])
        for event in said
        for install_id in {found for one in event.external_ids for found in theirs.get((event.app_id, one), ())}
        if install_id != event.install_id
    ]


def _joined(event: NewEvent, keys: Mapping[EventKey, int]) -> JoinedEvent:
    return JoinedEvent(keys[event.app_id, event.event_id], (event.app_id, str(event.install_id)))


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
