"""What does a second worker add? `python -m loadtests.workers`, as root on Linux.

Load, Redis and two workers need four cores. Where there are fewer, each worker is held to a share of one by a control
group, so that the rest finds room beside them: what is measured is whether workers hinder each other, in Redis, in the
kernel's queue of connections or anywhere else. Writes `results/workers.md`.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from loadtests.contestants import Contestant
from loadtests.cores import Cores, choose_cores, process_tree
from loadtests.generator import CLICKS, Order
from loadtests.machine import Machine, describe_machine
from loadtests.product import Product
from loadtests.quotas import QuotaError, held_to
from loadtests.rounds import run_rounds
from loadtests.stored_clicks import read_stored_clicks

RESULT = Path(__file__).parent / "results" / "workers.md"
SHARE = 0.25  # of a core, for each worker
WORKERS = (1, 2, 3)
CONNECTIONS_EACH = 48  # enough that a worker has work whenever it may run
ROUNDS = 3
SECONDS = 4.0
WORKER_MARK = "spawn_main"  # in the command line of uvicorn's workers


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds of so many workers."""

    workers: int
    rate: float
    p50_ms: float
    cpu_us: float
    redirects: int  # 302s received in all rounds
    stored: int  # clicks found in Redis behind them


def measure(workers: int, cores: Cores) -> Measured:
    """A product of its own with so many redirector workers."""
    with (
        tempfile.TemporaryDirectory(prefix="sp-") as directory,
        Product(Path(directory), REDIRECTOR_WORKERS=str(workers)) as product,
    ):
        redirector = product.contestant("redirector", f"/{product.demo['slug']}")
        before = read_stored_clicks(product.redis_url).clicks
        with held_to(SHARE, _worker_pids(redirector, workers)):
            order = Order(
                port=redirector.port,
                kind=CLICKS,
                seconds=SECONDS,
                connections=CONNECTIONS_EACH * workers,
                path=redirector.path,
            )
            rounds = run_rounds(redirector, order, cores, ROUNDS)
        return Measured(
            workers,
            median(each.result.rate for each in rounds),
            median(each.result.latency.p50 for each in rounds),
            median(each.cpu_us for each in rounds),
            sum(each.result.statuses["302"] for each in rounds),
            read_stored_clicks(product.redis_url).clicks - before,
        )


def _worker_pids(redirector: Contestant, workers: int) -> list[int]:
    pids = [process.pid for process in process_tree(redirector.pid) if WORKER_MARK in " ".join(process.cmdline())]
    if len(pids) != workers:
        raise QuotaError(f"{len(pids)} worker processes were found, not {workers}")
    return pids


def report(measured: list[Measured], machine: Machine) -> str:
    """The table as Markdown."""
    one = measured[0].rate
    rows = "\n".join(
        f"| {m.workers} | {m.rate:,.0f} | {m.rate / one:.2f} | {m.p50_ms:.1f} | {m.cpu_us:.1f} "
        f"| {m.redirects:,} | {m.stored:,} |"
        for m in measured
    )
    return f"""# What a second worker adds

{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},
Python {machine.python}; load average {machine.load_before:.2f} before anything was started.
Each worker is held to {SHARE:.0%} of a core (a quota of {SHARE * 5:.2f} ms in each 5 ms); nothing is pinned. Medians of
{ROUNDS} rounds of {SECONDS:.0f} s, {CONNECTIONS_EACH} connections per worker, every click acknowledged by Redis.

| workers | redirects per s | to one worker | p50 ms | CPU us each | 302s received | clicks found |
| ------: | --------------: | ------------: | -----: | ----------: | ------------: | -----------: |
{rows}

`python -m loadtests.workers` repeats it.
"""


def main() -> int:
    cores = choose_cores()
    machine = describe_machine(cores)
    unpinned = Cores(cores.server, cores.rest, pinned=False)
    try:
        measured = [measure(workers, unpinned) for workers in WORKERS]
    except QuotaError as error:
        print(f"workers: {error}", file=sys.stderr)
        return 1
    text = report(measured, machine)
    RESULT.write_text(text)
    print(text)
    return 0 if all(each.redirects == each.stored for each in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
