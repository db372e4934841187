"""The audit log: who changed what, from what, to what. Written in the transaction of the change itself."""

from datetime import datetime
from typing import Any

import msgspec

NO_APP = ""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change. Holds no secret."""

    app_id: str = NO_APP
    """Whose; empty where it is no app's."""
    actor: str
    """`cli:name`, `user:name` or `system`."""
    act: str
    """`app.set`, `pixel.add`, ..."""
    subject: str
    """The id of what was changed."""
    before: Any = None
    """As it is shown; None where there was nothing."""
    after: Any = None


LOCK_SUBJECT = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def lock_subject(connection: Any, app_id: str, subject: str) -> None:
    """Whoever else changes it waits until the transaction ends."""
    await connection.execute(LOCK_SUBJECT, f"audit:{app_id}:{subject}")


INSERT_AUDIT_ENTRY = """
INSERT INTO audit_log (app_id, actor, act, subject, before, after) VALUES ($1, $2, $3, $4, $5, $6)
"""


async def insert_audit_entry(connection: Any, entry: AuditEntry) -> None:
    """Keep it. Values that JSON does not know become text."""
    before, after = (msgspec.to_builtins(value) for value in (entry.before, entry.after))
    await connection.execute(INSERT_AUDIT_ENTRY, entry.app_id, entry.actor, entry.act, entry.subject, before, after)


AUDIT_ENTRIES = """
SELECT app_id, actor, act, subject, before, after, at FROM audit_log
WHERE app_id = $1 ORDER BY audit_id DESC LIMIT $2
"""


async def audit_entries(connection: Any, app_id: str, limit: int) -> list[dict[str, Any]]:
    """The newest changes of an app (`NO_APP`: those that are no app's), newest first."""
    return [dict(row) for row in await connection.fetch(AUDIT_ENTRIES, app_id, limit)]


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes; empty = any."""

    app_id: str = ""
    actor: str = ""
    act: str = ""
    """`app.set`, or the noun alone: `app`."""
    since: datetime | None = None
    until: datetime | None = None


_WANTED = """
FROM audit_log WHERE ($1 = '' OR app_id = $1) AND ($2 = '' OR actor = $2)
    AND ($3 = '' OR act = $3 OR split_part(act, '.', 1) = $3)
    AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
"""
AUDIT_PAGE = f"""
SELECT at, actor, act, app_id, subject, before, after {_WANTED} ORDER BY audit_id DESC LIMIT $6 OFFSET $7
"""
AUDIT_COUNT = f"SELECT count(*) {_WANTED}"


async def audit_page(connection: Any, wanted: AuditFilter, limit: int, offset: int) -> list[dict[str, Any]]:
    """Changes of every app, newest first."""
    rows = await connection.fetch(AUDIT_PAGE, *msgspec.structs.astuple(wanted), limit, offset)
    return [dict(row) for row in rows]


async def audit_count(connection: Any, wanted: AuditFilter) -> int:
    found: int = await connection.fetchval(AUDIT_COUNT, *msgspec.structs.astuple(wanted))
    return found
