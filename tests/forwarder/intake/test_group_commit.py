"""Group commit: one batch at a time, or two where much waits; nobody's failure but their own."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from structlog.testing import capture_logs

from forwarder.errors import Refusal
from forwarder.intake import group_commit
from forwarder.intake.group_commit import BESIDE_ROWS, BatchLimits, GroupCommit
from forwarder.outages import OutageLog

pytestmark = pytest.mark.anyio


class Ledger:
    """Doubles numbers; holds each batch until it is let go, where a gate is given."""

    def __init__(self, gate: asyncio.Event | None = None, at_once: int = 1) -> None:
        self.batches: list[list[int]] = []
        self.gate = gate
        self.errors: list[Exception] = []
        self.running = self.most_running = 0
        self.at_once = at_once
        self.started = asyncio.Event()
        self.caught_up = 0

    async def catch_up(self) -> None:
        self.caught_up += 1

    async def commit(self, items: Sequence[int]) -> list[int]:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        assert self.running <= self.at_once
        self.batches.append(list(items))
        self.started.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
            if -1 in items:
                raise asyncpg.DataError("a row that cannot be stored")
            return [item * 2 for item in items]
        finally:
            self.running -= 1


def commits(ledger: Ledger, most: int = 100, within_s: float = 60) -> GroupCommit[int, int]:
    return GroupCommit(ledger.commit, lambda _: 1, ledger.catch_up, OutageLog(), BatchLimits(most, within_s))


async def test_what_arrives_while_a_batch_is_in_flight_goes_into_the_next_together() -> None:
    ledger = Ledger(asyncio.Event())
    group = commits(ledger)
    waiting = [asyncio.create_task(group.submit(number)) for number in range(3)]
    await ledger.started.wait()
    waiting += [asyncio.create_task(group.submit(number)) for number in range(3, 10)]
    await asyncio.sleep(0)
    assert ledger.gate is not None
    ledger.gate.set()
    assert await asyncio.gather(*waiting) == [number * 2 for number in range(10)]
    assert [len(batch) for batch in ledger.batches] == [3, 7]


def two_at_once(ledger: Ledger) -> GroupCommit[int, int]:
    return GroupCommit(ledger.commit, lambda item: item, ledger.catch_up, OutageLog(), BatchLimits(in_flight=2))


async def turns(count: int = 10) -> None:
    """Let the loop go on: what can happen without the gate has happened."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_second_batch_begins_beside_the_first_once_enough_rows_wait_and_no_third() -> None:
    ledger = Ledger(asyncio.Event(), at_once=2)
    group = two_at_once(ledger)
    waiting = []
    for weight in (1, BESIDE_ROWS - 1, 1, 500, 501, 400):
        waiting.append(asyncio.create_task(group.submit(weight)))
        await turns()
    assert ledger.gate is not None
    assert ledger.batches == [[1], [BESIDE_ROWS - 1, 1]]
    ledger.gate.set()
    assert await asyncio.gather(*waiting) == [2, 2 * BESIDE_ROWS - 2, 2, 1000, 1002, 800]
    assert sorted(ledger.batches) == [[1], [BESIDE_ROWS - 1, 1], [500], [501, 400]]
    assert ledger.most_running == 2


async def test_what_is_too_little_for_a_batch_beside_another_goes_with_the_next() -> None:
    ledger = Ledger(asyncio.Event(), at_once=2)
    group = two_at_once(ledger)
    first = asyncio.create_task(group.submit(1))
    await turns()
    beside = asyncio.create_task(group.submit(BESIDE_ROWS))
    await turns()
    few = [asyncio.create_task(group.submit(2)), asyncio.create_task(group.submit(3))]
    await turns()
    assert ledger.batches == [[1], [BESIDE_ROWS]]
    assert ledger.gate is not None
    ledger.gate.set()
    await asyncio.gather(first, beside, *few)
    assert ledger.batches == [[1], [BESIDE_ROWS], [2, 3]]


async def test_one_batch_of_two_in_flight_that_fails_fails_alone() -> None:
    ledger = Ledger(asyncio.Event(), at_once=2)
    group = two_at_once(ledger)
    first = asyncio.create_task(group.submit(1))
    await turns()
    second = asyncio.create_task(group.submit(BESIDE_ROWS))
    await turns()
    ledger.errors = [ConnectionRefusedError()]
    assert ledger.gate is not None
    ledger.gate.set()
    answers = await asyncio.gather(first, second, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.status for refusal in refused] == [503]
    assert len(answers) == 2


async def test_draining_waits_for_both_batches_in_flight() -> None:
    ledger = Ledger(asyncio.Event(), at_once=2)
    group = two_at_once(ledger)
    waiting = [asyncio.create_task(group.submit(1))]
    await turns()
    waiting.append(asyncio.create_task(group.submit(BESIDE_ROWS)))
    await turns()
    draining = asyncio.create_task(group.drain())
    await turns()
    assert (ledger.running, draining.done()) == (2, False)
    assert ledger.gate is not None
    ledger.gate.set()
    await draining
    assert (ledger.running, await asyncio.gather(*waiting)) == (0, [2, 2 * BESIDE_ROWS])


async def test_before_each_batch_the_settings_are_caught_up_with_and_who_lost_its_key_is_refused() -> None:
    ledger = Ledger()
    group = commits(ledger)

    def refused() -> None:
        assert ledger.caught_up == 1
        raise Refusal(401, "unauthorized", "the key was taken back")

    answers = await asyncio.gather(group.submit(1), group.submit(2, refused), group.submit(3), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], Refusal)
    assert answers[2] == 6
    assert (ledger.batches, ledger.caught_up) == ([[1, 3]], 1)


async def test_a_batch_holds_at_most_its_rows_and_one_larger_item_goes_alone() -> None:
    ledger = Ledger()
    group: GroupCommit[int, int] = GroupCommit(
        ledger.commit, lambda item: item, ledger.catch_up, OutageLog(), BatchLimits(10)
    )
    await asyncio.gather(*(group.submit(weight) for weight in (4, 6, 50, 1)))
    assert ledger.batches == [[4, 6], [50], [1]]


async def test_one_row_that_cannot_be_stored_fails_alone() -> None:
    group = commits(Ledger())
    results = await asyncio.gather(*(group.submit(item) for item in (1, -1, 3)), return_exceptions=True)
    assert (results[0], results[2]) == (2, 6)
    assert isinstance(results[1], Refusal)
    assert results[1].status == 422


async def test_when_the_ledger_is_away_everyone_is_told_to_retry_and_the_next_batch_goes_on() -> None:
    ledger = Ledger()
    ledger.errors = [ConnectionRefusedError()]
    group = commits(ledger)
    results = await asyncio.gather(*(group.submit(item) for item in (1, 2)), return_exceptions=True)
    assert [result.status for result in results if isinstance(result, Refusal)] == [503, 503]
    assert await group.submit(3) == 6


async def test_a_deadlock_is_tried_again() -> None:
    ledger = Ledger()
    ledger.errors = [asyncpg.DeadlockDetectedError("locked out")]
    assert await commits(ledger).submit(1) == 2


async def test_beyond_its_measure_it_refuses_rather_than_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MAX_WAITING", 2)
    ledger = Ledger(asyncio.Event())
    group = commits(ledger, most=1)
    in_flight = asyncio.create_task(group.submit(1))
    await ledger.started.wait()
    waiting = [asyncio.create_task(group.submit(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as refused:
        await group.submit(4)
    assert (refused.value.status, refused.value.code) == (503, "overloaded")
    assert ledger.gate is not None
    ledger.gate.set()
    assert await asyncio.gather(in_flight, *waiting) == [2, 4, 6]


async def test_a_client_that_went_away_disturbs_nobody() -> None:
    ledger = Ledger(asyncio.Event())
    group = commits(ledger)
    gone, staying = asyncio.create_task(group.submit(1)), asyncio.create_task(group.submit(2))
    await ledger.started.wait()
    gone.cancel()
    assert ledger.gate is not None
    ledger.gate.set()
    assert await staying == 4


async def test_draining_returns_when_nothing_is_in_flight() -> None:
    ledger = Ledger()
    group = commits(ledger)
    waiting = asyncio.create_task(group.submit(1))
    await asyncio.sleep(0)
    await group.drain()
    assert await waiting == 2


async def test_a_stuck_batch_is_given_up_and_what_was_answered_meanwhile_is_not_stored() -> None:
    ledger = Ledger(asyncio.Event())
    group = commits(ledger, within_s=0.05)
    stuck = asyncio.create_task(group.submit(1))
    await ledger.started.wait()
    left, waiting = asyncio.create_task(group.submit(2)), asyncio.create_task(group.submit(3))
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(Refusal) as refused:
        await stuck
    assert (refused.value.status, refused.value.code) == (503, "overdue")
    assert ledger.gate is not None
    ledger.gate.set()
    assert await waiting == 6
    assert ledger.batches == [[1], [3]]


async def test_an_outage_under_load_is_one_line_and_a_mistake_too() -> None:
    ledger = Ledger()
    ledger.errors = [asyncpg.InternalClientError("got result for unknown protocol state 3") for _ in range(5)]
    ledger.errors += [KeyError("a mistake") for _ in range(5)]
    group = commits(ledger)
    with capture_logs() as lines:
        for _ in range(10):
            with pytest.raises(Refusal):
                await group.submit(1)
    assert [line["event"] for line in lines] == ["engine away, trying again until it is back", "batch not stored"]
    assert isinstance(lines[1]["exc_info"], KeyError)


async def test_who_was_answered_has_its_turn_before_the_next_batch_is_taken() -> None:
    ledger = Ledger(asyncio.Event())
    group = commits(ledger)

    async def twice(number: int) -> None:
        await group.submit(number)
        for _ in range(2):  # turns of the loop: in one the answer leaves, in the next it reads what comes from outside
            await asyncio.sleep(0)
        await group.submit(number + 10)

    tasks = [asyncio.create_task(twice(number)) for number in range(3)]
    await ledger.started.wait()
    tasks.append(asyncio.create_task(twice(3)))
    await asyncio.sleep(0)
    assert ledger.gate is not None
    ledger.gate.set()
    await asyncio.gather(*tasks)
    # 3 came while the first batch was stored, and those it answered join it in the second
    assert [sorted(batch) for batch in ledger.batches] == [[0, 1, 2], [3, 10, 11, 12], [13]]


async def test_a_ledger_that_lies_otherwise_by_now_is_read_again_and_the_same_batch_stored() -> None:
    ledger = Ledger()
    ledger.errors = [asyncpg.InvalidColumnReferenceError("no unique constraint matching the ON CONFLICT specification")]
    assert await commits(ledger).submit(1) == 2
    assert (ledger.batches, ledger.caught_up) == ([[1], [1]], 2)


async def test_a_missing_partition_is_no_fault_of_the_rows_so_that_they_come_again() -> None:
    ledger = Ledger()
    ledger.errors = [asyncpg.CheckViolationError("no partition of relation found for row")]
    with pytest.raises(Refusal) as refused:
        await commits(ledger).submit(1)
    assert refused.value.status == 503
