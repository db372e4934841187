"""Whether the ledger takes questions."""

from admin.session import Session
from ledger.outages import LEDGER_AWAY, LEDGER_FAILED

__all__ = ["LEDGER_AWAY", "ledger_answers"]


async def ledger_answers(session: Session) -> bool:
    """Whether PostgreSQL takes a question at this moment."""
    try:
        return await session.database.fetchval("SELECT true") is True
    except LEDGER_FAILED:
        return False
