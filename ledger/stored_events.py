"""Events as they come in: their rows, their deliveries and what reports count of them, in one statement."""

from collections.abc import Sequence
from typing import Any, Final

from ledger.deliveries import NewDelivery
from ledger.events import NewEvent
from ledger.partitions import LAYOUTS, Layout, layout_of
from ledger.report_deltas import DELTAS
from ledger.report_facts import added_up, credited, event_facts, inserted
from ledger.row_inserts import SEPARATOR, of_json

_COLUMNS: Final = """
app_id, event_id, source, name, install_id, external_ids, occurred_at, received_at, value, currency,
    body, joined, flags, subscription_id"""
_VALUES: Final = """
$1::text, $2::text, $3::text, $4::text, $5::text, string_to_array($6::text, E'\\x1f'), $7::timestamptz,
    $8::timestamptz, $9::numeric, $10::text, $11::jsonb, $12::boolean, string_to_array($13::text, E'\\x1f'),
    $14::text"""
_EVENT: Final = f"events ({_COLUMNS}) VALUES ({_VALUES}) ON CONFLICT (app_id, event_id) DO NOTHING RETURNING *"
# in partitions an event is known by its id among all of them, and its key says in which it goes
_ID: Final = """
event_ids (app_id, event_id, event_key) VALUES ($1::text, $2::text, nextval('events_event_key_seq'))
ON CONFLICT (app_id, event_id) DO NOTHING
RETURNING *
"""
# One equality and not two: of two, PostgreSQL reckons with a single row, and then meets each event of a batch with each
# of its installs.
_SAME_ID: Final = "ids.app_id || E'\\x1f' || ids.event_id = (r ->> 0) || E'\\x1f' || (r ->> 1)"
_EVENT_OF_ID: Final = f"""
events ({_COLUMNS}, event_key) OVERRIDING SYSTEM VALUE VALUES ({_VALUES}, ids.event_key)
ON CONFLICT (app_id, event_key) DO NOTHING
RETURNING *
"""
_DELIVERY: Final = """
deliveries (app_id, pixel_id, event_id, source_event_id, source_event, target_event, install_id, state,
    reason, next_attempt_at, event_key)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz,
    new.event_key)
ON CONFLICT (app_id, event_key, pixel_id) DO NOTHING
"""


def events_of(layout: Layout, rows: str, which: str = "") -> str:
    """`new AS (...)`: the insert of events, in the order of `rows`, a parameter of `event_values`."""
    if layout == "plain":
        return f"new AS ({of_json(f'INSERT INTO {_EVENT}', f'{_given(rows)} {which} ORDER BY at')})"
    ids = of_json(f"INSERT INTO {_ID}", f"{_given(rows)} {which} ORDER BY at")
    with_id = f"{_given(rows)} JOIN ids ON {_SAME_ID} ORDER BY at"
    return f"ids AS ({ids}), new AS ({of_json(f'INSERT INTO {_EVENT_OF_ID}', with_id)})"


def deliveries_of(rows: str) -> str:
    """The insert of the deliveries of events that are `new`, of rows as `delivery_values` has them, in their order."""
    which = "JOIN new ON new.app_id = r ->> 0 AND new.event_id = r ->> 3"
    return of_json(f"INSERT INTO {_DELIVERY}", f"{_given(rows)} {which} ORDER BY at")


def _given(rows: str) -> str:
    return f"jsonb_array_elements({rows}::jsonb) WITH ORDINALITY AS given (r, at)"


# PostgreSQL plans by what the columns of `events` have held: where most once waited for their install it would reckon
# with none that has one, and meet each event of a batch with each of its installs. Of expressions it knows nothing.
_JOINED: Final = "CASE WHEN joined THEN true ELSE false END"
_COUNTED_OF_NEW: Final = f"""(
    SELECT app_id, event_id, source, name, install_id, occurred_at, value, currency, body, {_JOINED} AS joined,
        flags || '{{}}' AS flags
    FROM new
) AS e JOIN held i ON i.app_id = e.app_id AND i.install_id = e.install_id"""  # noqa: S608
# Each install is looked up by itself, in their order: joined by two columns they would be reckoned as one, and the
# whole table read for a few. The click is unpacked once and not for each of its fields: it stands in what is selected,
# not in a function beside it, so that of an install that was waited for it is read again, as it is then.
STORE_EVENTS: Final = {
    layout: f"""
WITH {events_of(layout, "$1")},
sent AS ({deliveries_of("$2")}),
held AS MATERIALIZED (
    SELECT i.* FROM (
        SELECT DISTINCT app_id, install_id FROM new WHERE {_JOINED} ORDER BY app_id, install_id
    ) AS of_new CROSS JOIN LATERAL (
        SELECT app_id, install_id, platform, occurred_at, body || '{{}}' AS body, click_id, click || '{{}}' AS click
        FROM installs WHERE app_id = of_new.app_id AND install_id = of_new.install_id AND match_method <> 'none'
        LIMIT 1 FOR KEY SHARE
    ) AS i
),
counted AS ({inserted(DELTAS, added_up(credited(event_facts(_COUNTED_OF_NEW))))})
SELECT app_id, event_id, event_key FROM new
"""  # noqa: S608 - put together from the ledger's own text
    for layout in LAYOUTS
}


async def store_events(
    connection: Any, events: Sequence[NewEvent], deliveries: Sequence[NewDelivery] = (), layout: Layout | None = None
) -> dict[tuple[str, str], int]:
    """Store those that are not there yet, with their deliveries; returns (app_id, event_id) -> event_key of the new
    ones. `connection` is an asyncpg connection or pool.

    Rows go in by id, so that two transactions storing the same events meet them in the same order. The credited
    installs of those that are `joined` are held until the transaction's end: a match or an erasure that comes meanwhile
    finds these events. Without a `layout` the ledger is asked for its own.

    Raises:
        asyncpg.InvalidColumnReferenceError: the ledger lies in partitions by now (`partitions.layout_of`).
    """
    if not events:
        return {}
    ordered = sorted(events, key=lambda event: (event.app_id, event.event_id))
    values = [event_values(event) for event in ordered], [delivery_values(one) for one in deliveries]
    rows = await connection.fetch(STORE_EVENTS[layout or await layout_of(connection)], *values)
    return {(row["app_id"], row["event_id"]): row["event_key"] for row in rows}


def event_values(event: NewEvent) -> tuple[Any, ...]:
    """A row of JSON, as `events_of` reads it."""
    return (
        event.app_id,
        event.event_id,
        event.source,
        event.name,
        event.install_id,
        SEPARATOR.join(event.external_ids),
        event.occurred_at,
        event.received_at,
        event.value,
        event.currency,
        event.body,
        event.joined,
        SEPARATOR.join(event.flags),
        event.subscription_id,
    )


def delivery_values(delivery: NewDelivery) -> tuple[Any, ...]:
    """A row of JSON, as `deliveries_of` reads it."""
    return (
        delivery.app_id,
        delivery.pixel_id,
        delivery.event_id,
        delivery.source_event_id,
        delivery.source_event,
        delivery.target_event,
        delivery.install_id,
        delivery.state,
        delivery.reason,
        delivery.next_attempt_at,
    )
