"""Acts that leave an entry in the audit log, in the same transaction as what they change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from admin.session import Session
from ledger.audit import NO_APP, AuditEntry, insert_audit_entry, lock_subject


@dataclass(slots=True)
class Change:
    """One act while it is done. `before` and `after` are what is shown of its subject: no secrets."""

    connection: Any
    before: Any = None
    after: Any = None


@asynccontextmanager
async def audited(session: Session, act: str, subject: str, app_id: str = NO_APP) -> AsyncIterator[Change]:
    """A transaction that ends with the entry of the audit log; nothing is written where it fails.

    Acts on one subject follow one another, so that what `session.unchanged` looks at stays as it is until the end.
    """
    async with session.transaction() as connection:
        await lock_subject(connection, app_id, subject)
        if session.unchanged is not None:
            await session.unchanged(replace(session, database=connection, unchanged=None))
        change = Change(connection)
        yield change
        await insert_audit_entry(
            connection,
            AuditEntry(
                app_id=app_id, actor=session.actor, act=act, subject=subject, before=change.before, after=change.after
            ),
        )
