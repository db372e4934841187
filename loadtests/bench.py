"""`make bench`: how fast redirects are beside the limits of this machine, what a click takes, and that none is lost.

    python -m loadtests.bench [--quick] [--redirects-only] [--realtime] [--wrk]
    python -m loadtests.bench --against COMMIT [--quick] [--realtime]

Starts all it needs in a temporary directory, on loopback, and ends only that. Exit status 1 when clicks found and 302s
received differ; speed never decides, as a machine may be busy with something else.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from loadtests.against import compare, product_of
from loadtests.contestants import Contestant, ContestantError, bare_uvicorn, nginx
from loadtests.cores import Cores, choose_cores, put_ahead
from loadtests.forwarding import ForwardBench
from loadtests.generator import GeneratorError
from loadtests.machine import Machine, describe_machine
from loadtests.product import Product
from loadtests.ratios import comparison
from loadtests.redirecting import RedirectBench
from loadtests.report import RESULTS, append_history, markdown
from loadtests.rounds import Length

FULL = Length(rounds=3, warm_s=1.0, seconds=4.0, forwarder_s=4.0, backlog=20_000)
QUICK = Length(rounds=1, warm_s=0.3, seconds=1.0, forwarder_s=0.7, backlog=2_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when every click was found."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    if options.realtime and not put_ahead():
        print("bench: --realtime needs Linux and root (or CAP_SYS_NICE)", file=sys.stderr)
        return 1
    cores = choose_cores()
    machine = describe_machine(cores)
    if cores.pinned:
        os.sched_setaffinity(0, {cores.rest})  # what is started inherits it, until the server under test is moved
    length = QUICK if options.quick else FULL
    if options.against is not None:
        return _against(options.against, machine, cores, length)
    _say(f"starting Signalpost and the servers it is held against (about {30 if options.quick else 130} s in all)")
    try:
        with _stage() as directory, Product(directory) as product:
            with _others(directory) as others:
                if options.wrk:
                    _cross_check(others, cores)
                _say("redirects: every contestant in turn, then the redirector at half its maximum")
                redirecting = RedirectBench(product, cores, length).run(others)
            forwarding = None
            if not options.redirects_only:
                _say("forwarder and worker")
                forwarding = ForwardBench(product, cores, length).run()
    except (ContestantError, GeneratorError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    report = markdown(machine, redirecting, forwarding)
    print(report)
    if not options.quick:
        (RESULTS / "latest.md").write_text(report)
        append_history(RESULTS / "history.csv", machine, redirecting, forwarding)
    return 0 if redirecting.check.ok else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description="The redirect benchmark.")
    parser.add_argument("--quick", action="store_true", help="one short round each; keeps no result")
    parser.add_argument("--redirects-only", action="store_true", help="leave forwarder and worker out")
    parser.add_argument("--realtime", action="store_true", help="ahead of all other work on the machine; needs root")
    parser.add_argument("--against", metavar="COMMIT", help="hold this commit against an earlier one, nothing else")
    parser.add_argument("--wrk", action="store_true", help="also load nginx and bare uvicorn with wrk, to compare")
    return parser.parse_args(arguments)


def _against(commit: str, machine: Machine, cores: Cores, length: Length) -> int:
    """Both commits beside each other; 0 when every click of both was found."""
    _say(f"starting Signalpost of {commit} and of today")
    try:
        with (
            _stage() as directory,
            product_of(commit, directory / "then") as (name, then),
            Product(_made(directory / "now")) as now,
        ):
            _say("both in turn: redirects, installs, events, lists, then a backlog of deliveries each")
            measured = compare(then, now, cores, length)
    except (ContestantError, GeneratorError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    report = comparison(machine, name, *measured)
    print(report)
    if length is FULL:
        (RESULTS / "against.md").write_text(report)
    return 0 if all(each.check.ok for each in measured) else 1


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _say(what: str) -> None:
    print(f"bench: {what} ...", file=sys.stderr, flush=True)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + number)  # so that everything started is ended on the way out


@contextlib.contextmanager
def _stage() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="spb-"))  # short: the engines' sockets lie below it
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _others(directory: Path) -> Iterator[list[Contestant]]:
    with nginx(directory) as limit, bare_uvicorn() as bare:
        yield [limit, bare] if limit else [bare]


def _cross_check(others: Sequence[Contestant], cores: Cores) -> None:
    program = shutil.which("wrk")
    if program is None:
        print("wrk is not installed", file=sys.stderr)
        return
    for contestant in others:
        url = f"http://127.0.0.1:{contestant.port}{contestant.path}"
        done = subprocess.run([program, "-t1", "-c32", "-d3", url], capture_output=True, text=True, check=False)
        rate = next((line for line in done.stdout.splitlines() if line.startswith("Requests/sec")), done.stderr)
        print(f"wrk, short requests, {contestant.name}, from core {cores.rest}: {rate}")


if __name__ == "__main__":
    sys.exit(main())
