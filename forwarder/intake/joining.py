"""Events find their install by a person's id: at once, or as soon as another event says whose id it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from forwarder.intake.consent import undescribed
from forwarder.intake.routing import PENDING
from ledger.consent import REFUSALS, own_word
from ledger.deliveries import release_for_events
from ledger.event_refs import EventRef
from ledger.events import JoinedEvent, NewEvent, join_known
from ledger.installs import InstallKey, KnownInstall, installs_of_people, known_installs
from ledger.people import learn_people

Installs = Mapping[tuple[str, str], KnownInstall]
"""(app_id, id) -> install."""


def wanted_installs(events: Iterable[NewEvent]) -> list[InstallKey]:
    """Those that `join` has to know: what an event calls a person may be an install's id."""
    named = {(event.app_id, event.install_id) for event in events if event.install_id is not None}
    return sorted(named | _people(events))


def _people(events: Iterable[NewEvent]) -> set[tuple[str, str]]:
    return {(e.app_id, person) for e in events if e.install_id is None for person in e.external_ids}


async def join(
    connection: Any, events: Sequence[NewEvent], by_id: Installs
) -> list[tuple[NewEvent, KnownInstall | None]]:
    """Each event with its install: the one it names, else that of the first of its ids that is an install's, else the
    latest of a person known by one of them; an event that names none takes its id.

    `by_id`: the `wanted_installs` that are there.
    """
    by_person = await installs_of_people(connection, sorted(_people(events)))
    return [_joined(event, by_id, by_person) for event in events]


def _joined(event: NewEvent, by_id: Installs, by_person: Installs) -> tuple[NewEvent, KnownInstall | None]:
    if event.install_id is not None:
        install = by_id.get((event.app_id, event.install_id))
    else:
        found = (known.get((event.app_id, person)) for known in (by_id, by_person) for person in event.external_ids)
        install = next((one for one in found if one is not None), None)
    if install is None:
        return event, None
    return msgspec.structs.replace(
        event, joined=True, install_id=install.install_id, body=_told(event, install)
    ), install


def _told(event: NewEvent, install: KnownInstall) -> dict[str, Any]:
    """The event's body; without what describes a person who said no, to the event or to its install."""
    own: Mapping[str, str] = event.body.get("consent") or {}
    is_refused = own_word(own.get("marketing"), install.consent.get("marketing")) in REFUSALS
    return undescribed(event.body, event.source) if is_refused else event.body


async def join_by_what_they_bring(connection: Any, events: Sequence[EventRef], now: datetime) -> None:
    """These events have found their install. What still waits for one of the ids they bring has found it, too."""
    while people := await learn_people(connection, events):
        joined = await join_known(connection, people)
        if not joined:
            return
        events = [event.ref for event in joined]
        await release_matched(connection, joined, now)


async def release_matched(connection: Any, events: Sequence[JoinedEvent], now: datetime) -> None:
    """What is to be sent of these events is due now, but for those whose install still waits for its match: with that
    they are released. In the transaction that joined or stored them, so that none is matched meanwhile.
    """
    installs = await known_installs(connection, sorted({event.install for event in events}))
    pending = {key for key, install in installs.items() if install.match_method == PENDING}
    ready = [event.ref for event in events if event.install not in pending]
    if ready:
        await release_for_events(connection, ready, now)
