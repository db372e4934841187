"""Whether one of our processes is ready to do its work."""

import ssl
from collections.abc import Awaitable, Callable

import httpx

from admin.session import Session
from ledger.outages import LEDGER_AWAY, LEDGER_FAILED

__all__ = ["LEDGER_AWAY", "answers", "ledger_answers"]

TIMEOUT_S = 2.0
# they speak plain HTTP, and reading every authority's certificate for each question would take longer than their start
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def answers(base_url: str) -> Callable[[], Awaitable[bool]]:
    """Ask `/readyz` below the URL. A process without a listener (an empty URL) counts as ready."""

    async def ready() -> bool:
        if not base_url:
            return True
        try:
            # a proxy set in the environment has no business between us and our own children
            async with httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S, verify=NO_AUTHORITIES) as client:
                return (await client.get(f"{base_url}/readyz")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ready


async def ledger_answers(session: Session) -> bool:
    """Whether PostgreSQL takes a question at this moment."""
    try:
        return await session.database.fetchval("SELECT true") is True
    except LEDGER_FAILED:
        return False
