"""One fault of a whole machine: what breaks, what must be said of it, and a run of it under traffic."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from loadtests.percentiles import Latency, latency_of
from tests.faults.machine_oracle import Losses, reconcile, resent
from tests.faults.traffic import ACCEPTED, NO_ANSWER, Click, Traffic
from tests.faults.whole_machine import WholeMachine

NOTHING_LOST = Losses()
REPEATED_AT_MOST = 30  # lines of one event and process, in a run of half a minute
SAID_WITHIN_S = 30.0
LONGEST_ANSWER_S = 8.0  # of a redirect, on a machine as busy as it may be; what was measured is in docs/reliability.md


@dataclass(frozen=True, slots=True)
class Says:
    """What an operator sees while it lasts; empty where the product has nothing to say."""

    readyz: dict[str, str] = field(default_factory=dict)
    """process -> a part of what its /readyz answers."""
    doctor: str = ""
    """The check that fails."""
    log: str = ""
    """A part of one line."""


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    rows: tuple[int, ...]
    """Of the table in `rows`."""
    breaks: Callable[[WholeMachine], AbstractContextManager[None]]
    says: Says = Says()
    losses: Losses = NOTHING_LOST
    needs: str = ""
    """The kind of machine, by its name in `machines`; "" = the ordinary one."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of traffic before, during and after."""

    before_s: float
    during_s: float
    after_s: float


SHORT = Phases(1.0, 2.0, 1.0)
LONG = Phases(3.0, 6.0, 3.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run gave."""

    redirected: int
    unanswered: int
    lost: int
    healthy: Latency
    """Of redirects before the fault, ms."""
    faulty: Latency
    """From the fault until it was mended, ms."""
    posts: int
    refused: int
    """Of those, not taken when they were first sent."""
    accepted: int
    """All of them, in the end."""
    resent: int
    """Rows that TikTok was sent once more than it had to be."""
    drained_s: float
    """From the end of the traffic until nothing waited any more, waits between tries cut short."""
    repeated: int
    """The most lines that one process wrote of one event."""


def run(fault: Fault, machine: WholeMachine, traffic: Traffic, phases: Phases) -> Outcome:
    """Break it under traffic, mend it, let it settle, reconcile.

    Raises:
        AssertionError: what does not hold.
    """
    first_click, first_post, first_byte = len(traffic.clicks), len(traffic.posts), machine.mark_log()
    resent_before = resent(machine)
    with traffic.running():
        time.sleep(phases.before_s)
        broken_at = time.monotonic()
        with fault.breaks(machine):
            time.sleep(phases.during_s)
            mended_at = time.monotonic()
            check_what_is_said(fault.says, machine, first_byte)
        time.sleep(phases.after_s)
    machine.until(machine.is_ready)
    traffic.send_again()
    assert all(post.accepted for post in traffic.posts), "what was refused is not taken afterwards either"
    # an install whose click is gone waits minutes for it: a spool might bring it
    drained_s = machine.until(partial(machine.is_settled, matches=not fault.losses.clicks))
    sums = reconcile(machine, traffic, fault.losses)
    clicks, posts = traffic.clicks[first_click:], traffic.posts[first_post:]
    outcome = Outcome(
        redirected=sum(click.status == 302 for click in clicks),
        unanswered=sum(click.status == NO_ANSWER for click in clicks),
        lost=sums.lost,
        healthy=_latency([click for click in clicks if click.at < broken_at]),
        faulty=_latency([click for click in clicks if broken_at <= click.at < mended_at]),
        posts=len(posts),
        refused=sum(post.statuses[0] not in ACCEPTED for post in posts),
        accepted=sum(post.accepted for post in posts),
        resent=sums.resent - resent_before,
        drained_s=drained_s,
        repeated=max(machine.said(first_byte).values(), default=0),
    )
    assert fault.losses.unanswered or not outcome.unanswered, f"{outcome.unanswered} clicks were not answered"
    assert outcome.repeated <= REPEATED_AT_MOST, f"said too often: {machine.said(first_byte).most_common(3)}"
    assert outcome.faulty.max <= LONGEST_ANSWER_S * 1000, f"a redirect took {outcome.faulty.max:.0f} ms"
    return outcome


def _latency(clicks: list[Click]) -> Latency:
    return latency_of([click.latency_s for click in clicks if click.status == 302])


def check_what_is_said(says: Says, machine: WholeMachine, since: int) -> None:
    """While it lasts. `since` is the log's mark from before it.

    Raises:
        AssertionError: what is not said.
    """
    for process, words in says.readyz.items():
        _until_said(f"{process} at /readyz", words, partial(machine.readyz, process))
    if says.doctor:
        found = machine.doctor()
        assert any(says.doctor in name for name in found), f"doctor has no row {says.doctor!r}: {found}"
    if says.log:
        _until_said("the log", says.log, partial(machine.recent_log, since))


def _until_said(where: str, words: str, read: Callable[[], str]) -> None:
    deadline = time.monotonic() + SAID_WITHIN_S
    while words not in (said := read()):
        assert time.monotonic() < deadline, f"{where} does not say {words!r} but {said!r}"
        time.sleep(0.2)
