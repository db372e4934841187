"""How long `signalpost up --demo` takes to `ready` where it has run before, beside an earlier commit in the same run.

    python -m loadtests.starts [--against COMMIT] [--rounds 10]

What is committed is measured. Each side has a data directory of its own, made by a first start that does not count;
then they start in turn. CPU time is that of the whole tree of processes until `ready`, engines included: it hardly
moves when the machine is busy, when the clock does. Writes loadtests/results/start.md.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil

from loadtests.checkout import check_out
from loadtests.contestants import ContestantError
from loadtests.cores import choose_cores
from loadtests.machine import describe_machine
from loadtests.product import environment_of
from loadtests.report import RESULTS
from loadtests.sides import Side, Took

STOP_LIMIT_S = 60.0
COMMAND = ("-P", "-m", "cli", "up", "--demo", "--no-history")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    machine = describe_machine(choose_cores())
    try:
        with tempfile.TemporaryDirectory(prefix="sp-", dir="/tmp") as name:
            starts = _measured(Path(name), options.against, options.rounds)
    except ContestantError as error:
        print(error, file=sys.stderr)
        return 1
    text = (
        "# Starts\n\n"
        f"{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},\n"
        f"Python {machine.python}; load average {machine.load_before} before anything was started. `signalpost up "
        f"--demo` in a directory\nwhere it has run before, to `ready`; {options.rounds} starts of each, in turn. "
        "Made by `python -m loadtests.starts`.\n\n" + table(starts)
    )
    (RESULTS / "start.md").write_text(text)
    print(text, end="")
    return 0


def table(starts: dict[str, list[Took]]) -> str:
    """A line per side; with two the last line is what is now of what was before."""
    lines = ["| | seconds, median | least | most | CPU seconds, median | least | most |", "|:---|" + "---:|" * 6]
    medians = []
    for name, taken in starts.items():
        columns = [sorted(start.wall_s for start in taken), sorted(start.cpu_s for start in taken)]
        medians.append([median(column) for column in columns])
        cells = [f"{value:.2f}" for column in columns for value in (median(column), column[0], column[-1])]
        lines.append(f"| {' | '.join([name, *cells])} |")
    if len(medians) == 2:
        wall, cpu = (now / before for before, now in zip(*medians, strict=True))
        lines.append(f"| ratio | {wall:.2f} | | | {cpu:.2f} | | |")
    return "\n".join([*lines, "", "CPU: user and system time of all processes together, the engines' included.", ""])


def _measured(place: Path, against: str | None, rounds: int) -> dict[str, list[Took]]:
    # both as they are checked out: an installation in place, as ours is, costs every interpreter a look at more paths
    sides = [
        Side(f"{name} ({made.commit})", made.python, place / name)
        for name, commit in (("then", against), ("now", "HEAD"))
        if commit
        for made in [check_out(commit, place / name)]
    ]
    for side in sides:
        _start(side)
    starts: dict[str, list[Took]] = {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            start = _start(side)
            starts[side.name].append(start)
            print(f"{side.name}: {start.wall_s:.2f} s, CPU {start.cpu_s:.2f} s", file=sys.stderr, flush=True)
    return starts


def _start(side: Side) -> Took:
    """Start it, note what it took, and stop it."""
    log = side.directory / "up.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        up = subprocess.Popen(
            [side.python, *COMMAND],
            cwd=side.directory,  # away from any .env
            env=environment_of(side.directory / "data"),
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )
    try:
        assert up.stdout is not None  # noqa: S101 - it was asked for
        if not any(line.startswith(b"ready") for line in iter(up.stdout.readline, b"")):
            raise ContestantError(f"{side.name}: not ready:\n{log.read_text(errors='replace')[-2000:]}")
        wall_s = time.perf_counter() - began
        return Took(wall_s, _cpu_s(up.pid))
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=STOP_LIMIT_S)


def _cpu_s(pid: int) -> float:
    """Of this process and all below it, those that have ended and were waited for included."""
    up = psutil.Process(pid)
    return sum(sum(process.cpu_times()[:4]) for process in (up, *up.children(recursive=True)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.starts", description="Starts, timed.")
    parser.add_argument("--against", metavar="COMMIT", help="beside this earlier commit")
    parser.add_argument("--rounds", type=int, default=10, help="starts of each")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
