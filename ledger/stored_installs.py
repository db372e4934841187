"""Installs as they come in: their rows, their events and deliveries, what they teach and what reports count of them, in
one statement.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ledger.deliveries import NewDelivery
from ledger.events import NewEvent
from ledger.installs import Install, InstallKey
from ledger.partitions import LAYOUTS, Layout, layout_of
from ledger.report_deltas import DELTAS
from ledger.report_facts import added_up, credited, inserted, install_facts
from ledger.row_inserts import SEPARATOR, of_json
from ledger.stored_events import deliveries_of, delivery_values, event_values, events_of


class NewInstalls(msgspec.Struct, frozen=True):
    """Installs before they are stored, with what follows from those that turn out to be new."""

    rows: Sequence[Install]
    events: Sequence[NewEvent] = ()
    """Of each its own."""
    deliveries: Sequence[NewDelivery] = ()
    """Of those events."""
    seen: Sequence[tuple[InstallKey, Mapping[str, Any]]] = ()
    """What their matches teach (`forwarder.matching.observation.Observation`, plain values)."""


_INSTALL: Final = """
installs (app_id, install_id, platform, occurred_at, received_at, body, match_method, match_probability,
    match_reason, match_detail, click_id, click, external_ids)
VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::jsonb, $7::text, $8::float8, $9::text,
    $10::jsonb, $11::text, $12::jsonb, string_to_array($13::text, E'\\x1f'))
ON CONFLICT (app_id, install_id) DO NOTHING
RETURNING *
"""
STORE_INSTALLS: Final = {
    layout: f"""
WITH won AS ({of_json(f"INSERT INTO {_INSTALL}", "jsonb_array_elements($1::jsonb) AS r")}),
{events_of(layout, "$2", "JOIN won ON won.app_id = r ->> 0 AND won.install_id = r ->> 4")},
sent AS ({deliveries_of("$3")}),
seen AS (
    INSERT INTO match_observations (seen)
    SELECT r -> 2 FROM jsonb_array_elements($4::jsonb) AS r
    JOIN won ON won.app_id = r ->> 0 AND won.install_id = r ->> 1
),
counted AS ({inserted(DELTAS, added_up(credited(install_facts("won i"))))})
SELECT app_id, install_id FROM won
"""  # noqa: S608 - put together from the ledger's own text
    for layout in LAYOUTS
}


async def store_installs(connection: Any, new: NewInstalls, layout: Layout | None = None) -> set[InstallKey]:
    """Store those that are not there yet; returns the keys of the new ones. `connection` is an asyncpg connection or
    pool.

    An install that another transaction is storing is waited for, and then not new: nothing of it is stored. Rows go in
    by key, so that two transactions storing the same installs meet them in the same order. Raises as `store_events`.
    """
    rows = await connection.fetch(
        STORE_INSTALLS[layout or await layout_of(connection)],
        [_values(install) for install in sorted(new.rows, key=lambda install: install.key)],
        [event_values(event) for event in new.events],
        [delivery_values(delivery) for delivery in new.deliveries],
        [(*key, seen) for key, seen in new.seen],
    )
    return {(row["app_id"], row["install_id"]) for row in rows}


def _values(install: Install) -> tuple[Any, ...]:
    return (
        install.app_id,
        install.install_id,
        install.platform,
        install.occurred_at,
        install.received_at,
        install.body,
        install.match_method,
        install.match_probability,
        install.match_reason,
        install.match_detail,
        install.click_id,
        install.click,
        SEPARATOR.join(install.external_ids),
    )
