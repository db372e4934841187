"""What doctor finds about where clicks lie: in Redis for CLICK_HOT_HOURS, then in the ledger."""

import time
from typing import Final

from redis.exceptions import RedisError

from admin.check import Check
from admin.engine_report import CONNECT_TIMEOUT_S
from clicks.cold import SLACK_MS
from clicks.connection import connect
from clicks.keys import CLICKS
from clicks.redis_url import RedisUrlError
from config.settings import Settings
from ledger.apps import all_apps
from ledger.outages import LEDGER_FAILED
from ledger.pool import open_pool

SAMPLED: Final = 300  # addresses
LATE_MS: Final = 24 * 3_600_000  # a worker walks through all clicks every half hour
NAME: Final = "old clicks"


async def check_old_clicks(settings: Settings) -> list[Check]:
    """Whether clicks leave Redis in time; nothing where an engine is away, which other checks say."""
    try:
        pool = await open_pool(settings.database_url, 1)
        try:
            windows = {app.app_id: app.settings.match_window_hours for app in await all_apps(pool)}
        finally:
            await pool.close()
        hot = max(settings.click_hot_hours, *windows.values(), 0)
        late = await _late(settings, int(time.time() * 1000) - hot * 3_600_000 - SLACK_MS - LATE_MS)
    except (RedisError, RedisUrlError, OSError, *LEDGER_FAILED):
        return []
    longer = sorted(app_id for app_id, hours in windows.items() if hours > settings.click_hot_hours)
    found = []
    if longer:
        fix = f"set CLICK_HOT_HOURS to {hot}, or shorten match_window_hours of {', '.join(longer[:5])}"
        detail = (
            f"clicks stay in Redis for {hot} hours, not {settings.click_hot_hours}: an attribution window is that long"
        )
        found.append(Check("CLICK_HOT_HOURS", False, detail, fix))
    if late:
        detail = f"{late} of {SAMPLED} addresses looked at in Redis hold clicks that should have moved a day ago"
        fix = "see that a worker runs and what its log says of `move old clicks`; where it says nothing, start another"
        return [*found, Check(NAME, False, detail, fix)]
    return [*found, Check(NAME, True, f"clicks leave Redis for the ledger after {hot} hours")]


async def _late(settings: Settings, before_ms: int) -> int:
    """How many of some addresses hold a click before this time."""
    redis = connect(settings.redis_url, timeout_s=CONNECT_TIMEOUT_S, data_dir=settings.data_dir)
    try:
        keys: list[bytes] = []
        async for key in redis.scan_iter(match=CLICKS + b"*", count=SAMPLED):
            keys.append(key)
            if len(keys) == SAMPLED:
                break
        pipe = redis.pipeline(transaction=False)
        for key in keys:
            pipe.zcount(key, "-inf", before_ms)
        return sum(1 for count in (await pipe.execute() if keys else []) if count)
    finally:
        await redis.aclose()
