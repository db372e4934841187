"""Whether redirectors are bringing back clicks that Redis did not take while it was away.

Until they have, whoever looks for the clicks behind an address does not find all of them: an install would be told that
nobody clicked, or be credited to another device's click.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from clicks.batch import Row
from clicks.keys import DRAINING

AFTER_MS: Final = 5_000  # what only missed its budget is back within a second, before any phone has installed an app
LASTS_MS: Final = 3_000  # the next batch comes within milliseconds, or a second where Redis is slow


async def tell_draining(redis: Any, rows: Sequence[Row]) -> None:
    """Say so before these rows, which waited in a spool, are stored; nothing is said of those that waited no time."""
    if rows and min(row.at_ms for row in rows) < time.time() * 1000 - AFTER_MS:
        await redis.set(DRAINING, b"", px=LASTS_MS)


async def is_draining(redis: Any) -> bool:
    """Whether any redirector said so just now."""
    return bool(await redis.exists(DRAINING))
