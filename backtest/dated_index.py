"""What a backtest remembers by day of the files' clock, in the scratch Redis, and forgets with the clicks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clicks.keys import CLICKS

DAY_MS = 86_400_000
PREFIX = b"backtest:"
SCANNED = 1_000  # keys asked for at once when old clicks are removed


class DatedIndex:
    """Field -> value, each noted on a day; `names` are the index's books. Fields are looked up newest day first."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._days: dict[bytes, list[int]] = {}

    async def note(self, book: bytes, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Keep (Unix time in ms, field, value)."""
        by_day: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        for at_ms, field, value in rows:
            by_day[at_ms // DAY_MS][field] = value
        self.add_days(book, by_day)
        for day, values in by_day.items():
            await self._redis.hset(_key(book, day), mapping=values)

    def add_days(self, book: bytes, days: Iterable[int]) -> None:
        """Look up what another process has noted on these days, too."""
        self._days[book] = sorted({*self._days.get(book, ()), *days}, reverse=True)

    async def look_up(self, book: bytes, fields: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """The values of those fields that were noted."""
        found: dict[bytes, bytes] = {}
        wanted = list(dict.fromkeys(fields))
        for day in tuple(self._days.get(book, ())):
            if not wanted:
                break
            values = await self._redis.hmget(_key(book, day), wanted)
            found |= {field: value for field, value in zip(wanted, values, strict=True) if value is not None}
            wanted = [field for field in wanted if field not in found]
        return found

    async def forget_before(self, at_ms: int) -> None:
        """Drop the days that end before this time."""
        for book, days in self._days.items():
            for day in [day for day in days if (day + 1) * DAY_MS <= at_ms]:
                await self._redis.delete(_key(book, day))
                days.remove(day)

    async def forget_clicks_before(self, at_ms: int) -> None:
        """Remove clicks older than this time, which production's keys would have lost by their lifetime."""
        cursor = 0
        while True:
            cursor, keys = await self._redis.scan(cursor, match=CLICKS + b"*", count=SCANNED)
            pipe = self._redis.pipeline(transaction=False)
            for key in keys:
                pipe.zremrangebyscore(key, "-inf", at_ms)
            await pipe.execute()
            if cursor == 0:
                return


def _key(book: bytes, day: int) -> bytes:
    return PREFIX + book + b":" + str(day).encode()
