"""Whether partitions stand ready for the events to come: without one nothing can be stored."""

from typing import Any, Final

from ledger.alerts import Alert
from ledger.partitions import PARTITION_KEYS, keys_left

LOW: Final = "partitions_low"
KINDS: Final = (LOW,)


def is_low(left: int | None) -> bool:
    """`left` as `keys_left` tells it. A worker makes the next partition long before."""
    return left is not None and left < PARTITION_KEYS // 2


async def partition_alerts(connection: Any) -> list[Alert]:
    """`connection` is an asyncpg connection or pool."""
    if not is_low(await keys_left(connection)):
        return []
    said = "there is room for few events more, as no worker could make the next partition"
    return [Alert(LOW, "ledger", f"{said}; the log of a worker (`make partitions`) says why")]
