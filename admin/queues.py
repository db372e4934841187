"""What waits: deliveries in the ledger, clicks in the spools of this machine's redirectors."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from admin.session import Session
from ledger.delivery_claims import backlog

SPOOL = "spool"  # of DATA_DIR


@dataclass(frozen=True, slots=True)
class Queues:
    deliveries: int
    """Due or being sent."""
    oldest_delivery_at: datetime | None
    """Of those that wait for nothing of ours."""
    spool_bytes: int
    """Of clicks that Redis did not take in time. Redirectors on other machines have spools of their own."""


async def queues(session: Session) -> Queues:
    waiting = await backlog(session.database)
    return Queues(waiting.pending, waiting.oldest_created_at, _bytes_in(session.settings.data_dir / SPOOL))


def _bytes_in(folder: Path) -> int:
    """Files may be drained and deleted meanwhile."""
    total = 0
    for path in folder.glob("*") if folder.is_dir() else ():
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total
