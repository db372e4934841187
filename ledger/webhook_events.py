"""What subscription platforms posted: the raw bodies, and when each was last heard of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ledger.row_inserts import SEPARATOR, inserts
from ledger.webhook_providers import Provider

BodyOutcome = Literal["event", "counted", "test", "ignored", "unread"]
"""event: it became one. counted: what it says had been said before. test: of a sandbox. ignored: no event is made of
its type. unread: no event could be read from it.
"""


@dataclass(frozen=True, slots=True)
class WebhookBody:
    """A body before it is stored."""

    app_id: str
    provider: Provider
    provider_event_id: str
    """The provider's, unique per app and provider; a digest of the body where it names none."""
    type: str
    """As the provider calls it; empty where it cannot be read."""
    outcome: BodyOutcome
    received_at: datetime
    event_key: int | None
    """The event it became."""
    people: tuple[str, ...]
    """Every id in it, so that an erasure finds it."""
    body: bytes


INSERT_BODIES = """
INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, event_key, people, body)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $7::bigint,
    string_to_array($8::text, E'\\x1f'), $9::bytea)
ON CONFLICT (app_id, provider, provider_event_id) DO NOTHING
"""


async def insert_bodies(connection: Any, bodies: Sequence[WebhookBody]) -> None:
    """Store those that are not there yet, in the order of their ids."""
    ordered = sorted(bodies, key=lambda one: (one.app_id, one.provider, one.provider_event_id))
    for statement, values in inserts(INSERT_BODIES, [_row(one) for one in ordered]):
        await connection.execute(statement, *values)


def _row(body: WebhookBody) -> tuple[Any, ...]:
    return (
        body.app_id,
        body.provider,
        body.provider_event_id,
        body.type,
        body.outcome,
        body.received_at,
        body.event_key,
        SEPARATOR.join(body.people),
        body.body,
    )


COUNTED_OF = """
SELECT body, received_at FROM webhook_bodies
WHERE app_id = $1 AND provider = $2 AND outcome = 'counted' AND type = ANY ($3::text[]) AND people @> ARRAY[$4::text]
ORDER BY body_key
"""


async def counted_bodies(connection: Any, source: tuple[str, Provider], types: Sequence[str], person: str) -> Any:
    """What came of these types and was no event, of the app and provider, and names this id: {body, received_at}."""
    return await connection.fetch(COUNTED_OF, *source, list(types), person)


BECAME = """
UPDATE webhook_bodies SET outcome = $4, event_key = $5
WHERE app_id = $1 AND provider = $2 AND provider_event_id = $3 AND outcome = 'counted'
"""


async def note_became(connection: Any, bodies: Sequence[WebhookBody]) -> None:
    """What has become of bodies that are stored and were no event until now."""
    for one in bodies:
        became = one.outcome, one.event_key
        await connection.execute(BECAME, one.app_id, one.provider, one.provider_event_id, *became)


# a row a second is enough, and keeps busy forwarders from waiting for one another
NOTE_RECEIVED = """
INSERT INTO webhook_sources AS known (app_id, provider, last_received_at)
VALUES ($1::text, $2::text, $3::timestamptz)
ON CONFLICT (app_id, provider) DO UPDATE SET last_received_at = excluded.last_received_at
WHERE excluded.last_received_at - known.last_received_at > interval '1 second'
"""


async def note_received(connection: Any, received: Mapping[tuple[str, str], datetime]) -> None:
    """(app_id, provider) -> when an authentic webhook came."""
    rows = [(app_id, provider, at) for (app_id, provider), at in sorted(received.items())]
    for statement, values in inserts(NOTE_RECEIVED, rows):
        await connection.execute(statement, *values)


LAST_RECEIVED = "SELECT app_id, provider, last_received_at FROM webhook_sources"


async def last_received(connection: Any) -> dict[tuple[str, str], datetime]:
    """(app_id, provider) -> when it was last heard of."""
    return {(row["app_id"], row["provider"]): row["last_received_at"] for row in await connection.fetch(LAST_RECEIVED)}


LIST_BODIES = """
SELECT b.body_key::text AS webhook_id, b.app_id, b.provider, b.type, b.outcome, b.received_at, e.name AS source_event,
    e.event_id AS source_event_id, e.install_id, coalesce(e.joined, false) AS joined
FROM webhook_bodies b LEFT JOIN events e USING (app_id, event_key)
WHERE ($1::text IS NULL OR b.app_id = $1) AND ($2::text IS NULL OR b.provider = $2) AND b.body_key < $3
ORDER BY b.body_key DESC LIMIT $4
"""
BEFORE_ALL: Final = 2**63 - 1


async def list_bodies(
    connection: Any, app_id: str | None, provider: str | None, limit: int, before: int = BEFORE_ALL
) -> list[dict[str, Any]]:
    """What came, newest first: {webhook_id, app_id, provider, type, outcome, received_at, source_event,
    source_event_id, install_id, joined}; None for `app_id` or `provider` = any.
    """
    return [dict(row) for row in await connection.fetch(LIST_BODIES, app_id, provider, before, limit)]


SHOW_BODY = """
SELECT b.body_key::text AS webhook_id, b.app_id, b.provider, b.provider_event_id, b.type, b.outcome, b.received_at,
    e.name AS source_event, e.event_id AS source_event_id, e.install_id, coalesce(e.joined, false) AS joined,
    e.value, e.currency, b.body
FROM webhook_bodies b LEFT JOIN events e USING (app_id, event_key)
WHERE b.body_key = $1
"""


async def show_body(connection: Any, body_key: int) -> dict[str, Any] | None:
    """One, with the `body` as bytes; None where there is none of this id."""
    row = await connection.fetchrow(SHOW_BODY, body_key)
    return dict(row) if row is not None else None
