"""Group commit: many requests, one transaction.

One batch is in flight; everything that arrives meanwhile goes into the next. A request waits for at most two batches,
and a busy process commits once for dozens of requests instead of once for each. Where much waits, a second batch may
begin beside the first: PostgreSQL stores one while this process makes the other.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import asyncpg
import structlog

from forwarder.errors import RETRY_AFTER_S, Refusal, overdue, unavailable
from forwarder.intake.answer_deadline import ANSWER_WITHIN_S
from forwarder.outages import OutageLog
from ledger.partitions import is_missing

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_WAITING = 20_000  # rows; beyond this the ledger does not keep up, and saying so is better than queueing
# turns of the event loop between two batches: the answers leave, and what came meanwhile is read. So a batch is not
# half as large as it could be, and who is answered does not wait for the next one's first statement
TURNS_BETWEEN = 2
BESIDE_ROWS = 300  # wait before a batch begins beside another: fewer would make more commits and no more rows
ATTEMPTS = 3  # two transactions that locked each other out are told apart by PostgreSQL: the loser goes again

log = structlog.get_logger()


def always() -> None:
    """Nothing was asked for that could be taken back."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Item, Result]):
    """What waits to be stored, and who waits for it."""

    item: Item
    future: asyncio.Future[Result]
    still_admitted: Callable[[], None]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large a batch may be, and how long it may take."""

    rows: int = 1_000
    """A single larger item goes alone."""
    seconds: float = ANSWER_WITHIN_S
    """A batch that takes longer is given up, so that it does not hold up the next."""
    in_flight: int = 1
    """Batches at a time; more than one only of what may be stored at the same moment, as by two processes."""


class GroupCommit(Generic[Item, Result]):
    """Collects items and hands them to `commit` in batches.

    Args:
        commit: stores a batch in one transaction and returns one result per item, in order.
        weigh: how many rows an item is.
        catch_up: called before each batch, so that it is stored by every change of settings that was made before its
            items came; raises where the ledger is away.
        outages: where failures are said.
        limits: of one batch.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        weigh: Callable[[Item], int],
        catch_up: Callable[[], Awaitable[None]],
        outages: OutageLog,
        limits: BatchLimits = BatchLimits(),
    ) -> None:
        self._commit = commit
        self._weigh = weigh
        self._catch_up = catch_up
        self._outages = outages
        self._limits = limits
        self._waiting: deque[_Entry[Item, Result]] = deque()
        self._rows = 0
        self._running: set[asyncio.Task[None]] = set()
        self._given_up: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item, still_admitted: Callable[[], None] = always) -> Result:
        """The item's result, once its batch is committed. Arguments and errors as `enqueue`."""
        return await self.enqueue(item, still_admitted)

    def enqueue(self, item: Item, still_admitted: Callable[[], None] = always) -> asyncio.Future[Result]:
        """What has the item's result, or its Refusal, once its batch is committed. What is cancelled before its batch
        begins is not stored.

        `still_admitted` raises the Refusal of an item whose key has been taken back since its request was read.

        Raises:
            Refusal: as `still_admitted`; 503 where PostgreSQL is away or does not keep up, 422 where it cannot store
                this item.
        """
        weight = self._weigh(item)
        if self._rows + weight > MAX_WAITING:
            message = "more arrives than the ledger can take; nothing was stored, send the same request again"
            raise Refusal(503, "overloaded", message, headers={"Retry-After": RETRY_AFTER_S})
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(item, future, still_admitted))
        self._rows += weight
        if not self._running or (len(self._running) < self._limits.in_flight and self._rows >= BESIDE_ROWS):
            task = asyncio.create_task(self._run())
            self._running.add(task)
        return future

    async def drain(self) -> None:
        """Return when nothing is in flight."""
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self) -> None:
        """Commit until nothing waits, or too little for a batch beside another."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        try:
            while self._waiting and (self._rows >= BESIDE_ROWS or len(self._running) == 1):
                await self._settle(self._take())
                for _ in range(TURNS_BETWEEN):
                    await asyncio.sleep(0)
        finally:
            self._running.discard(task)

    def _take(self) -> list[_Entry[Item, Result]]:
        batch: list[_Entry[Item, Result]] = []
        rows = 0
        while self._waiting:
            entry = self._waiting[0]
            weight = self._weigh(entry.item)
            if batch and rows + weight > self._limits.rows:
                break
            self._waiting.popleft()
            self._rows -= weight
            if not entry.future.done():  # else it was answered without us, and comes again
                batch.append(entry)
                rows += weight
        return batch

    async def _settle(self, batch: list[_Entry[Item, Result]]) -> None:
        try:
            await self._in_time(batch)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            if is_missing(error):
                return self._fail_all(batch, error)
            await self._settle_one_by_one([entry for entry in batch if not entry.future.done()], error)
        except Exception as error:  # whatever it is, every waiter must be told
            self._fail_all(batch, error)

    def _fail_all(self, batch: Sequence[_Entry[Item, Result]], error: Exception) -> None:
        refusal = self._refusal(error)
        for entry in batch:
            _fail(entry.future, refusal)

    async def _in_time(self, batch: list[_Entry[Item, Result]]) -> None:
        """Store; what takes too long is cancelled, and not waited for: a stopped PostgreSQL acknowledges nothing.

        Its rows may have been stored all the same. Whoever sends them again is told so by their ids.
        """
        task = asyncio.create_task(self._store(batch))
        done, _ = await asyncio.wait([task], timeout=self._limits.seconds)
        if done:
            return task.result()
        task.cancel()
        self._given_up.add(task)
        task.add_done_callback(self._forget)
        raise TimeoutError(f"not stored within {self._limits.seconds:g} s")

    async def _store(self, batch: list[_Entry[Item, Result]]) -> None:
        await self._catch_up()
        admitted = [entry for entry in batch if _is_admitted(entry)]
        results = await self._attempt([entry.item for entry in admitted]) if admitted else ()
        for entry, result in zip(admitted, results, strict=True):
            if not entry.future.done():
                entry.future.set_result(result)

    async def _settle_one_by_one(self, batch: list[_Entry[Item, Result]], error: asyncpg.PostgresError) -> None:
        """One row that cannot be stored must not fail its mates."""
        if len(batch) == 1:
            log.error("row cannot be stored", error=type(error).__name__, constraint=error.constraint_name)
            _fail(batch[0].future, Refusal(422, "not_storable", "the ledger cannot store a value in this request"))
            return
        for entry in batch:
            if not entry.future.done():
                await self._settle([entry])

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()  # was said when it was given up

    async def _attempt(self, items: Sequence[Item]) -> Sequence[Result]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._commit(items)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.InvalidColumnReferenceError):
                if attempt == ATTEMPTS:
                    raise
                # the last is what a ledger says that became one of partitions since: the directory knows
                await self._catch_up()
        raise AssertionError("unreachable")  # pragma: no cover

    def _refusal(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        self._outages.failed("batch not stored", error)
        return overdue() if isinstance(error, TimeoutError) else unavailable("the ledger")


def _is_admitted(entry: _Entry[Item, Result]) -> bool:
    try:
        entry.still_admitted()
    except Refusal as refusal:
        _fail(entry.future, refusal)
        return False
    return True


def _fail(future: asyncio.Future[Result], refusal: Refusal) -> None:
    if not future.done():
        future.set_exception(refusal)
