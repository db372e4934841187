"""A contestant's rounds, and what of several rounds counts."""

import time
from dataclasses import astuple, dataclass, replace
from statistics import median

from loadtests.contestants import Contestant
from loadtests.cores import Cores, core_busy_seconds, cpu_seconds
from loadtests.generator import LoadResult, Order, load
from loadtests.percentiles import Latency


@dataclass(frozen=True, slots=True)
class Length:
    """How long and how often everything runs."""

    rounds: int
    warm_s: float
    seconds: float
    forwarder_s: float
    backlog: int  # deliveries the worker drains


@dataclass(frozen=True, slots=True)
class Round:
    """One round of load on one server."""

    result: LoadResult
    cpu_us: float  # of the server and its children, per answer
    others: float  # share of the server's core that something else used meanwhile


@dataclass(frozen=True, slots=True)
class Summary:
    """The medians over a contestant's rounds: one disturbed round does not decide."""

    rounds: int
    rate: float
    latency: Latency
    cpu_us: float
    others: float
    generator_busy: float  # the highest


def run_round(contestant: Contestant, order: Order, cores: Cores) -> Round:
    used, busy, begun = cpu_seconds(contestant.pid), core_busy_seconds(cores.server), time.monotonic()
    result = load(order)
    used, busy = cpu_seconds(contestant.pid) - used, core_busy_seconds(cores.server) - busy
    others = max(0.0, busy - used) / (time.monotonic() - begun) if cores.pinned else 0.0
    return Round(result, used / max(1, result.answered) * 1e6, others)


def run_rounds(contestant: Contestant, order: Order, cores: Cores, count: int) -> list[Round]:
    """Rounds in a row; no two of them ask for the same click."""
    rounds: list[Round] = []
    for _ in range(count):
        first = order.first + sum(each.result.sent for each in rounds)
        rounds.append(run_round(contestant, replace(order, first=first), cores))
    return rounds


def summary_of(rounds: list[Round]) -> Summary:
    results = [each.result for each in rounds]

    return Summary(
        rounds=len(rounds),
        rate=median(result.rate for result in results),
        latency=Latency(*(median(each) for each in zip(*(astuple(result.latency) for result in results), strict=True))),
        cpu_us=median(each.cpu_us for each in rounds),
        others=median(each.others for each in rounds),
        generator_busy=max(result.busy for result in results),
    )
