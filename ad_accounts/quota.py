"""How often TikTok's reports and lists may be asked: one allowance per developer app, whoever's advertiser it is for.

TikTok's basic level is 600 calls a minute and 10 a second for each developer app; a throttled call names no time to
wait. Pauses here stop the import alone: conversions go out by pixel tokens, through another client.
Source: the developer portal on rate limits.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

import anyio

from tiktok.account_refusals import ApiRefused
from tiktok.codes import Throttle, Verdict

PER_MINUTE: Final = 600
SHORTEST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(seconds=30)
MINUTE_PAUSE: Final = timedelta(minutes=5)  # what TikTok asks for after its limit per minute
LONGEST_WAIT: Final = timedelta(minutes=1)  # a full minute's window; for longer, no call keeps its lease waiting
_LONGEST_RETRY_AFTER: Final = timedelta(hours=24)

Clock = Callable[[], datetime]


class Quota:
    """The allowance of one developer app in one process."""

    def __init__(
        self,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        per_minute: int = PER_MINUTE,
        per_second: int | None = None,
    ) -> None:
        """`per_second`: by default a sixtieth of the minute's, as on each of TikTok's levels."""
        self._clock = clock
        self.sleep = sleep
        self._windows = ((timedelta(minutes=1), per_minute), (timedelta(seconds=1), per_second or per_minute // 60))
        self._calls: deque[datetime] = deque(maxlen=per_minute)
        self._paused_until: datetime | None = None
        self._step = 0

    async def take(self) -> None:
        """Wait for the turn of one call.

        Raises:
            ApiRefused: throttled, as TikTok asked for a longer pause than is waited for here.
        """
        while (wait := self._wait(self._clock())) > timedelta(0):
            if wait > LONGEST_WAIT:
                raise ApiRefused("throttled", Verdict(outcome="throttled", message="paused after a throttle"))
            await self.sleep(wait.total_seconds())
        self._calls.append(self._clock())

    def answered(self) -> None:
        """A call was let through: the next throttle is the first of its row."""
        self._step = 0

    def throttled(self, refused: ApiRefused) -> datetime:
        """Pause all calls; the end of the pause."""
        now, verdict = self._clock(), refused.verdict
        until = now + self._pause(verdict.throttle, verdict.retry_after_s, now)
        self._step += 1
        self._paused_until = max(until, self._paused_until or until)
        return self._paused_until

    @property
    def paused_until(self) -> datetime | None:
        return self._paused_until

    def _pause(self, limit: Throttle | None, retry_after_s: int | None, now: datetime) -> timedelta:
        if limit == "qpd":
            return _utc_midnight_after(now) - now
        second = min(SHORTEST_PAUSE * (1 << min(self._step, 10)), LONGEST_PAUSE)
        pause = MINUTE_PAUSE if limit == "qpm" else second
        return min(max(pause, timedelta(seconds=retry_after_s or 0)), _LONGEST_RETRY_AFTER)

    def _wait(self, now: datetime) -> timedelta:
        """Until the pause is over and no window is full."""
        free = [self._paused_until] if self._paused_until else []
        for length, most in self._windows:
            if len(self._calls) >= most:
                free.append(self._calls[-most] + length)
        return max((at - now for at in free), default=timedelta(0))


def _utc_midnight_after(now: datetime) -> datetime:
    """When TikTok's limit per day starts anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time_of_day(), UTC)
