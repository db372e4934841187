"""Worlds through the production matcher: the backtest's own code, in this process."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backtest.asked import asked_by
from backtest.feed_process import Source, feed_process
from backtest.lines import read_installs
from backtest.policy import policies_of, tried_settings
from backtest.runner import Answer, Backtest, Totals
from ledger.apps import AppSettings
from tests.matching.truth import World

APP = "backtest"


@dataclass(frozen=True, slots=True)
class Trial:
    """Every install's answer, and how long it all took."""

    answers: list[Answer]
    seconds: float

    @property
    def credits(self) -> dict[str, str]:
        return {answer.install_id: answer.click_id for answer in self.answers if answer.click_id is not None}


async def try_world(world: World, redis: Any, redis_url: str, policy: Mapping[str, str]) -> Trial:
    """Run a world through the backtest in an empty Redis, which is emptied again."""
    policies = policies_of(tried_settings(AppSettings(), policy))
    with tempfile.TemporaryDirectory(prefix="world-") as directory:
        clicks, installs = world.write(Path(directory))
        started = time.perf_counter()
        async with feed_process(Source(clicks, redis_url, APP, {}, asked_by(installs))) as feed:
            outcomes = Backtest(redis, feed, policies, Totals()).run(read_installs(installs, APP))
            answers = [outcome.answer async for outcome in outcomes]
        seconds = time.perf_counter() - started
    await redis.flushdb()
    return Trial(answers, seconds)
