"""The two ways to load a server: as fast as it answers, and at a rate it does not decide."""

from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from loadtests.workloads import Workload

ANSWER_GRACE_S = 3.0  # after the end, for what is still in flight
_IDLE_WAIT_S = 0.5

Clock = Callable[[], float]


class Wire(Protocol):
    """Where requests go: `loadtests.connections.Connections`, or a server in simulated time."""

    def __len__(self) -> int: ...

    def send(self, number: int, request: bytes) -> None: ...

    def answered(self, timeout_s: float) -> Iterator[tuple[int, int]]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """One round. Only what begins after the warm-up is measured, everything is counted."""

    warm_s: float
    seconds: float
    first: int  # number of the first request: no two rounds ask for the same click


@dataclass(slots=True)
class Counters:
    """What a loop saw. Latencies and delays are in seconds."""

    sent: int = 0
    due: int = 0  # open loop: how many the schedule asked for
    statuses: Counter[int] = field(default_factory=Counter)
    measured: int = 0  # answers within the measured seconds
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    services: "array[float]" = field(default_factory=lambda: array("d"))  # open loop: from the sending
    send_delays: "array[float]" = field(default_factory=lambda: array("d"))  # open loop: how late we ourselves were

    @property
    def answered(self) -> int:
        return self.statuses.total()


def closed_loop(connections: Wire, workload: Workload, plan: Plan, clock: Clock) -> Counters:
    """Each connection asks again as soon as it has its answer: what the server can do."""
    tally = Counters()
    measured_from = clock() + plan.warm_s
    end = measured_from + plan.seconds
    sent_at = [0.0] * len(connections)

    def ask(number: int) -> None:
        request = workload(plan.first + tally.sent)
        tally.sent += 1
        sent_at[number] = clock()
        connections.send(number, request)

    for number in range(len(connections)):
        ask(number)
    while tally.answered < tally.sent and clock() < end + ANSWER_GRACE_S:
        for number, status in connections.answered(_IDLE_WAIT_S):
            now = clock()
            tally.statuses[status] += 1
            if measured_from <= now < end:
                tally.measured += 1
                tally.latencies.append(now - sent_at[number])
            if now < end:
                ask(number)
    return tally


def open_loop(connections: Wire, workload: Workload, plan: Plan, schedule: tuple[float, Clock]) -> Counters:
    """Ask at a fixed rate, whatever the answers do: what a user feels while others click.

    `schedule` is (requests per second, clock). A request's latency counts from when it was due, so that one slow
    answer also counts for everyone who had to wait behind it (no coordinated omission).
    """
    rate, clock = schedule
    tally = Counters()
    start = clock()
    measured_from, end = start + plan.warm_s, start + plan.warm_s + plan.seconds
    total = int((plan.warm_s + plan.seconds) * rate)
    due_at, sent_at = [0.0] * len(connections), [0.0] * len(connections)
    idle = deque(range(len(connections)))
    while tally.answered < total and (now := clock()) < end + ANSWER_GRACE_S:
        next_due = start + tally.sent / rate
        while idle and tally.sent < total and next_due <= now:
            number = idle.popleft()
            due_at[number], sent_at[number] = next_due, now
            connections.send(number, workload(plan.first + tally.sent))
            tally.send_delays.append(now - next_due)
            tally.sent += 1
            next_due = start + tally.sent / rate
            now = clock()
        wait = next_due - now if idle and tally.sent < total else _IDLE_WAIT_S
        for number, status in connections.answered(max(wait, 0.0)):
            now = clock()
            tally.statuses[status] += 1
            idle.append(number)
            if measured_from <= due_at[number] < end:
                tally.latencies.append(now - due_at[number])
                tally.services.append(now - sent_at[number])
            if measured_from <= now < end:
                tally.measured += 1
    tally.due = total
    return tally
