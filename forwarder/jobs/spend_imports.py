"""The advertisers whose spend is due, a few of them at once: none waits for a slow one's turn to end."""

from typing import Final

import anyio

from ad_accounts.import_context import ImportContext
from ad_accounts.import_turn import import_turn
from ledger.spend_progress import DueImport, due_imports

AT_ONCE: Final = 4
"""Of one process; the quota is shared, so more would only wait for it."""


async def import_due(context: ImportContext) -> None:
    """One turn for each advertiser that is due. A turn that fails lets the others come to their end.

    Raises:
        Exception: the first that a turn failed with.
    """
    turns = Turns(context)
    async with anyio.create_task_group() as tasks:
        for due in await due_imports(context.pool, context.clock()):
            tasks.start_soon(turns.take, due)
    if turns.failures:
        raise turns.failures[0]


class Turns:
    """The turns of one round."""

    def __init__(self, context: ImportContext) -> None:
        self.failures: list[Exception] = []
        self._context = context
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def take(self, due: DueImport) -> None:
        async with self._limiter:
            try:
                await import_turn(self._context, due)
            except Exception as error:  # raised when the round is over
                self.failures.append(error)
