"""The load generator: a process of its own on a core of its own. One order as JSON on stdin, its result on stdout.

Raw sockets and requests put together from bytes: an HTTP library would measure itself.
"""

import gc
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from loadtests.connections import Connections
from loadtests.loops import Counters, Plan, closed_loop, open_loop
from loadtests.percentiles import Latency, latency_of
from loadtests.workloads import Clicks, Events, Installs, Workload

CONNECTIONS = 32
CLICKS, CLICKS_EVERY_MACRO, INSTALLS, EVENTS = "clicks", "clicks with every macro", "installs", "events"
START_S = 15.0  # for the generator's own start, which is not measured


class GeneratorError(Exception):
    """The generator ended without a result; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to load, how, and for how long."""

    port: int
    kind: str  # clicks, clicks with every macro, installs, events
    seconds: float
    warm_s: float = 1.0
    connections: int = CONNECTIONS
    rate: float = 0.0  # requests per second; 0 = closed loop
    first: int = 0
    path: str = "/"
    api_key: str = ""
    run: int = 0  # makes ids of one benchmark differ from another's
    installs: int = 0  # events: how many installs there are to name
    per_request: int = 1


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of an order. Rates are per second; latencies in ms."""

    sent: int
    answered: int
    statuses: dict[str, int]
    rate: float  # answers per second within the measured seconds
    due: int  # open loop: how many the schedule asked for
    latency: Latency
    service_p99_ms: float  # open loop: p99 from the sending, which leaves out how late that was
    send_delay_p99_ms: float  # open loop: how late the generator itself was
    busy: float  # share of its core the generator used


def workload_of(order: Order) -> Workload:
    if order.kind == INSTALLS:
        return Installs(order.api_key, order.run)
    if order.kind == EVENTS:
        return Events(order.api_key, order.run, order.installs, order.per_request)
    return Clicks(order.path, order.run + order.first, every_macro=order.kind == CLICKS_EVERY_MACRO)


def perform(order: Order) -> LoadResult:
    """Carry out an order in this process."""
    workload = workload_of(order)
    connections = Connections("127.0.0.1", order.port, order.connections)
    plan = Plan(order.warm_s, order.seconds, order.first)
    gc.collect()
    gc.disable()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        if order.rate:
            tally = open_loop(connections, workload, plan, (order.rate, time.perf_counter))
        else:
            tally = closed_loop(connections, workload, plan, time.perf_counter)
    finally:
        connections.close()
    busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
    return _result(tally, order, busy)


def _result(tally: Counters, order: Order, busy: float) -> LoadResult:
    return LoadResult(
        sent=tally.sent,
        answered=tally.answered,
        statuses={str(status): count for status, count in tally.statuses.items()},
        rate=tally.measured / order.seconds,
        due=tally.due,
        latency=latency_of(tally.latencies),
        service_p99_ms=latency_of(tally.services).p99,
        send_delay_p99_ms=latency_of(tally.send_delays).p99,
        busy=busy,
    )


def load(order: Order) -> LoadResult:
    """Have a new generator process carry out an order; it runs on the cores of its parent.

    Raises:
        GeneratorError: it failed, or did not end in time.
    """
    limit_s = order.warm_s + order.seconds + START_S
    try:
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.generator"],
            input=json.dumps(asdict(order)),
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GeneratorError(f"the load generator did not end within {limit_s:.0f} s") from None
    if done.returncode:
        raise GeneratorError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no output")
    answer = json.loads(done.stdout)
    return LoadResult(**{**answer, "latency": Latency(**answer["latency"])})


if __name__ == "__main__":
    print(json.dumps(asdict(perform(Order(**json.load(sys.stdin))))))
