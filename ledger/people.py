"""Ids of people that events bring and installs did not: what joins the events of a subscription platform."""

from collections.abc import Collection, Sequence
from typing import Any

from ledger.event_refs import EventRef, columns_of

LEARN_PEOPLE = """
WITH seen AS (
    SELECT DISTINCT ON (e.app_id, brought.person) e.app_id, brought.person, e.install_id, e.received_at
    FROM unnest($1::text[], $2::bigint[]) AS given (app_id, event_key)
    JOIN events e ON e.app_id = given.app_id AND e.event_key = given.event_key
    CROSS JOIN unnest(e.external_ids) AS brought (person)
    JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id
    WHERE NOT i.external_ids @> ARRAY[brought.person] AND brought.person <> i.install_id
        -- by its full name: a bare `person` would be p's own, and an install would learn one id and no further one
        AND NOT EXISTS (SELECT FROM person_installs p
            WHERE p.app_id = e.app_id AND p.person = brought.person AND p.install_id = e.install_id)
    ORDER BY e.app_id, brought.person, e.received_at DESC
)
INSERT INTO person_installs (app_id, person, install_id, seen_at)
SELECT app_id, person, install_id, received_at FROM seen
ON CONFLICT (app_id, person) DO UPDATE SET install_id = excluded.install_id, seen_at = excluded.seen_at
RETURNING app_id, install_id, person
"""


async def learn_people(connection: Any, events: Sequence[EventRef]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Keep the ids that these events bring to their installs. Returns what is new, (app_id, install_id, ids) each, as
    `ledger.events.join_events` takes it. Rows go in by id, so that two transactions meet them in the same order.
    """
    if not events:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    for row in await connection.fetch(LEARN_PEOPLE, *columns_of(events)):
        found.setdefault((row["app_id"], row["install_id"]), []).append(row["person"])
    return [(app_id, install_id, tuple(people)) for (app_id, install_id), people in found.items()]


# the latest one that events alone say is theirs, and all that say so themselves
ALL_INSTALLS_OF = """
SELECT given.app_id, given.person, theirs.install_id FROM unnest($1::text[], $2::text[]) AS given (app_id, person)
CROSS JOIN LATERAL (
    SELECT install_id FROM installs WHERE app_id = given.app_id AND external_ids @> ARRAY[given.person]
    UNION SELECT install_id FROM person_installs WHERE app_id = given.app_id AND person = given.person
) AS theirs
"""


async def all_installs_of(connection: Any, people: Collection[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """(app_id, person) -> ids of their installs; people without one are left out."""
    found: dict[tuple[str, str], set[str]] = {}
    columns = [app_id for app_id, _ in people], [person for _, person in people]
    for row in await connection.fetch(ALL_INSTALLS_OF, *columns):
        found.setdefault((row["app_id"], row["person"]), set()).add(row["install_id"])
    return found
