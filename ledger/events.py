"""Events: what the app or a subscription platform reported, each once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ledger.consent import ConsentWord, event_word, note_consent
from ledger.event_refs import EventRef
from ledger.installs import InstallKey
from ledger.partitions import Layout, in_place, layout_of, place_of
from ledger.report_deltas import count_events


class NewEvent(msgspec.Struct, frozen=True):
    """An event before it is stored."""

    app_id: str
    event_id: str
    """Unique per app; the install itself is `install:<install_id>`."""
    source: str
    """sdk, or the webhook provider's name."""
    name: str
    install_id: str | None
    external_ids: tuple[str, ...]
    occurred_at: datetime
    received_at: datetime
    value: Decimal | None
    """In units of `currency`."""
    currency: str | None
    body: dict[str, Any]
    """{properties, user, consent, limited_data_use, ip, user_agent}, only what was given."""
    joined: bool
    """Its install is known."""
    flags: tuple[str, ...]
    subscription_id: str | None = None
    """Of a webhook: what the start and the end of a subscription have in common."""


class JoinedEvent(msgspec.Struct, frozen=True):
    """An event that has found its install."""

    event_key: int
    install: InstallKey

    @property
    def ref(self) -> EventRef:
        return self.install[0], self.event_key


# by the install that an event names, and by a person's id where it names none
JOIN_EVENTS = """
WITH named AS (
    UPDATE events e SET joined = true
    FROM unnest($1::text[], $2::text[]) AS arrived (app_id, install_id)
    WHERE NOT e.joined AND e.app_id = arrived.app_id AND e.install_id = arrived.install_id
    RETURNING e.event_key, e.app_id, e.install_id, e.event_id, e.occurred_at, e.body -> 'consent' AS consent
), joining AS (
    SELECT DISTINCT ON (arrived.app_id, e.event_key) arrived.app_id, e.event_key, arrived.install_id
    FROM unnest($3::text[], $4::text[], $5::text[]) AS arrived (app_id, install_id, external_id)
    -- OFFSET keeps it a look-up per id: joined by app, every waiting event would be held against every id
    CROSS JOIN LATERAL (
        SELECT event_key FROM events
        WHERE NOT joined AND install_id IS NULL AND app_id = arrived.app_id
            AND external_ids @> ARRAY[arrived.external_id] OFFSET 0
    ) AS e
), joined AS (
    UPDATE events e SET joined = true, install_id = joining.install_id
    -- asked anew of what was waited for: another install of the person may have taken it, and it counts once
    FROM joining WHERE e.app_id = joining.app_id AND e.event_key = joining.event_key AND NOT e.joined
    RETURNING e.event_key, e.app_id, e.install_id, e.event_id, e.occurred_at, e.body -> 'consent' AS consent
), deliveries_joined AS (
    UPDATE deliveries d SET install_id = joined.install_id FROM joined
    WHERE d.app_id = joined.app_id AND d.event_key = joined.event_key
)
SELECT event_key, app_id, install_id, event_id, occurred_at, consent FROM named
UNION ALL
SELECT event_key, app_id, install_id, event_id, occurred_at, consent FROM joined
"""


# In which partitions the update may have something to do: each is looked through once for all ids, as one look for each
# id would take as often as long. That an id is another app's is found by the update; with the app,
# the index of all that wait for anybody would be read.
WAITED_IN = """
SELECT tableoid::regclass::text FROM events
WHERE NOT joined AND install_id IS NOT NULL AND app_id = ANY ($1::text[]) AND install_id = ANY ($2::text[])
UNION
SELECT tableoid::regclass::text FROM events
WHERE NOT joined AND external_ids && $3::text[]
"""


# before their events, as who erases takes them: one that is gone by then joins nothing
HOLD_INSTALLS = """
SELECT i.app_id, i.install_id FROM unnest($1::text[], $2::text[]) AS arrived (app_id, install_id)
JOIN installs i ON i.app_id = arrived.app_id AND i.install_id = arrived.install_id
ORDER BY i.app_id, i.install_id FOR KEY SHARE OF i
"""


async def join_known(
    connection: Any, installs: Sequence[tuple[str, str, tuple[str, ...]]], layout: Layout | None = None
) -> list[JoinedEvent]:
    """`join_events` for installs that somebody may be erasing. In the caller's transaction."""
    columns = [install[0] for install in installs], [install[1] for install in installs]
    held = {(row["app_id"], row["install_id"]) for row in await connection.fetch(HOLD_INSTALLS, *columns)}
    there = [install for install in installs if install[:2] in held]
    return await join_events(connection, there, layout) if there else []


async def join_events(
    connection: Any, installs: Sequence[tuple[str, str, tuple[str, ...]]], layout: Layout | None = None
) -> list[JoinedEvent]:
    """Join waiting events to installs that arrived, (app_id, install_id, external_ids) each; returns the joined ones.

    An event that names no install and waits for a person takes the install's id, and so do its deliveries. What an
    event calls a person may be the install's own id: a subscription platform knows no other word for it. What it says
    of consent is its install's from now on. Without a `layout` the ledger is asked for its own.
    """
    app_ids, install_ids = [install[0] for install in installs], [install[1] for install in installs]
    people = [(app_id, install_id, one) for app_id, install_id, ids in installs for one in (install_id, *ids)]
    columns = [[person[at] for person in people] for at in range(3)]
    arrived, places = (app_ids, install_ids, *columns), [""]
    if (layout or await layout_of(connection)) == "partitioned":
        found = await connection.fetch(WAITED_IN, list(set(app_ids)), install_ids, columns[2])
        places = [place_of(row[0], "events") for row in found]
    rows = [row for place in places for row in await connection.fetch(in_place(JOIN_EVENTS, place), *arrived)]
    await count_events(connection, [(row["app_id"], row["event_key"]) for row in rows])
    await note_consent(connection, [_word(row) for row in rows if row["consent"]])
    return [JoinedEvent(row["event_key"], (row["app_id"], row["install_id"])) for row in rows]


def _word(row: Any) -> ConsentWord:
    return event_word((row["app_id"], row["install_id"]), row["consent"], row["occurred_at"], row["event_id"])


LATE_INSTALLS = """
WITH waiting AS MATERIALIZED (
    SELECT app_id, install_id, external_ids FROM events WHERE NOT joined AND received_at > $1 AND received_at <= $3
), people AS MATERIALIZED (
    SELECT DISTINCT app_id, person FROM waiting CROSS JOIN unnest(external_ids) AS person WHERE install_id IS NULL
)
SELECT i.app_id, i.install_id, NULL AS person FROM waiting JOIN installs i USING (app_id, install_id)
UNION
SELECT i.app_id, i.install_id, people.person FROM people
JOIN installs i ON i.app_id = people.app_id AND i.install_id = people.person
UNION
(SELECT DISTINCT ON (people.app_id, people.person) i.app_id, i.install_id, people.person
    FROM people JOIN installs i ON i.app_id = people.app_id AND i.external_ids @> ARRAY[people.person]
    ORDER BY people.app_id, people.person, i.received_at DESC)
UNION
SELECT p.app_id, p.install_id, p.person FROM people JOIN person_installs p USING (app_id, person)
LIMIT $2
"""


async def late_installs(
    connection: Any, since: datetime, until: datetime, limit: int
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Installs that are there although an event received after `since`, and not after `until`, still waits for them, as
    `join_events` takes them: with those of their ids that are waited for.

    An install and its event stored at the same moment do not see one another; this finds them afterwards.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for row in await connection.fetch(LATE_INSTALLS, since, limit, until):
        people = found.setdefault((row["app_id"], row["install_id"]), [])
        if row["person"] is not None:
            people.append(row["person"])
    return [(app_id, install_id, tuple(people)) for (app_id, install_id), people in found.items()]
