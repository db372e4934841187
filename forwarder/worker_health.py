"""The worker's own port: whether it lives, and whether its engines answer. Nothing else is said there."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anyio
import uvicorn
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from forwarder.outages import ENGINE_AWAY, OutageLog

ANSWER_WITHIN_S = 1.0


class Engines:
    """What the worker has opened so far, and how work with it goes."""

    def __init__(self, undelivered: Callable[[], Sequence[str]] = tuple) -> None:
        """`undelivered` says how the last request of each pixel that is not delivered to ended."""
        self.pool: Any = None
        self.redis: Any = None
        self.outages = OutageLog()
        self.undelivered = undelivered

    async def postgresql_answers(self) -> bool:
        if self.pool is None:
            return False
        with contextlib.suppress(*ENGINE_AWAY):
            with anyio.fail_after(ANSWER_WITHIN_S):
                return await self.pool.fetchval("SELECT true") is True
        return False

    async def redis_answers(self) -> bool:
        if self.redis is None:
            return False
        with contextlib.suppress(RedisError, OSError):
            with anyio.fail_after(ANSWER_WITHIN_S):
                return bool(await self.redis.ping())
        return False


def health_app(engines: Engines) -> Starlette:
    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"ok": True})

    async def ready(_: Request) -> JSONResponse:
        """Ready while the ledger answers: deliveries flow without Redis, only counters and late matches wait."""
        postgresql, redis = await engines.postgresql_answers(), await engines.redis_answers()
        refusing = engines.outages.is_failing("postgresql")
        takes = "takes no rows: nothing is delivered" if refusing else "ok"
        body = {
            "ok": postgresql and not refusing,
            "postgresql": takes if postgresql else "away: nothing is delivered",
            "redis": "ok" if redis else "away: counters and late matches wait",
            "tiktok": _tiktok(engines.undelivered()),
        }
        return JSONResponse(body, status_code=200 if body["ok"] else 503)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready)])


def _tiktok(undelivered: Sequence[str]) -> str:
    if not undelivered:
        return "ok"
    return f"pixels not delivered to: {len(undelivered)} ({', '.join(sorted(set(undelivered)))}); their events wait"


class HealthServer(uvicorn.Server):
    """Serves inside the worker's own loop, and leaves the signals to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def health_server(engines: Engines, host: str, port: int) -> HealthServer:
    app = health_app(engines)
    config = uvicorn.Config(app, host, port, lifespan="off", log_config=None, access_log=False, server_header=False)
    return HealthServer(config)
