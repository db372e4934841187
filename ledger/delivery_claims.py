"""The queue: due deliveries are claimed under a lease, sent, and settled by whoever still holds that lease.

A worker that dies leaves its rows `sending`; once their lease has ended they are claimed like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from ledger.deliveries import State
from ledger.partitions import Place, in_place


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send what was claimed under it: deliveries of one app, and of one partition."""

    app_id: str
    token: str
    """Unique per claim: settling asks for the same."""
    until: datetime
    """From then on another worker may claim the same rows."""
    place: Place = ""
    """Where they lie."""

    def lasts(self, takes: timedelta, now: datetime) -> bool:
        """Whether what begins now, and takes so long, is over before another worker may claim the same rows."""
        return now + takes <= self.until


class Claimed(msgspec.Struct, frozen=True):
    """A delivery in hand, with the event, install and click it is made of as they are now."""

    delivery_id: int
    app_id: str
    event_id: str
    target_event: str
    attempts: int
    """Sends so far that count against the schedule."""
    due_at: datetime
    """Its place in the queue before it was claimed."""
    takeovers: int
    """How many workers in a row had claimed it and did not come back."""
    maybe_arrived_at: datetime | None
    payload: str | None
    """The row as it was first sent; None before that."""
    occurred_at: datetime
    value: Decimal | None
    currency: str | None
    event_body: dict[str, Any]
    external_ids: tuple[str, ...]
    """Those of the event."""
    install_id: str | None
    """Of the install, or what the event says of it while it is not known."""
    match_method: str | None
    """None while the install is not known."""
    installed_at: datetime | None
    """The install's `occurred_at`."""
    install_body: dict[str, Any] | None
    install_external_ids: tuple[str, ...]
    click: dict[str, Any] | None


# By the app of what was picked and not by the parameter: while a table has no statistics, as in its first minutes,
# PostgreSQL takes all rows of an app for a few, and would meet each of them with each of the batch.
CLAIM = """
WITH picked AS (
    SELECT app_id, delivery_id, state, next_attempt_at FROM deliveries
    WHERE app_id = $6 AND pixel_id = $1 AND state IN ('due', 'sending') AND next_attempt_at <= $5
    ORDER BY next_attempt_at LIMIT $4 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE deliveries d SET state = 'sending', lease = $2, next_attempt_at = $3,
        takeovers = d.takeovers + (picked.state = 'sending')::integer
    FROM picked WHERE d.app_id = picked.app_id AND d.delivery_id = picked.delivery_id
    RETURNING d.delivery_id, d.app_id, d.event_key, d.event_id, d.target_event, d.attempts, d.maybe_arrived_at,
        d.payload, picked.next_attempt_at AS due_at, d.takeovers
)
SELECT c.delivery_id, c.app_id, c.event_id, c.target_event, c.attempts, c.due_at, c.takeovers, c.maybe_arrived_at,
    c.payload, e.occurred_at, e.value, e.currency, e.body AS event_body, e.external_ids,
    coalesce(i.install_id, x.install_id, e.install_id) AS install_id,
    coalesce(i.match_method, x.match_method) AS match_method,
    coalesce(i.occurred_at, x.occurred_at) AS installed_at,
    coalesce(i.body, x.body) AS install_body,
    coalesce(i.external_ids, x.external_ids) AS install_external_ids,
    CASE WHEN i.install_id IS NOT NULL THEN i.click ELSE x.click END AS click
FROM claimed c
JOIN events e ON e.app_id = c.app_id AND e.event_key = c.event_key
LEFT JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id
-- an event known by external ids alone: the install may have come meanwhile
LEFT JOIN LATERAL (
    SELECT * FROM installs
    WHERE i.install_id IS NULL AND cardinality(e.external_ids) > 0 AND installs.app_id = $6
        AND (installs.install_id = ANY(e.external_ids) OR installs.external_ids && e.external_ids)
    ORDER BY installs.received_at LIMIT 1
) x ON true
ORDER BY c.due_at, c.delivery_id
"""


async def claim(connection: Any, pixel_id: str, lease: Lease, limit: int, now: datetime) -> list[Claimed]:
    """Up to `limit` deliveries of the pixel that are due or whose lease has ended, the oldest first. The pixel is one
    of the lease's app.

    What another worker is claiming at this moment is passed over, so that any number of them may call it at once.
    """
    rows = await connection.fetch(
        in_place(CLAIM, lease.place), pixel_id, lease.token, lease.until, limit, now, lease.app_id
    )
    return [_claimed(row) for row in rows]


def _claimed(row: Any) -> Claimed:
    fields = dict(row)
    fields["external_ids"] = tuple(fields["external_ids"])
    fields["install_external_ids"] = tuple(fields["install_external_ids"] or ())
    return Claimed(**fields)


class Prepared(msgspec.Struct, frozen=True):
    """What a delivery is about to be sent as."""

    delivery_id: int
    payload: str | None
    """The row for its first send; None when one is stored already."""
    notes: tuple[str, ...]
    install_id: str | None


# The rows that are still under the lease are looked up one by one and held, then changed by their keys alone; what is
# said of each is looked up by its number. Of a join with rows that come as parameters PostgreSQL, where it has no
# statistics or those of a queue that nobody sends yet, takes the queue for one row, and meets each with each.
_HELD: Final = """held AS MATERIALIZED (
    SELECT still.app_id, still.delivery_id FROM unnest($2::bigint[]) AS given (delivery_id)
    CROSS JOIN LATERAL (
        SELECT app_id, delivery_id FROM deliveries
        WHERE app_id = $4 AND delivery_id = given.delivery_id AND state = 'sending' AND lease = $1
        OFFSET 0 FOR NO KEY UPDATE
    ) AS still
)"""
STORE_PREPARED = f"""
WITH {_HELD}
UPDATE deliveries d SET
    payload = coalesce(d.payload, $3::jsonb -> d.delivery_id::text ->> 0),
    notes = CASE WHEN d.payload IS NULL THEN string_to_array($3::jsonb -> d.delivery_id::text ->> 1, E'\\n')
        ELSE d.notes END,
    install_id = coalesce(d.install_id, $3::jsonb -> d.delivery_id::text ->> 2),
    maybe_arrived_at = coalesce(d.maybe_arrived_at, $5)
FROM held WHERE d.app_id = held.app_id AND d.delivery_id = held.delivery_id
RETURNING d.delivery_id
"""  # noqa: S608 - the module's own text, here and below


async def store_prepared(connection: Any, lease: Lease, rows: Sequence[Prepared], now: datetime) -> set[int]:
    """Keep the payloads and start the 48 hours, before the send. Returns the ids that are still under the lease."""
    stored = await connection.fetch(
        in_place(STORE_PREPARED, lease.place),
        lease.token,
        [row.delivery_id for row in rows],
        {str(row.delivery_id): (row.payload, "\n".join(row.notes), row.install_id) for row in rows},
        lease.app_id,
        now,
    )
    return {row["delivery_id"] for row in stored}


class Settled(msgspec.Struct, frozen=True):
    """What becomes of one claimed delivery."""

    delivery_id: int
    state: State
    """`sending` keeps it under the lease: it is sent again at once, without the row that spoilt the request."""
    reason: str
    attempts: int
    next_attempt_at: datetime | None
    maybe_arrived_at: datetime | None
    outcome: str | None
    """The result class of the send; None when it was not sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request, as the postback log keeps it for each delivery that was in it."""

    at: datetime
    status: int | None
    """HTTP status; None when no answer came."""
    code: int | None
    """TikTok's."""
    message: str
    request_id: str
    ms: int
    batch_rows: int = 1
    """Of the request."""
    test_event_code: str = ""
    """The request's; empty = its events count."""


SETTLE = f"""
WITH {_HELD}, settled AS (
    UPDATE deliveries d SET
        state = $3::jsonb -> d.delivery_id::text ->> 0,
        reason = $3::jsonb -> d.delivery_id::text ->> 1,
        attempts = ($3::jsonb -> d.delivery_id::text ->> 2)::integer,
        next_attempt_at = ($3::jsonb -> d.delivery_id::text ->> 3)::timestamptz,
        maybe_arrived_at = ($3::jsonb -> d.delivery_id::text ->> 4)::timestamptz,
        lease = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 0 = 'sending' THEN d.lease END,
        takeovers = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 5 IS NULL
            AND $3::jsonb -> d.delivery_id::text ->> 0 = 'due' THEN d.takeovers ELSE 0 END,
        delivered_at = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 0 = 'delivered' THEN $5::timestamptz END,
        last_outcome = coalesce($3::jsonb -> d.delivery_id::text ->> 5, d.last_outcome),
        last_code = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 5 IS NULL THEN d.last_code ELSE $7 END,
        last_message = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 5 IS NULL THEN d.last_message ELSE $8 END,
        request_id = CASE WHEN $3::jsonb -> d.delivery_id::text ->> 5 IS NULL THEN d.request_id ELSE $9 END
    FROM held WHERE d.app_id = held.app_id AND d.delivery_id = held.delivery_id
    RETURNING d.app_id, d.delivery_id, d.event_key, $3::jsonb -> d.delivery_id::text ->> 5 AS outcome
), logged AS (
    INSERT INTO attempts (app_id, delivery_id, event_key, at, outcome, status, code, message, request_id, ms,
        batch_rows, test_event_code)
    SELECT app_id, delivery_id, event_key, $5, outcome, $6, $7, $8, $9, $10, $11, $12 FROM settled
    WHERE outcome IS NOT NULL
)
SELECT delivery_id FROM settled
"""  # noqa: S608


async def settle(connection: Any, lease: Lease, settled: Sequence[Settled], sent: Sent | None) -> set[int]:
    """Write down in one statement what became of the deliveries of one request, with one row of the log for each.

    `sent` is None when none of them was sent. Returns the ids that were still under the lease; the others belong to
    another worker by now and stay untouched.
    """
    rows = await connection.fetch(
        in_place(SETTLE, lease.place),
        lease.token,
        [row.delivery_id for row in settled],
        {str(row.delivery_id): _of_row(row, was_sent=sent is not None) for row in settled},
        lease.app_id,
        *(_log_columns(sent) if sent else (None,) * 8),
    )
    return {row["delivery_id"] for row in rows}


def _of_row(row: Settled, *, was_sent: bool) -> tuple[Any, ...]:
    outcome = row.outcome if was_sent else None
    return row.state, row.reason, row.attempts, row.next_attempt_at, row.maybe_arrived_at, outcome


def _log_columns(sent: Sent) -> tuple[Any, ...]:
    answer = (sent.at, sent.status, sent.code, sent.message, sent.request_id, sent.ms)
    return (*answer, sent.batch_rows, sent.test_event_code)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to be sent."""

    pending: int
    oldest_created_at: datetime | None
    """Of those that do not merely wait for their install; None when there is none."""


BACKLOG = """
SELECT count(*) AS pending, min(created_at) FILTER (WHERE reason <> 'waiting for install') AS oldest_created_at
FROM deliveries WHERE state IN ('due', 'sending')
"""


async def backlog(connection: Any) -> Backlog:
    return Backlog(**dict(await connection.fetchrow(BACKLOG)))
