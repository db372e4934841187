"""One fault of a whole machine: what breaks, what must be said of it, and a run of it under traffic."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from loadtests.percentiles import Latency, latency_of
from tests.faults.machine_oracle import Losses, Sums, reconcile
from tests.faults.traffic import Click, Traffic
from tests.faults.whole_machine import WholeMachine

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
    losses: Losses = Losses()
    needs: str = ""
    """The kind of machine, by its name in `machines`; "" = the ordinary one."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of traffic before, during and after."""

    before_s: float
    during_s: float
    after_s: float


SHORT = Phases(1.0, 2.0, 1.0)
LONG = Phases(5.0, 10.0, 5.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run gave."""

    clicks: int
    unanswered: int
    healthy: Latency
    """Of redirects before the fault, ms."""
    faulty: Latency
    """From the fault until it was mended, ms."""
    posts: int
    refused: int
    sums: Sums
    drained_s: float
    """From the end of the traffic until nothing waited any more, leases and waits between tries cut short."""
    repeated: int
    """The most lines that one process wrote of one event."""


def run(fault: Fault, machine: WholeMachine, traffic: Traffic, phases: Phases) -> Outcome:
    """Break it under traffic, mend it, let it settle, reconcile.

    Raises:
        AssertionError: what does not hold.
    """
    first_click, first_post, first_byte = len(traffic.clicks), len(traffic.posts), machine.log.stat().st_size
    with traffic.running():
        time.sleep(phases.before_s)
        broken_at = time.monotonic()
        with fault.breaks(machine):
            time.sleep(phases.during_s)
            mended_at = time.monotonic()
            _check_what_is_said(fault.says, machine, first_byte)
        time.sleep(phases.after_s)
    machine.until(machine.is_ready)
    traffic.send_again()
    assert all(post.accepted for post in traffic.posts), "what was refused is not taken afterwards either"
    drained_s = machine.until(machine.is_settled)
    sums = reconcile(machine, traffic, fault.losses)
    clicks, posts = traffic.clicks[first_click:], traffic.posts[first_post:]
    during = [click for click in clicks if broken_at <= click.at < mended_at]
    outcome = Outcome(
        clicks=len(clicks),
        unanswered=sum(click.status == 0 for click in clicks),
        healthy=_latency([click for click in clicks if click.at < broken_at]),
        faulty=_latency(during),
        posts=len(posts),
        refused=sum(post.statuses[0] not in {200, 202} for post in posts),
        sums=sums,
        drained_s=drained_s,
        repeated=max(machine.said(first_byte).values(), default=0),
    )
    assert outcome.repeated <= REPEATED_AT_MOST, f"said too often: {machine.said(first_byte).most_common(3)}"
    assert outcome.faulty.max <= LONGEST_ANSWER_S * 1000, f"a redirect took {outcome.faulty.max:.0f} ms"
    return outcome


def _latency(clicks: list[Click]) -> Latency:
    return latency_of([click.latency_s for click in clicks if click.status == 302])


def _check_what_is_said(says: Says, machine: WholeMachine, since: int) -> None:
    for process, words in says.readyz.items():
        machine.until(lambda process=process, words=words: words in machine.readyz(process), SAID_WITHIN_S)  # type: ignore[misc]
    if says.doctor:
        found = machine.doctor()
        assert any(says.doctor in name for name in found), f"doctor has no row {says.doctor!r}: {found}"
    if says.log:
        machine.until(lambda: says.log in machine.log.read_bytes()[since:].decode("utf-8", "replace"), SAID_WITHIN_S)


NOTHING = Fault("nothing breaks", (), lambda machine: nullcontext())
