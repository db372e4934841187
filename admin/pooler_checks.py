"""What doctor finds out about a pooler before PostgreSQL, such as PgBouncer."""

from typing import Any, Final

from admin.check import Check
from ledger.connecting import POOLER_UNSAID, SAY_POOLER, connect, is_direct
from ledger.database_url import DatabaseAddress

POOLER: Final = "pooler"
ASKED: Final = 3  # a pooler hands out the session that came back last; somebody else may be quicker
OWN_PROCESS: Final = "SELECT pg_backend_pid()"


async def check_pooler(address: DatabaseAddress, connection: Any, timeout_s: float) -> list[Check]:
    """Whether the URL says what stands before PostgreSQL; nothing where nothing does. Raises as `connect`."""
    if await is_direct(connection):
        return []
    if address.shared_sessions is None:
        return [Check(POOLER, False, POOLER_UNSAID, SAY_POOLER)]
    if address.shared_sessions:
        return [Check(POOLER, True, "a pooler, whose sessions are taken for shared ones")]
    if await _shares(address, connection, timeout_s):
        detail = "two connections were given the same session, and DATABASE_URL says pgbouncer=false"
        return [Check(POOLER, False, detail, "say pgbouncer=true: statements would be taken for one another's")]
    return [Check(POOLER, True, "a pooler that keeps a session for each connection")]


async def _shares(address: DatabaseAddress, connection: Any, timeout_s: float) -> bool:
    other = await connect(address, timeout_s=timeout_s)
    try:
        served: set[int] = {await connection.fetchval(OWN_PROCESS) for _ in range(ASKED)}
        served_other: set[int] = {await other.fetchval(OWN_PROCESS) for _ in range(ASKED)}
    finally:
        await other.close()
    return len(served) > 1 or bool(served & served_other)
