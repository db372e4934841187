"""Group commit: many requests, one transaction.

One batch is in flight at a time; everything that arrives meanwhile goes into the next. A request waits for at most two
batches, and a busy process commits once for dozens of requests instead of once for each.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import asyncpg
import structlog

from forwarder.errors import RETRY_AFTER_S, Refusal, unavailable
from forwarder.outages import LEDGER_FAILED

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_WAITING = 20_000  # rows; beyond this the ledger does not keep up, and saying so is better than queueing
ATTEMPTS = 3  # two transactions that locked each other out are told apart by PostgreSQL: the loser goes again

log = structlog.get_logger()


class GroupCommit(Generic[Item, Result]):
    """Collects items and hands them to `commit` in batches.

    Args:
        commit: stores a batch in one transaction and returns one result per item, in order.
        weigh: how many rows an item is.
        most: rows in one batch (a single larger item goes alone).
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        weigh: Callable[[Item], int],
        most: int = 1_000,
    ) -> None:
        self._commit = commit
        self._weigh = weigh
        self._most = most
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._rows = 0
        self._task: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The item's result, once its batch is committed.

        Raises:
            Refusal: 503 where PostgreSQL is away or does not keep up, 422 where it cannot store this item.
        """
        weight = self._weigh(item)
        if self._rows + weight > MAX_WAITING:
            message = "more arrives than the ledger can take; nothing was stored, send the same request again"
            raise Refusal(503, "overloaded", message, headers={"Retry-After": RETRY_AFTER_S})
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._rows += weight
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def drain(self) -> None:
        """Return when nothing is in flight."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._settle(self._take())
        finally:
            self._task = None

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        rows = 0
        while self._waiting:
            weight = self._weigh(self._waiting[0][0])
            if batch and rows + weight > self._most:
                break
            batch.append(self._waiting.popleft())
            rows += weight
        self._rows -= rows
        return batch

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._attempt([item for item, _ in batch])
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            await self._settle_one_by_one(batch, error)
        except Exception as error:  # whatever it is, every waiter must be told
            refusal = _refusal(error)
            for _, future in batch:
                _fail(future, refusal)
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    async def _settle_one_by_one(
        self, batch: list[tuple[Item, asyncio.Future[Result]]], error: asyncpg.PostgresError
    ) -> None:
        """One row that cannot be stored must not fail its mates."""
        if len(batch) == 1:
            log.error("row cannot be stored", error=type(error).__name__, constraint=error.constraint_name)
            _fail(batch[0][1], Refusal(422, "not_storable", "the ledger cannot store a value in this request"))
            return
        for entry in batch:
            await self._settle([entry])

    async def _attempt(self, items: Sequence[Item]) -> Sequence[Result]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._commit(items)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover


def _fail(future: asyncio.Future[Result], refusal: Refusal) -> None:
    if not future.done():
        future.set_exception(refusal)


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    away = isinstance(error, LEDGER_FAILED)
    log.error("batch not stored", error=type(error).__name__, ledger_away=away, exc_info=None if away else error)
    return unavailable("the ledger")
