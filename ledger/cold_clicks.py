"""Clicks that have left Redis: added by the worker, found by their keys, erased.

What a record or a page says, and how a key is made, is known to `clicks`; here they are bytes. A click lies in
`cold_clicks` first, a row of its own, and then in a page (`ledger.cold_click_pages`). Nobody who asks knows the app,
so each statement goes through all of them.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from ledger.row_inserts import inserts

# Who moves clicks holds it together with others, who erases or packs holds it alone: a click that is erased while it
# moves is erased in both places, whoever comes first.
PLACES_LOCK: Final = 7_316_215
SHARE_PLACES = f"SELECT pg_advisory_xact_lock_shared({PLACES_LOCK})"
HOLD_PLACES = f"SELECT pg_advisory_xact_lock({PLACES_LOCK})"
SCANNED: Final = 2_000  # members in one answer; of pages, which hold hundreds each, fewer
PAGES_SCANNED: Final = 20
FOUND: Final = 1_000  # of an address, an app and a day, the newest: a carrier's has a hundred thousand
PAGES_FOUND: Final = 6

OWNERS = "(SELECT app_id FROM apps UNION ALL SELECT '') AS owner"
ANY_OWNER = "ANY (ARRAY(SELECT app_id FROM apps UNION ALL SELECT ''))"
ADD_COLD_CLICK = """
INSERT INTO cold_clicks (app_id, day, key, record, enrichment)
VALUES ($1::text, $2::date, $3::bytea, $4::bytea, $5::bytea)
ON CONFLICT (app_id, day, key) DO UPDATE SET enrichment = excluded.enrichment
    WHERE cold_clicks.enrichment IS NULL AND excluded.enrichment IS NOT NULL
"""
TELL_COLD_CLICK = f"""
UPDATE cold_clicks SET enrichment = $3
WHERE app_id = {ANY_OWNER} AND day = $1 AND key = $2 AND enrichment IS NULL
"""  # noqa: S608 - put together from the ledger's own text, here and below
# a day at a time: PostgreSQL then looks into the one partition only, and starts in a third of the time
COLD_CLICKS_AT = f"""
SELECT app_id, key, record, enrichment, NULL::bytea AS page FROM cold_clicks
WHERE app_id = {ANY_OWNER} AND day = $1 AND key = ANY ($2::bytea[])
UNION ALL
SELECT owner.app_id, p.first_key, NULL, NULL, p.page
FROM unnest($2::bytea[]) AS wanted (key) CROSS JOIN {OWNERS}
CROSS JOIN LATERAL (
    SELECT first_key, last_key, page FROM cold_click_pages
    WHERE app_id = owner.app_id AND day = $1 AND first_key <= wanted.key ORDER BY first_key DESC LIMIT 1
) AS p WHERE p.last_key >= wanted.key
"""  # noqa: S608
COLD_CLICKS_BETWEEN = f"""
WITH span AS (
    SELECT first, last, day::date FROM unnest($1::bytea[], $2::bytea[], $3::date[], $4::date[])
        AS given (first, last, first_day, last_day), generate_series(first_day, last_day, interval '1 day') AS day
)
SELECT owner.app_id, c.key, c.record, c.enrichment, NULL::bytea AS page FROM span CROSS JOIN {OWNERS}
CROSS JOIN LATERAL (
    SELECT key, record, enrichment FROM cold_clicks
    WHERE app_id = owner.app_id AND day = span.day AND key BETWEEN span.first AND span.last
    ORDER BY key DESC LIMIT {FOUND}
) AS c
UNION ALL
SELECT owner.app_id, p.first_key, NULL, NULL, p.page FROM span CROSS JOIN {OWNERS}
CROSS JOIN LATERAL (
    SELECT first_key, last_key, page FROM cold_click_pages
    WHERE app_id = owner.app_id AND day = span.day AND first_key <= span.last AND first_key >= coalesce((
        SELECT first_key FROM cold_click_pages
        WHERE app_id = owner.app_id AND day = span.day AND first_key <= span.first ORDER BY first_key DESC LIMIT 1
    ), span.first)
    ORDER BY first_key DESC LIMIT {PAGES_FOUND}
) AS p WHERE p.last_key >= span.first
"""  # noqa: S608
SCAN_COLD_CLICKS = """
SELECT app_id, key, record, enrichment, NULL::bytea AS page FROM cold_clicks WHERE day BETWEEN $1 AND $2
"""
SCAN_COLD_PAGES = """
SELECT app_id, first_key AS key, NULL::bytea AS record, NULL::bytea AS enrichment, page FROM cold_click_pages
WHERE day BETWEEN $1 AND $2
"""
NEWEST_COLD_DAY = f"""
SELECT max(newest.day) FROM {OWNERS} CROSS JOIN LATERAL (
    (SELECT day FROM cold_clicks WHERE app_id = owner.app_id ORDER BY day DESC LIMIT 1)
    UNION ALL (SELECT day FROM cold_click_pages WHERE app_id = owner.app_id ORDER BY day DESC LIMIT 1)
) AS newest
"""  # noqa: S608
ERASE_COLD_CLICKS = f"""
DELETE FROM cold_clicks WHERE app_id = {ANY_OWNER} AND day = $1 AND key = ANY ($2::bytea[])
"""  # noqa: S608
PAGES_WITH = f"""
SELECT DISTINCT owner.app_id, p.first_key AS key, p.page FROM unnest($2::bytea[]) AS wanted (key) CROSS JOIN {OWNERS}
CROSS JOIN LATERAL (
    SELECT first_key, last_key, page FROM cold_click_pages
    WHERE app_id = owner.app_id AND day = $1 AND first_key <= wanted.key ORDER BY first_key DESC LIMIT 1
) AS p WHERE p.last_key >= wanted.key
"""  # noqa: S608
WRITE_PAGE = "UPDATE cold_click_pages SET page = $4 WHERE app_id = $1 AND day = $2 AND first_key = $3"
DELETE_PAGE = "DELETE FROM cold_click_pages WHERE app_id = $1 AND day = $2 AND first_key = $3"


class ColdRow(msgspec.Struct, frozen=True):
    """A member, or a page of them: then `key` is its first."""

    app_id: str
    key: bytes
    record: bytes | None
    enrichment: bytes | None
    page: bytes | None


class ColdClicks:
    """The ledger's clicks, as `clicks.cold.ColdStore` asks for them."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def at(self, keys: Sequence[tuple[date, bytes]]) -> list[ColdRow]:
        """Whatever may hold the members with these days and keys."""
        by_day: dict[date, list[bytes]] = {}
        for day, key in keys:
            by_day.setdefault(day, []).append(key)
        found = [await self._pool.fetch(COLD_CLICKS_AT, day, wanted) for day, wanted in by_day.items()]
        return [ColdRow(*row) for rows in found for row in rows]

    async def between(self, spans: Sequence[tuple[bytes, bytes, date, date]]) -> list[ColdRow]:
        """Whatever may hold members of these spans: first and last key, first and last day, all included.

        Of a span, an app and a day it is the newest `FOUND` members outside pages, and `PAGES_FOUND` pages.
        """
        columns = [list(column) for column in zip(*spans, strict=True)]
        return [ColdRow(*row) for row in await self._pool.fetch(COLD_CLICKS_BETWEEN, *columns)] if spans else []

    async def scan(self, first: date, last: date) -> AsyncIterator[list[ColdRow]]:
        """Everything of these days, both included, as it stood at one moment."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            for statement, count in ((SCAN_COLD_CLICKS, SCANNED), (SCAN_COLD_PAGES, PAGES_SCANNED)):
                cursor = await connection.cursor(statement, first, last)
                while rows := await cursor.fetch(count):
                    yield [ColdRow(*row) for row in rows]

    async def erase(self, day: date, keys: Sequence[bytes], without: Callable[[bytes], bytes | None]) -> int:
        """Delete the members with these keys; how many rows changed.

        Args:
            without: gives a page without them; None where it is empty then.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(HOLD_PLACES)
            status = await connection.execute(ERASE_COLD_CLICKS, day, list(keys))
            changed = int(status.rsplit(" ", maxsplit=1)[1])
            for app_id, first_key, page in await connection.fetch(PAGES_WITH, day, list(keys)):
                left = without(page)
                if left is None:
                    await connection.execute(DELETE_PAGE, app_id, day, first_key)
                elif left != page:
                    await connection.execute(WRITE_PAGE, app_id, day, first_key, left)
                changed += left != page
        return changed

    async def newest_day(self) -> date | None:
        """The last day that anything is of."""
        newest: date | None = await self._pool.fetchval(NEWEST_COLD_DAY)
        return newest


async def add_cold_clicks(connection: Any, rows: Sequence[tuple[str, date, bytes, bytes, bytes | None]]) -> None:
    """Add members, (app_id, day, key, record, enrichment) each; one that is there already stays as it is.

    In the caller's transaction, behind `SHARE_PLACES`.
    """
    for statement, values in inserts(ADD_COLD_CLICK, sorted(rows, key=lambda row: (row[0], row[1], row[2]))):
        await connection.execute(statement, *values)


async def tell_cold_clicks(connection: Any, told: Sequence[tuple[date, bytes, bytes]]) -> None:
    """What bridge pages told of clicks that had moved before, (day, key, enrichment) each; the first word stands."""
    if told:
        await connection.executemany(TELL_COLD_CLICK, told)
