"""Reads of spend that somebody asked for, the last one of each app: how far they are, and who is at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

GONE_AFTER: Final = timedelta(seconds=30)
"""A runner that was not heard of for so long is taken for dead, and another takes its read up."""


@dataclass(frozen=True, slots=True)
class SpendRead:
    """One row of `spend_reads`."""

    app_id: str
    actor: str
    asked_at: datetime
    first_day: date
    last_day: date
    days_done: int
    """From the last day backwards."""
    runner: str | None
    """None = nobody is at it."""
    seen_at: datetime | None
    ended_at: datetime | None
    problem: str
    """Why it did not come to its end; empty = it did, or has not ended."""
    pulled_rows: int
    changed_rows: int

    @property
    def is_going_on(self) -> bool:
        return self.ended_at is None

    @property
    def of_days(self) -> int:
        return (self.last_day - self.first_day).days + 1


BEGIN_READ = """
INSERT INTO spend_reads AS known (app_id, actor, asked_at, first_day, last_day) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (app_id) DO UPDATE SET actor = excluded.actor, asked_at = excluded.asked_at, first_day = excluded.first_day,
    last_day = excluded.last_day, days_done = 0, runner = NULL, seen_at = NULL, ended_at = NULL, problem = '',
    pulled_rows = 0, changed_rows = 0
WHERE known.ended_at IS NOT NULL
RETURNING true
"""


async def begin_read(connection: Any, app_id: str, by: tuple[str, datetime], days: tuple[date, date]) -> bool:
    """False: one goes on already. `by` is (actor, when); `connection` is an asyncpg connection or pool."""
    return bool(await connection.fetchval(BEGIN_READ, app_id, *by, *days))


READ_OF = "SELECT * FROM spend_reads WHERE app_id = $1"


async def read_of(connection: Any, app_id: str) -> SpendRead | None:
    row = await connection.fetchrow(READ_OF, app_id)
    return _read(row) if row is not None else None


WAITING_READS = "SELECT app_id FROM spend_reads WHERE ended_at IS NULL AND (runner IS NULL OR seen_at < $1)"


async def waiting_reads(connection: Any, now: datetime) -> list[str]:
    """Apps whose read nobody is at."""
    return [row["app_id"] for row in await connection.fetch(WAITING_READS, now - GONE_AFTER)]


TAKE_READ = """
UPDATE spend_reads SET runner = $2, seen_at = $3
WHERE app_id = $1 AND ended_at IS NULL AND (runner IS NULL OR seen_at < $4)
RETURNING *
"""


async def take_read(connection: Any, app_id: str, runner: str, now: datetime) -> SpendRead | None:
    """The read, now the runner's; None where another was quicker, or there is none."""
    row = await connection.fetchrow(TAKE_READ, app_id, runner, now, now - GONE_AFTER)
    return _read(row) if row is not None else None


STILL_AT_IT = """
UPDATE spend_reads SET seen_at = $3, days_done = greatest(days_done, $4)
WHERE app_id = $1 AND runner = $2 RETURNING true
"""


async def still_at_it(connection: Any, read: SpendRead, now: datetime, days_done: int) -> bool:
    """False: it is another runner's by now, or ended."""
    return bool(await connection.fetchval(STILL_AT_IT, read.app_id, read.runner, now, days_done))


GIVE_READ_BACK = (
    "UPDATE spend_reads SET runner = NULL, days_done = greatest(days_done, $3) WHERE app_id = $1 AND runner = $2"
)


async def give_read_back(connection: Any, read: SpendRead, days_done: int) -> None:
    """Whoever comes next takes it up."""
    await connection.execute(GIVE_READ_BACK, read.app_id, read.runner, days_done)


END_READ = """
UPDATE spend_reads SET runner = NULL, ended_at = $3, problem = $4, pulled_rows = $5, changed_rows = $6,
    days_done = CASE WHEN $4 = '' THEN last_day - first_day + 1 ELSE days_done END
WHERE app_id = $1 AND runner = $2
"""


async def end_read(
    connection: Any, read: SpendRead, now: datetime, problem: str = "", rows: tuple[int, int] = (0, 0)
) -> None:
    """`rows` are (read, new or changed). One that is another runner's by now is left alone."""
    await connection.execute(END_READ, read.app_id, read.runner, now, problem[:1000], *rows)


def _read(row: Mapping[str, Any]) -> SpendRead:
    return SpendRead(**dict(row))
