"""How the ledger lies: plain, or in partitions, as an operator of a large one chooses once."""

from collections.abc import Callable
from typing import Any

import asyncpg

from admin.audit import audited
from admin.refusal import Refused
from admin.session import Session
from ledger.partitioning import AlreadyPartitionedError, OldWriterError, partition
from ledger.partitions import make_ahead


async def partition_ledger(session: Session, tell: Callable[[str], None]) -> dict[str, Any]:
    """Make a plain ledger one of partitions, beside running processes; {"first_partition_below", "partitions"}.

    Args:
        tell: is told each step as it begins.

    Raises:
        Refused: it is one already, a worker of an older version runs, or somebody holds a table for long.
    """
    try:
        first = await partition(session.database, tell)
        made = await make_ahead(session.database)
    except AlreadyPartitionedError as error:
        raise Refused(f"{error}: there is nothing to do") from None
    except OldWriterError as error:
        raise Refused(f"{error}: restart every worker with this version, then call this again") from None
    except asyncpg.LockNotAvailableError:
        raise Refused(
            "somebody holds a table of the ledger, such as a backup: nothing is changed yet; call this again later, it "
            "goes on where it was"
        ) from None
    async with audited(session, "ledger.partition", "ledger") as change:
        change.before, change.after = {"layout": "plain"}, {"layout": "partitioned"}
    return {"first_partition_below": first.top, "partitions": made + 1}
