"""A pull of spend: what TikTok says of one advertiser, day and grain takes the place of what it said before.

Only differences are written, and each is kept with what stood before and after it. So the stored figures are always
the sum of all changes, and equal TikTok's last word, whatever was pulled in which order.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ledger.spend_rows import COLUMNS, Grain, SpendRow, delete_rows, put_rows, stored_rows


@dataclass(frozen=True, slots=True)
class Pull:
    """A complete answer of TikTok's: every page, nothing cut."""

    advertiser_id: str
    day: date
    """Of the advertiser's time zone."""
    grain: Grain
    pulled_at: datetime
    """When TikTok was asked."""
    rows: tuple[SpendRow, ...]
    untouched: frozenset[str] = frozenset()
    """ad_ids that the answer says nothing of: they stay as they are."""
    unsaid: frozenset[str] = frozenset()
    """Fields of a row that the answer says nothing of: they stay as they are, too."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a pull did to one row."""

    before: SpendRow | None
    """None = it is new."""
    after: SpendRow | None
    """None = TikTok no longer has it."""

    @property
    def row(self) -> SpendRow:
        found = self.after or self.before
        assert found is not None, "a change has a side"  # noqa: S101 - an invariant, not a check of input
        return found


def changes_between(
    stored: Iterable[SpendRow],
    given: Iterable[SpendRow],
    untouched: Collection[str] = (),
    unsaid: Collection[str] = (),
) -> list[Change]:
    """Pure: what makes of the stored rows those that were given."""
    before = {row.key: row for row in stored if row.ad_id not in untouched}
    after = {row.key: _completed(before.get(row.key), row, unsaid) for row in given if row.ad_id not in untouched}
    changed = [Change(before.get(key), row) for key, row in after.items() if before.get(key) != row]
    return changed + [Change(row, None) for key, row in before.items() if key not in after]


def _completed(before: SpendRow | None, row: SpendRow, unsaid: Collection[str]) -> SpendRow:
    """The row with those of its fields as they were that nothing was said of."""
    return replace(row, **{name: getattr(before, name) for name in unsaid}) if before and unsaid else row


INSERT_PULL = """
INSERT INTO spend_pulls (advertiser_id, day, grain, pulled_at, rows, changed) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING pull_id
"""
INSERT_CHANGES = """
INSERT INTO spend_changes (advertiser_id, pull_id, ad_id, begins_at, country, before, after)
SELECT $1, $2, ad_id, begins_at, country, before, after
FROM unnest($3::text[], $4::timestamptz[], $5::text[], $6::jsonb[], $7::jsonb[])
    AS rows (ad_id, begins_at, country, before, after)
"""


async def store_pull(connection: Any, pull: Pull) -> int:
    """How many rows it changed. `connection` is in a transaction of the caller's, who holds the advertiser's lease in
    it (`spend_progress.hold_lease`).
    """
    stored = await stored_rows(connection, pull.advertiser_id, pull.day, pull.grain)
    # ten thousand rows of a day by hour take a while, and others live on this loop
    changes = await asyncio.to_thread(changes_between, stored, pull.rows, pull.untouched, pull.unsaid)
    figures = pull.day, pull.grain, pull.pulled_at, len(pull.rows), len(changes)
    pull_id = await connection.fetchval(INSERT_PULL, pull.advertiser_id, *figures)
    if changes:
        at = pull.advertiser_id, pull.day, pull.grain
        await put_rows(connection, *at, [change.after for change in changes if change.after])
        await delete_rows(connection, *at, [change.row for change in changes if change.after is None])
        columns = await asyncio.to_thread(_columns, changes, pull.grain)
        await connection.execute(INSERT_CHANGES, pull.advertiser_id, pull_id, *columns)
    return len(changes)


def _columns(changes: Sequence[Change], grain: Grain) -> tuple[list[Any], ...]:
    return (
        [change.row.ad_id for change in changes],
        [change.row.begins_at for change in changes],
        [change.row.country for change in changes],
        [_kept(change.before, grain) for change in changes],
        [_kept(change.after, grain) for change in changes],
    )


def _kept(row: SpendRow | None, grain: Grain) -> dict[str, Any] | None:
    """As a change keeps it: decimals are text, what is the row's key is left out, as are figures nobody said."""
    if row is None:
        return None
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name in COLUMNS[grain]
        if (value := getattr(row, name)) not in (None, {}) and name not in ("ad_id", "begins_at", "country")
    }


# by hour, where the day's own figures have changed since, or were never asked by hour
DAYS_BEHIND = """
SELECT day FROM spend_pulls WHERE advertiser_id = $1 AND day BETWEEN $2 AND $3
GROUP BY day
HAVING coalesce(max(pull_id) FILTER (WHERE grain = 'day' AND changed > 0), 0)
    > coalesce(max(pull_id) FILTER (WHERE grain = 'hour'), 0)
ORDER BY day DESC
"""


async def days_behind(connection: Any, advertiser_id: str, first: date, last: date) -> list[date]:
    """Days whose figures by hour are older than those of the day, the latest first."""
    return [row["day"] for row in await connection.fetch(DAYS_BEHIND, advertiser_id, first, last)]
