"""`/healthz`: the process answers. `/readyz`: it can take installs and events, and how well."""

import asyncio

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from forwarder.errors import JsonResponse
from forwarder.services import Services, services_of
from ledger.outages import LEDGER_FAILED

PROBE_TIMEOUT_S = 2.0


async def healthz(request: Request) -> Response:  # noqa: ARG001
    """200 as long as the process answers."""
    return JsonResponse({"ok": True})


async def readyz(request: Request) -> Response:
    """200 where PostgreSQL can be reached and takes rows; without Redis installs are taken and matched later."""
    services = services_of(request)
    ledger, clicks = await asyncio.gather(_ledger(services), _clicks(services))
    refusing = services.outages.is_failing("postgresql")
    ready = ledger and services.directory.loaded and not refusing
    content = {
        "ok": ready,
        "postgresql": ("takes no rows: nothing is taken" if refusing else "ok") if ledger else "away: nothing is taken",
        "redis": "ok" if clicks else "away: installs are taken and matched once it is back",
    }
    return JsonResponse(content, 200 if ready else 503)


async def _ledger(services: Services) -> bool:
    try:
        async with services.pool.acquire(timeout=PROBE_TIMEOUT_S) as connection:
            await connection.fetchval("SELECT 1", timeout=PROBE_TIMEOUT_S)
    except LEDGER_FAILED:
        return False
    return True


async def _clicks(services: Services) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await services.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True
