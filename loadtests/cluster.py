"""What does a redirect cost on a Redis Cluster? `python -m loadtests.cluster`

The redirector of a real `signalpost up --demo` in rounds at 32 connections: with the embedded Valkey, and with a
cluster of three nodes on loopback. Writes `results/cluster.md`.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from loadtests.cores import Cores, choose_cores, pin
from loadtests.generator import CLICKS, Order
from loadtests.machine import Machine, describe_machine
from loadtests.product import Product
from loadtests.rounds import run_rounds
from loadtests.stored_clicks import read_stored_clicks
from loadtests.valkey_cluster import running_cluster

RESULT = Path(__file__).parent / "results" / "cluster.md"
ROUNDS = 3
SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds with one kind of Redis."""

    redis: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    redirects: int  # 302s received in all rounds
    stored: int  # clicks found behind them, on all nodes together


def measure(name: str, cores: Cores, settings: dict[str, str], nodes: Sequence[str] = ()) -> Measured:
    """A product of its own; `nodes` are the URLs to count clicks at, where they are not in its own Redis."""
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory), **settings) as product:
        redirector = product.contestant("redirector", f"/{product.demo['slug']}")
        urls = nodes or (product.redis_url,)
        before = _stored(urls)
        if cores.pinned:
            pin(redirector.pid, cores.server)
        order = Order(port=redirector.port, kind=CLICKS, seconds=SECONDS, path=redirector.path)
        rounds = run_rounds(redirector, order, cores, ROUNDS)
        return Measured(
            name,
            median(each.result.rate for each in rounds),
            median(each.result.latency.p50 for each in rounds),
            median(each.result.latency.p99 for each in rounds),
            median(each.cpu_us for each in rounds),
            sum(each.result.statuses["302"] for each in rounds),
            _stored(urls) - before,
        )


def _stored(urls: Sequence[str]) -> int:
    return sum(read_stored_clicks(url).clicks for url in urls)


def report(measured: list[Measured], machine: Machine) -> str:
    """The table as Markdown."""
    rows = "\n".join(
        f"| {m.redis} | {m.rate:,.0f} | {m.p50_ms:.2f} | {m.p99_ms:.2f} | {m.cpu_us:.1f} "
        f"| {m.redirects:,} | {m.stored:,} |"
        for m in measured
    )
    return f"""# Redirects on a Redis Cluster

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; {machine.pinning}; load average {machine.load_before:.2f} before anything was started.
Medians of {ROUNDS} rounds of {SECONDS:.0f} s at 32 connections, each click acknowledged by its node and in its file.

| Redis | redirects per s | p50 ms | p99 ms | CPU us each | 302s received | clicks found |
| :---- | --------------: | -----: | -----: | ----------: | ------------: | -----------: |
{rows}

`python -m loadtests.cluster` repeats it.
"""


def main() -> int:
    cores = choose_cores()
    machine = describe_machine(cores)
    if cores.pinned:
        os.sched_setaffinity(0, {cores.rest})  # what is started inherits it, until the redirector is moved
    measured = [measure("one Valkey", cores, {})]
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, running_cluster(Path(directory), True) as cluster:
        nodes = [node.url for node in cluster.nodes]
        measured.append(measure("a cluster of three", cores, {"REDIS_URL": cluster.url}, nodes))
    text = report(measured, machine)
    RESULT.write_text(text)
    print(text)
    return 0 if all(each.redirects == each.stored for each in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
