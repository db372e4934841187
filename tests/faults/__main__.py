"""`make faults`: break a whole machine in every way there is, under traffic, and write docs/reliability.md.

    python -m tests.faults [--seed N] [--only WORDS]

Takes some 25 minutes on two cores that do nothing else. Talks to this machine only. Exit status 1 when anything did not
come out even; with `--only` the other lines of the document stay as they were.
"""

import argparse
import signal
import sys
import time
from dataclasses import dataclass

from tests.faults.all_faults import ALL_FAULTS, by_kind
from tests.faults.fault import LONG, SHORT, Fault, Phases, run
from tests.faults.figures import DOCUMENT, Ran, Run, document
from tests.faults.machines import NotPossibleError, machine_of_kind
from tests.faults.traffic import Traffic

CLICKS_PER_SECOND = 60.0  # with installs and events; the machine also plays the visitors and TikTok
BEGIN_NOTHING_AFTER_S = 23 * 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000)
    parser.add_argument("--only", default="", help="faults whose name has one of these, with commas between")
    parser.add_argument("--short", action="store_true", help="a second or two of each phase, as in `make test`")
    given = parser.parse_args()
    phases = SHORT if given.short else LONG
    _say(f"seed {given.seed}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it started ends with it
    began = time.monotonic()
    wanted = given.only.split(",")
    chosen = tuple(fault for fault in ALL_FAULTS if any(words in fault.name for words in wanted))
    ran: list[Ran] = []
    for kind, faults in by_kind(chosen):
        ran += _of_kind(kind, faults, Pace(given.seed, phases, began + BEGIN_NOTHING_AFTER_S))
    before = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    DOCUMENT.write_text(document(ran, Run(given.seed, phases, time.monotonic() - began), before))
    _say(f"written: {DOCUMENT}")
    failed = [one for one in ran if one.problem.startswith("FAILED")]
    _say(f"{len(ran) - len(failed)} of {len(ran)} faults, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Pace:
    seed: int
    phases: Phases
    last_start: float
    """Of the monotonic clock: after it no fault is begun."""


def _of_kind(kind: str, faults: list[Fault], pace: Pace) -> list[Ran]:
    """On one machine after the other: one that did not come out even is not used again."""
    ran: list[Ran] = []
    while len(ran) < len(faults):
        try:
            ran += _on_one_machine(kind, faults[len(ran) :], pace)
        except NotPossibleError as error:
            _say(f"skipped: {error}")
            return [*ran, *(Ran(fault, None, f"not run: {error}") for fault in faults[len(ran) :])]
    return ran


def _on_one_machine(kind: str, faults: list[Fault], pace: Pace) -> list[Ran]:
    """Until one fails; at least one."""
    ran: list[Ran] = []
    if time.monotonic() > pace.last_start:
        return [Ran(fault, None, "not run: out of time") for fault in faults]
    with machine_of_kind(kind) as machine:
        machine.chance.seed(pace.seed)
        traffic = Traffic(machine.target(), pace.seed, CLICKS_PER_SECOND)
        for fault in faults:
            if time.monotonic() > pace.last_start:
                return [*ran, *(Ran(late, None, "not run: out of time") for late in faults[len(ran) :])]
            began = time.monotonic()
            try:
                ran.append(Ran(fault, run(fault, machine, traffic, pace.phases)))
            except Exception as error:
                ran.append(Ran(fault, None, f"FAILED: {error or type(error).__name__}"))
                sys.stderr.write(machine.log.read_text()[-3_000:])
            _say(f"{time.monotonic() - began:5.0f} s  {fault.name}: {ran[-1].problem or 'even'}")
            if ran[-1].problem:
                break
    return ran


if __name__ == "__main__":
    sys.exit(main())
