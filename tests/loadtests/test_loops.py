"""The loops in simulated time: a server of known speed, a clock that only it moves."""

from collections.abc import Callable, Iterator

import pytest

from loadtests.loops import Plan, closed_loop, open_loop

STATUS = 302


class SimulatedServer:
    """Answers one request after the other, each `service(now)` seconds after it could begin; time is its own."""

    def __init__(self, connections: int, service: Callable[[float], float]) -> None:
        self.now = 100.0
        self.requests: list[bytes] = []
        self._connections = connections
        self._service = service
        self._free_at = self.now
        self._due: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return self._connections

    def clock(self) -> float:
        return self.now

    def send(self, number: int, request: bytes) -> None:
        assert all(busy != number for _, busy in self._due), "one request at a time on each connection"
        self.requests.append(request)
        begins = max(self.now, self._free_at)
        self._free_at = begins + self._service(begins)
        self._due.append((self._free_at, number))

    def answered(self, timeout_s: float) -> Iterator[tuple[int, int]]:
        first = min(self._due, default=(self.now + timeout_s, 0))[0]
        self.now = max(self.now, min(first, self.now + timeout_s))
        ready = sorted(each for each in self._due if each[0] <= self.now)
        self._due = [each for each in self._due if each[0] > self.now]
        for _, number in ready:
            yield number, STATUS


def request(index: int) -> bytes:
    return b"%d" % index


def test_a_closed_loop_finds_the_servers_own_rate() -> None:
    server = SimulatedServer(4, lambda _: 0.001)
    tally = closed_loop(server, request, Plan(warm_s=1.0, seconds=2.0, first=0), server.clock)
    assert tally.measured == pytest.approx(2000, abs=4)
    assert max(tally.latencies) == pytest.approx(0.004)


def test_every_request_of_a_closed_loop_is_answered_and_counted_warm_up_and_end_included() -> None:
    server = SimulatedServer(4, lambda _: 0.001)
    tally = closed_loop(server, request, Plan(warm_s=0.5, seconds=1.0, first=70), server.clock)
    assert server.requests == [request(70 + number) for number in range(tally.sent)]
    assert tally.statuses == {STATUS: tally.sent}
    assert len(tally.latencies) == tally.measured < tally.sent


def test_a_closed_loop_does_not_wait_for_ever_for_an_answer_that_never_comes() -> None:
    server = SimulatedServer(2, lambda now: 1e9 if now > 100.2 else 0.001)
    tally = closed_loop(server, request, Plan(warm_s=0.0, seconds=1.0, first=0), server.clock)
    assert tally.sent - tally.answered == 2


def test_an_open_loop_asks_at_its_rate_however_fast_the_server_is() -> None:
    server = SimulatedServer(8, lambda _: 0.0001)
    tally = open_loop(server, request, Plan(warm_s=1.0, seconds=3.0, first=5), (500.0, server.clock))
    assert tally.due == tally.sent == tally.answered == 2000
    assert len(tally.latencies) == 1500
    assert server.requests[0] == request(5)
    assert max(tally.send_delays) == pytest.approx(0, abs=1e-9)


def test_one_stall_counts_for_every_request_that_was_due_meanwhile() -> None:
    stalled: list[float] = []

    def one_stall(now: float) -> float:
        if now >= 101.0 and not stalled:
            stalled.append(now)
            return 0.5
        return 0.0001

    server = SimulatedServer(4, one_stall)
    tally = open_loop(server, request, Plan(warm_s=0.0, seconds=3.0, first=0), (100.0, server.clock))
    late = [latency for latency in tally.latencies if latency > 0.01]
    assert 45 <= len(late) <= 52  # half a second at 100 per second, though only four were on the wire
    assert max(tally.latencies) == pytest.approx(0.5, abs=0.02)
    assert sum(latency > 0.01 for latency in tally.services) <= 5


def test_an_overloaded_server_falls_behind_the_offered_rate_and_the_loop_still_ends() -> None:
    server = SimulatedServer(4, lambda _: 0.01)
    tally = open_loop(server, request, Plan(warm_s=0.0, seconds=2.0, first=0), (1000.0, server.clock))
    assert tally.due == 2000
    assert tally.measured == pytest.approx(200, abs=4)
    assert tally.sent < tally.due
