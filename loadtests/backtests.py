"""`signalpost match backtest` on generated worlds: installs per second, beside an earlier commit in the same run.

    python -m loadtests.backtests [--against COMMIT] [--worlds plain,"click flood"] [--rounds 3] [--times 4]

Both sides read the same files, one run at a time and in turn, each with a scratch Redis of its own. By the clock, which
a busy machine stretches, and by the CPU time of all processes of a run; the start (a run over one install) is taken off
both. Writes loadtests/results/backtest.md when all worlds were run.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.checkout import ROOT, check_out
from loadtests.contestants import ContestantError
from loadtests.cores import choose_cores
from loadtests.machine import describe_machine
from loadtests.report import RESULTS
from loadtests.sides import Side, Took
from tests.matching.knobs import REPORT_WORLDS
from tests.matching.world import make_world

SEED = 100
START = "start"
TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Row:
    """One world: the shortest and the cheapest run of each side, in the order of the sides."""

    world: str
    visits: int
    installs: int
    best: list[Took]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; 0 when every run gave one answer per install."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # removes what it has laid down
    machine = describe_machine(choose_cores())
    names = options.worlds.split(",") if options.worlds else list(REPORT_WORLDS)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spt-")))
        sides = [Side("now", sys.executable, ROOT)]
        try:
            if options.against is not None:
                then = check_out(options.against, directory / "then")
                sides.insert(0, Side(then.commit, then.python, directory / "then" / "code"))
            rows = [_measured(name, sides, directory, options) for name in (START, *names)]
        except ContestantError as error:
            print(f"backtests: {error}", file=sys.stderr)
            return 1
    where = f"{machine.at} UTC, commit {machine.commit}, {machine.processor}, {machine.cores} cores, load before"
    how = f"{options.rounds} rounds, {options.times:g} times the clicks of docs/matching.md."
    report = f"{where} {machine.load_before}, {how}\n\n{table(sides, rows)}"
    print(report)
    if not options.worlds:
        (RESULTS / "backtest.md").write_text(f"# Backtests of generated worlds\n\n{report}")
    return 0


def table(sides: Sequence[Side], rows: Sequence[Row]) -> str:
    """Markdown of the runs, the first of `rows` being the start."""
    start, *worlds = rows
    head = ["world", "visits", "installs"]
    for side in sides:
        head += [f"{side.name}: installs per s", "per CPU s"]
    head += ["ratio", "by CPU"] if len(sides) > 1 else []
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    slowest = [(float("inf"), float("inf"))] * len(sides)
    for row in worlds:
        rates = [_rates(row.installs, took, begun) for took, begun in zip(row.best, start.best, strict=True)]
        slowest = [(min(a[0], b[0]), min(a[1], b[1])) for a, b in zip(slowest, rates, strict=True)]
        cells = [row.world, f"{row.visits:,}", f"{row.installs:,}"]
        cells += [f"{rate:,.0f}" for side in rates for rate in side]
        cells += _ratios(rates)
        lines.append(" | ".join(cells))
    starts = ", ".join(
        f"{side.name} {took.wall_s:.2f} s, {took.cpu_s:.2f} of CPU"
        for side, took in zip(sides, start.best, strict=True)
    )
    said = [f"Start, taken off: {starts}."]
    by_clock, by_cpu = (" against ".join(f"{side[which]:,.0f}" for side in slowest) for which in (0, 1))
    said += [f"Slowest world: {by_clock} installs per second, {by_cpu} per CPU second."]
    if len(sides) > 1:
        said += [f"Ratio of the slowest: {' by the clock, '.join(_ratios(slowest))} by CPU."]
    return "\n".join([*(f"| {line} |" for line in lines), "", " ".join(said), ""])


def _rates(installs: int, took: Took, start: Took) -> tuple[float, float]:
    """Per second and per CPU second, without the start."""
    return installs / max(took.wall_s - start.wall_s, 0.01), installs / max(took.cpu_s - start.cpu_s, 0.01)


def _ratios(rates: Sequence[tuple[float, float]]) -> list[str]:
    """Of the last side to the first, both ways; none of one side."""
    return [f"{now / then:.2f}" for then, now in zip(rates[0], rates[-1], strict=True)] if len(rates) > 1 else []


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.backtests", description="Backtests, timed.")
    parser.add_argument("--against", metavar="COMMIT", help="beside this earlier commit")
    parser.add_argument("--worlds", help="names of tests.matching.knobs.REPORT_WORLDS, by commas; all if left out")
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs per world and side; the shortest and the cheapest count"
    )
    parser.add_argument("--times", type=float, default=1.0, help="how many times as many clicks as the world has")
    return parser.parse_args(arguments)


def _measured(name: str, sides: Sequence[Side], directory: Path, options: argparse.Namespace) -> Row:
    place = directory / name.replace(" ", "-").replace("%", "").replace(",", "")
    place.mkdir()
    knobs = REPORT_WORLDS["plain" if name == START else name]
    world = make_world(replace(knobs, clicks=round(knobs.clicks * options.times)), SEED)
    if name == START:
        world.clicks, world.installs = world.clicks[:1], world.installs[:1]
    files = world.write(place)
    runs: list[list[Took]] = [[] for _ in sides]
    for _ in range(options.rounds):
        for side, taken in zip(sides, runs, strict=True):
            taken.append(_run(side, files, len(world.installs)))
    best = [Took(min(took.wall_s for took in taken), min(took.cpu_s for took in taken)) for taken in runs]
    print(
        name,
        len(world.installs),
        *(f"{took.wall_s:.2f}/{took.cpu_s:.2f}" for took in best),
        file=sys.stderr,
        flush=True,
    )
    return Row(name, len(world.clicks), len(world.installs), best)


def _run(side: Side, files: tuple[Path, Path], installs: int) -> Took:
    """Raises ContestantError where a run fails, or answers other than once per install."""
    clicks, bodies = map(str, files)
    command = [side.python, "-m", "cli", "match", "backtest", "--clicks", clicks, "--installs", bodies]
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=side.directory, capture_output=True, check=False, timeout=TIMEOUT_S)
    after, ended = os.times(), time.perf_counter()
    if done.returncode or done.stdout.count(b"\n") != installs:
        raise ContestantError(f"{side.name}: the backtest ended with {done.returncode}: {done.stderr[-500:]!r}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(ended - started, cpu_s)


if __name__ == "__main__":
    sys.exit(main())
