"""The process that reads a backtest's clicks: how far it goes, and what is said when it cannot go on."""

from collections import deque
from pathlib import Path
from typing import Any

import pytest

from admin.refusal import Refused
from backtest.click_feed import AHEAD_MS, STRETCH, Progress
from backtest.dated_index import DAY_MS
from backtest.feed_process import Source, _feed, feed_process
from tests.matching.recorded import click, written

pytestmark = pytest.mark.anyio

DAYS = 12
FIRST_MS = 1_793_491_200_000  # 2026-11-01


def days_of_clicks(tmp_path: Path) -> Path:
    """One stretch a day."""
    lines = [
        click(clicked_at=(FIRST_MS + day * DAY_MS) / 1000 + second, ip=f"203.0.{day}.{second % 200}")
        for day in range(DAYS)
        for second in range(STRETCH)
    ]
    return written(tmp_path / "clicks.ndjson", lines)


def source(tmp_path: Path, redis_url: str) -> Source:
    return Source(days_of_clicks(tmp_path), redis_url, "app_a", {}, None)


class Asking:
    """A connection whose other end allows one more day whenever it is asked."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self._allowed = deque(FIRST_MS + day * DAY_MS for day in range(1, DAYS + 1))

    def send(self, message: Progress | None) -> None:
        self.log.append("end" if message is None else f"day {(message.until_ms - FIRST_MS) // DAY_MS}")

    def poll(self) -> bool:
        return False

    def recv(self) -> int:
        self.log.append("asked")
        return self._allowed.popleft()


async def test_it_stops_where_the_installs_have_not_got_to_yet(tmp_path: Path, redis_url: str) -> None:
    connection: Any = Asking()
    await _feed(source(tmp_path, redis_url), connection)
    assert connection.log[:6] == ["day 0", "asked", "day 1", "asked", "day 2", "asked"]
    assert connection.log[-1] == "end"


async def test_what_was_asked_for_is_stored_and_counted_once(tmp_path: Path, redis_url: str) -> None:
    async with feed_process(source(tmp_path, redis_url)) as feed:
        seen: list[Progress] = []
        for day in (0, 1, 5, DAYS):
            seen += await feed.advance(FIRST_MS + day * DAY_MS)
            assert day == DAYS or seen[-1].until_ms > FIRST_MS + day * DAY_MS
            assert seen[-1].until_ms <= FIRST_MS + (day + 1) * DAY_MS + AHEAD_MS
        assert (sum(one.clicks for one in seen), sum(one.visits for one in seen)) == (DAYS * STRETCH, 0)
        assert await feed.advance(FIRST_MS + 99 * DAY_MS) == []


async def test_a_reader_that_was_ended_is_no_end_of_the_file(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backtest.feed_process.ClickFeed", None.__class__)  # any failure of the process will do
    with pytest.raises(Refused, match="was ended"):
        async with feed_process(source(tmp_path, redis_url)) as feed:
            await feed.advance(FIRST_MS)
