"""Cold clicks of days that are over, in pages: a partition per day (UTC), dropped as a whole when it is too old."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from ledger.cold_clicks import HOLD_PLACES
from ledger.deliveries import rows_of

LOCK_WAIT = "SET LOCAL lock_timeout = '2s'"  # whoever looks a click up does not wait longer behind one that waits
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('signalpost cold click pages'))"
PARTITION: Final = "cold_click_pages_{day:%Y%m%d}"
CREATE_PARTITION: Final = """
CREATE TABLE IF NOT EXISTS {name} PARTITION OF cold_click_pages FOR VALUES FROM ('{day}') TO ('{next}')
"""
DROP_PARTITION: Final = "DROP TABLE IF EXISTS {name}"
HAS_PARTITION = "SELECT to_regclass($1) IS NOT NULL"
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'cold_click_pages'::regclass ORDER BY 1
"""
RIPE_COLD_CLICKS = "SELECT DISTINCT app_id, day FROM cold_clicks WHERE day < $1 ORDER BY 2, 1"
# behind the last page: what came late for a page that is written stays a row of its own
UNPACKED = """
SELECT key, record, enrichment FROM cold_clicks
WHERE app_id = $1 AND day = $2 AND key > coalesce((
    SELECT last_key FROM cold_click_pages WHERE app_id = $1 AND day = $2 ORDER BY first_key DESC LIMIT 1), '')
ORDER BY key LIMIT $3
"""
ADD_PAGE = """
INSERT INTO cold_click_pages (app_id, day, first_key, last_key, clicks, page) VALUES ($1, $2, $3, $4, $5, $6)
"""
DELETE_PACKED = "DELETE FROM cold_clicks WHERE app_id = $1 AND day = $2 AND key = ANY ($3::bytea[])"
DELETE_OLD_COLD_CLICKS = """
DELETE FROM cold_clicks WHERE (app_id, day, key) IN
    (SELECT app_id, day, key FROM cold_clicks WHERE day < $1 LIMIT $2)
"""
AT_ONCE: Final = 16  # pages in one transaction: who erases waits for it
CHUNK: Final = 5_000

Member = tuple[bytes, bytes, bytes | None]
"""(key, record, enrichment)"""


async def ripe_days(pool: Any, before: date) -> list[tuple[str, date]]:
    """(app_id, day) of days before this one that have members outside pages."""
    return [(row["app_id"], row["day"]) for row in await pool.fetch(RIPE_COLD_CLICKS, before)]


async def pack_some(
    pool: Any, owner: tuple[str, date], page_clicks: int, pack: Callable[[str, Sequence[Member]], bytes]
) -> int:
    """Move some members of an app's day into pages, all or none; how many. Call until it returns 0.

    Args:
        owner: (app_id, day).
        pack: gives the page of an app's members.
    """
    app_id, day = owner
    await _ensure_partition(pool, day)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(HOLD_PLACES)
        rows = [tuple(row) for row in await connection.fetch(UNPACKED, app_id, day, page_clicks * AT_ONCE)]
        for start in range(0, len(rows), page_clicks):
            part = rows[start : start + page_clicks]
            page = pack(app_id, part)
            await connection.execute(ADD_PAGE, app_id, day, part[0][0], part[-1][0], len(part), page)
        await connection.execute(DELETE_PACKED, app_id, day, [key for key, _, _ in rows])
    return len(rows)


async def drop_days(pool: Any, before: date) -> int:
    """Delete what is of days before this one; how many days and single members went."""
    gone = 0
    first_kept = PARTITION.format(day=before)
    for row in await pool.fetch(PARTITIONS):
        if row["relname"] < first_kept:
            await _change(pool, DROP_PARTITION.format(name=row["relname"]))
            gone += 1
    while chunk := rows_of(await pool.execute(DELETE_OLD_COLD_CLICKS, before, CHUNK)):
        gone += chunk
    return gone


async def _ensure_partition(pool: Any, day: date) -> None:
    name = PARTITION.format(day=day)
    if not await pool.fetchval(HAS_PARTITION, name):
        await _change(pool, CREATE_PARTITION.format(name=name, day=day, next=day + timedelta(days=1)))


async def _change(pool: Any, statement: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_WAIT)
        await connection.execute(ONE_AT_A_TIME)  # workers pack side by side, and find the same day missing
        await connection.execute(statement)
