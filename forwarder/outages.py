"""An engine that restarts: told apart from a mistake, waited for, and said in the log once."""

import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import anyio
import asyncpg
import structlog
from redis.exceptions import RedisError

from config.news import News
from ledger.locked_out import LOCKED_OUT
from ledger.outages import LEDGER_AWAY

log = structlog.get_logger()

T = TypeVar("T")

ENGINE_AWAY: Final = (*LEDGER_AWAY, RedisError)
MISUSED: Final = (
    asyncpg.ClientConfigurationError,
    asyncpg.UnsupportedClientFeatureError,
    asyncpg.UnsupportedServerFeatureError,
)
"""Among these, what waiting does not mend."""
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 10.0
STILL_AWAY_S: Final = 3.0  # after the last failure; what is retried fails more often than that


def wait_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.25 doubling to 10."""
    return min(FIRST_WAIT_S * (1 << min(failures - 1, 10)), LONGEST_WAIT_S)


async def persist(attempt: Callable[[], Awaitable[T]], within_s: float) -> T:
    """Repeat what may safely be repeated while its engine is away, or another transaction in its way.

    Raises:
        one of ENGINE_AWAY, LOCKED_OUT: it is still so after `within_s` seconds.
    """
    give_up = time.monotonic() + within_s
    failures = 0
    while True:
        try:
            return await attempt()
        except (*ENGINE_AWAY, *LOCKED_OUT):
            failures += 1
            if time.monotonic() + wait_after(failures) > give_up:
                raise
            await anyio.sleep(wait_after(failures))


def is_outage(error: BaseException) -> bool:
    """Whether an engine is away, rather than something wrong with us."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(part) for part in error.exceptions)
    return isinstance(error, ENGINE_AWAY) and not isinstance(error, MISUSED)


class OutageLog:
    """One line per engine and minute, however many tasks and requests stumble over it; and one per bug."""

    def __init__(self) -> None:
        self._news = News()
        self._failed_at: dict[str, float] = {}

    def away(self, error: BaseException, engine: str | None = None) -> None:
        """`engine` names it where the error does not say: a socket's error may be either's."""
        engine = engine or ("redis" if isinstance(error, RedisError) else "postgresql")
        self._failed_at[engine] = time.monotonic()
        if self._news.is_news(engine):
            log.warning("engine away, trying again until it is back", engine=engine, error=type(error).__name__)

    def failed(self, what: str, error: BaseException, **fields: Any) -> None:
        """An outage, or a bug: then with its traceback, but the same one (what failed, the error, its place) once a
        minute.
        """
        if is_outage(error):
            self.away(error)
        elif self._news.is_news(f"{what} {fields} {type(error).__name__} {_place(error)}"):
            log.error(what, error=type(error).__name__, exc_info=error, **fields)

    def is_failing(self, engine: str) -> bool:
        """Whether work failed for it just now: one that is full or read-only still answers a question."""
        return time.monotonic() - self._failed_at.get(engine, -STILL_AWAY_S) < STILL_AWAY_S


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
