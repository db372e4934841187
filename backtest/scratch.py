"""The scratch Redis of a backtest: the embedded server in a directory of its own, or an empty database that was named.

What the running system holds is never read and never written.
"""

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from admin.ledger_failures import reason_of
from admin.refusal import Refused
from admin.shown_url import without_password
from clicks.connection import connect
from stack.child import Child, NotReadyError
from stack.engines.errors import EngineError, last_log_line
from stack.engines.valkey import Valkey

GRACE_S = 5.0
TIMEOUT_S = 60.0
NOT_KEPT = ("--appendonly", "no")  # nothing of a backtest outlives it


@asynccontextmanager
async def scratch_redis(url: str) -> AsyncIterator[tuple[Any, str]]:
    """An empty Redis and its URL; with a URL that one, which must be empty and is emptied again.

    Raises:
        Refused: it cannot be started, does not answer, or holds something.
    """
    if not url:
        async with _embedded() as embedded:
            yield embedded
        return
    redis = connect(url, timeout_s=TIMEOUT_S)
    try:
        if await redis.dbsize():
            raise Refused("redis: this database is not empty; name an empty one, or none to have one started")
        try:
            yield redis, url
        finally:
            await redis.flushdb()
    except (RedisError, OSError) as error:
        raise Refused(f"redis: {without_password(url)} does not answer ({reason_of(error)})") from None
    finally:
        await redis.aclose()


@asynccontextmanager
async def _embedded() -> AsyncIterator[tuple[Any, str]]:
    with tempfile.TemporaryDirectory(prefix="sp-", ignore_cleanup_errors=True) as directory:
        engine = Valkey(Path(directory))
        try:
            program = engine.prepare()
        except (EngineError, OSError) as error:
            raise Refused(f"{reason_of(error)}; or name an empty database with --redis") from None
        program = dataclasses.replace(program, command=(*program.command, *NOT_KEPT))
        child = Child(program, _answers(engine), lambda: None)
        redis = connect(engine.url, timeout_s=TIMEOUT_S)
        try:
            await child.start()
            yield redis, engine.url
        except NotReadyError as error:
            raise Refused(f"the scratch Redis does not start: {last_log_line(engine.log) or error}") from None
        except (RedisError, OSError) as error:
            raise Refused(f"the scratch Redis does not answer any more ({reason_of(error)})") from None
        finally:
            await redis.aclose()
            await child.stop(GRACE_S, asyncio.Event())


def _answers(engine: Valkey) -> Any:
    async def ready() -> bool:
        return await asyncio.to_thread(engine.ready)

    return ready
