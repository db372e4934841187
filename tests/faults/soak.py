"""`make soak`: one machine under traffic for an hour, something broken every two minutes, all even at the end.

    python -m tests.faults.soak [--minutes 60] [--seed N] [--per-second 180]

Talks to this machine only, and writes loadtests/results/soak.md, also where it fails, and beside it every sample
(soak.csv, not kept). Exit status 1 when anything did not come out even, or a process holds more and more.
"""

import argparse
import gc
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from config.news import SAY_EVERY_S
from loadtests.percentiles import latency_of
from sandbox.memory import Limits
from tests.faults.all_faults import ALL_FAULTS
from tests.faults.fault import LONGEST_ANSWER_S, NOTHING_LOST, REPEATED_AT_MOST, Fault, check_what_is_said
from tests.faults.flatness import GROWS_AT_MOST, slope_of
from tests.faults.holdings import Holdings
from tests.faults.machine_oracle import Losses, reconcile
from tests.faults.machines import machine_of_kind
from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.report_oracle import check_reports
from tests.faults.soak_figures import DOCUMENT, SAMPLES, Asked, Broken, Soaked, document, samples_as_csv
from tests.faults.traffic import NO_ANSWER, Click, Traffic
from tests.faults.whole_machine import WholeMachine

PER_SECOND = 180.0
"""Some 30 % of what two cores that also play the visitors and TikTok take; a fixed figure, so that runs compare."""
SHARES = (0.72, 0.20)
"""Of clicks and installs; the rest are events. So many installs that what a forwarder remembers of clicks (20,000 of
them, `clicks.decoding`) is full when the warm-up of an hour's run ends: until then it grows, and rightly."""
POSTS = 1 - SHARES[0]
KEPT_AT_TIKTOK = Limits().events
EVERY_S = 120.0
DURING_S = 6.0
WARM_UP = 1 / 3
"""Of the whole time: a worker's memory was filling for half an hour (loadtests/results/soak.md)."""
ENDINGS = 1 / 6
"""Of the whole time, at its end: the faults that end processes."""
UNEVEN_FOR_S = 1.0  # around a fault: what was under way when it began, and what was due before all was ready
SENT_AGAIN_AT_MOST = 60
SETTLES_WITHIN_S = 900.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000)
    parser.add_argument("--per-second", type=float, default=PER_SECOND)
    given = parser.parse_args()
    if given.minutes * 60 * given.per_second * POSTS > KEPT_AT_TIKTOK:
        parser.error(f"the sandbox keeps {KEPT_AT_TIKTOK} conversions: fewer minutes, or fewer a second")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it started ends with it
    soaked = Soaked(Asked(given.seed, given.minutes, given.per_second, EVERY_S))
    _say(f"seed {given.seed}, {given.minutes:g} minutes")
    try:
        with machine_of_kind("") as machine:
            _soak(machine, soaked)
    except Exception as error:
        soaked.fails(f"ended early: {error or type(error).__name__}")
    except BaseException as error:
        soaked.fails(f"ended early: {type(error).__name__}")
        raise
    finally:
        DOCUMENT.write_text(document(soaked))
        SAMPLES.write_text(samples_as_csv(soaked))
        _say(f"written: {DOCUMENT}")
    _say("; ".join(soaked.problems) or "even and flat")
    return 1 if soaked.problems else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def plan(seed: int, times: int) -> list[Fault]:
    """What is broken, in this order; each once before any comes twice.

    What ends our processes comes last: a process has to live for a while before it can be told whether it grows.
    """
    usual = [fault for fault in ALL_FAULTS if not fault.needs and fault.losses in (NOTHING_LOST, UNANSWERED)]
    ends = [fault for fault in usual if fault in PROCESS_FAULTS or fault.losses.unanswered]
    spares = [fault for fault in usual if fault not in ends]
    chance = random.Random(seed)
    last = max(1, int(times * ENDINGS))
    return [*_dealt(spares, chance, times - last), *_dealt(ends, chance, last)]


UNANSWERED = Losses(unanswered=True)


def _dealt(faults: list[Fault], chance: random.Random, times: int) -> list[Fault]:
    dealt: list[Fault] = []
    while len(dealt) < times:
        dealt += chance.sample(faults, len(faults))
    return dealt[:times]


def _soak(machine: WholeMachine, soaked: Soaked) -> None:
    asked = soaked.asked
    machine.chance.seed(asked.seed)
    traffic = Traffic(machine.target(), asked.seed, asked.per_second, SHARES)
    holdings = Holdings(machine)
    try:
        _under_traffic(machine, traffic, holdings, soaked)
        _settle(machine, traffic, soaked)
    except BaseException:
        sys.stderr.write(machine.log.read_text()[-3_000:])
        raise
    finally:
        soaked.samples = holdings.samples()
        warm_up_s = asked.minutes * 60 * WARM_UP
        soaked.slopes = {held: slope_of(samples, warm_up_s) for held, samples in soaked.samples.items()}
        soaked.clicks, soaked.posts = traffic.clicks, traffic.posts
    _check_clicks(soaked)
    for (what, name), slope in soaked.slopes.items():
        if slope is None:
            soaked.fails(f"{what} of {name}: too few samples")
        elif slope.grows:
            soaked.fails(f"{what} of {name} grows by {slope.percent:.2f} % an hour, more than {GROWS_AT_MOST:g} %")


def _under_traffic(machine: WholeMachine, traffic: Traffic, holdings: Holdings, soaked: Soaked) -> None:
    asked = soaked.asked
    with traffic.running(), holdings.sampled():
        began = time.monotonic()
        for number, fault in enumerate(plan(asked.seed, int(asked.minutes * 60 / EVERY_S))):
            _sleep_until(began + (number + 0.5) * EVERY_S - SAY_EVERY_S)
            machine.mark_log()  # what is said from here on, on a busy machine, is not said again
            _sleep_until(began + (number + 0.5) * EVERY_S)
            at_s = time.monotonic() - began
            broken = _break(fault, machine, holdings)
            soaked.broken.append(broken)
            _say(
                f"{at_s / 60:5.1f} min  {broken.ended_at - broken.at:4.0f} s  {fault.name}: {broken.problem or 'said'}"
            )
            if broken.problem:
                soaked.fails(f"{fault.name}: {broken.problem}")
            gc.freeze()  # what is kept of the traffic only grows: looking through it again would hold the traffic up
        _sleep_until(began + asked.minutes * 60)


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.monotonic()))


def _break(fault: Fault, machine: WholeMachine, holdings: Holdings) -> Broken:
    since, at, problem = machine.mark_log(), time.monotonic(), ""
    with holdings.broken():
        with fault.breaks(machine):
            time.sleep(DURING_S)
            try:
                check_what_is_said(fault.says, machine, since)
            except AssertionError as error:
                problem = str(error)  # what was broken has to be mended all the same
        machine.until(machine.is_ready)
    [(event, times)] = machine.said(since).most_common(1) or [(("", ""), 0)]
    if times > REPEATED_AT_MOST:
        problem = problem or f"said {times} times: {event}"
    ended_at = time.monotonic()
    if ended_at - at > EVERY_S:
        problem = problem or f"ready again after {ended_at - at:.0f} s"
    return Broken(fault, at, ended_at, times, problem)


def _settle(machine: WholeMachine, traffic: Traffic, soaked: Soaked) -> None:
    """Everything that was refused is sent again, everything drains, and all adds up."""
    for _ in range(SENT_AGAIN_AT_MOST):
        if all(post.accepted for post in traffic.posts):
            break
        traffic.send_again()
    else:
        soaked.fails("what was refused is not taken afterwards either")
    soaked.drained_s = machine.until(machine.is_settled, SETTLES_WITHIN_S)

    def reconciled() -> None:
        soaked.sums = reconcile(machine, traffic, UNANSWERED)

    def reported() -> None:
        soaked.reported = check_reports(machine)

    _hold(soaked, reconciled)
    _hold(soaked, reported)


def _hold(soaked: Soaked, check: Callable[[], Any]) -> None:
    try:
        check()
    except AssertionError as error:
        soaked.fails(str(error) or "an assertion without words")


def _check_clicks(soaked: Soaked) -> None:
    may_miss = [broken for broken in soaked.broken if broken.fault.losses.unanswered]
    missed = [click for click in soaked.clicks if click.status == NO_ANSWER and not _within(click, may_miss)]
    if missed:
        soaked.fails(f"{len(missed)} clicks were not answered though a redirector ran")
    longest = latency_of([click.latency_s for click in soaked.clicks if click.status != NO_ANSWER]).max
    if longest > LONGEST_ANSWER_S * 1000:
        soaked.fails(f"a redirect took {longest:.0f} ms")


def _within(click: Click, faults: list[Broken]) -> bool:
    return any(fault.at - UNEVEN_FOR_S <= click.at <= fault.ended_at + UNEVEN_FOR_S for fault in faults)


if __name__ == "__main__":
    sys.exit(main())
