"""docs/reliability.md: what was broken, what came of it, and on what machine."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from loadtests.cores import Cores
from loadtests.machine import describe_machine
from tests.faults.all_faults import ALL_FAULTS
from tests.faults.fault import Fault, Outcome, Phases
from tests.faults.rows import ROWS

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
HEAD = """\
# Reliability: what is broken on purpose, and what comes of it

Made by `make faults`, on one machine: `signalpost up` over both embedded engines, an app with a link and a pixel, the
sandbox as TikTok behind a proxy that keeps every request as it came. Clicks, installs and events come at a set rate
whether they are answered or not; in the middle something breaks; afterwards everything has to add up:

- every 302 is a stored click, under its own id, once, and as many are counted as are stored;
- every install and event that was answered with 2xx has one delivery, in a final state (delivered, dead, suppressed,
  skipped), under one event_id that no other has; what was refused is taken when it is sent again, once;
- each send of a conversion is, byte for byte, the one before; TikTok has what is `delivered`, once, and nothing that
  was not accepted;
- no install is credited to a click other than the one whose referrer it brought;
- the log says it (30 lines of one kind at most), `/readyz` and `signalpost doctor` show it where the table says so,
  and everything is ready again without a restart.
"""
LOST = """\
What a fault cost is in its row: `-` is nothing. The end of Redis's file (8 KB) and the last record of a spool are cut
off by hand, as a power cut may leave them: Redis syncs its file once a second, a redirector its spool
twice a second. No answer to a click means that nobody listened: every redirector was dead, out of file
descriptors or being started. "Sent more than once" counts rows that TikTok was sent again, always under their event_id,
which it counts once. "Drained in" has waits between tries cut short, leases of 30 s not.
"""


@dataclass(frozen=True, slots=True)
class Ran:
    fault: Fault
    outcome: Outcome | None
    problem: str = ""
    """Why there is no outcome."""
    at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%m-%d %H:%M"))
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Load average of the last minute, at its end."""


@dataclass(frozen=True, slots=True)
class Run:
    seed: int
    phases: Phases
    seconds: float


def document(ran: list[Ran], run: Run, before: str) -> str:
    """`before` is the document as it was: what this run has not broken keeps its line."""
    return "\n".join([HEAD, *_conditions(run), "", *_measured(ran, before), "", LOST, *_rows(), ""])


def _conditions(run: Run) -> list[str]:
    phases = f"{run.phases.before_s:g} s of traffic before, {run.phases.during_s:g} s meanwhile or as long as it takes"
    machine = describe_machine(Cores(0, 0, False))
    return [
        f"Last run: {machine.at} UTC at {machine.commit}, seed {run.seed}, {run.seconds / 60:.0f} minutes, {phases},"
        f" {run.phases.after_s:g} s after: {machine.processor}, {machine.cores} cores, {machine.system},"
        f" Python {machine.python}. Traffic, TikTok, engines and processes share the cores, and the last column says"
        " how many others wanted them: the latencies are that machine's, not the redirector's. What fails a run is"
        " a redirect that takes 8 s, or a sum that does not come out even.",
    ]


HEADINGS = (
    "broken", "rows", "302s", "no answer", "lost", "p50 / p99 before, ms", "p99 / longest meanwhile, ms",
    "posts refused first", "accepted", "sent more than once", "drained in", "said", "when, at which load average",
)  # fmt: skip


def _measured(ran: list[Ran], before: str) -> list[str]:
    lines = ["## What was measured", "", _line(HEADINGS), _line(["---"] * len(HEADINGS))]
    return [*lines, *(_measured_line(fault, ran, before) for fault in ALL_FAULTS)]


def _measured_line(fault: Fault, ran: list[Ran], before: str) -> str:
    new = [one for one in ran if one.fault is fault]
    old = [line for line in before.splitlines() if line.startswith(f"| {fault.name} |")]
    if new:
        return _line(_cells(new[0]))
    return old[0] if old else _line(_cells(Ran(fault, None, "not run yet")))


def _line(cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"  # type: ignore[call-overload]


def _cells(ran: Ran) -> list[str]:
    rows = ", ".join(row.shown_number for row in ROWS if row.number in ran.fault.rows)
    outcome = ran.outcome
    if outcome is None:
        return [ran.fault.name, rows, ran.problem, *("" for _ in HEADINGS[3:])]
    before, meanwhile = outcome.healthy, outcome.faulty
    nobody = not meanwhile.max
    return [
        ran.fault.name,
        rows,
        str(outcome.redirected),
        str(outcome.unanswered or "-"),
        str(outcome.lost or "-"),
        f"{before.p50:.1f} / {before.p99:.1f}",
        "-" if nobody else f"{meanwhile.p99:.1f} / {meanwhile.max:.0f}",
        f"{outcome.refused} of {outcome.posts}" if outcome.refused else "-",
        str(outcome.accepted),
        str(outcome.resent or "-"),
        f"{outcome.drained_s:.0f} s",
        _said(ran.fault),
        f"{ran.at}, {ran.load:.1f}",
    ]


def _said(fault: Fault) -> str:
    says = fault.says
    parts = [f"/readyz of {', '.join(says.readyz)}"] if says.readyz else []
    parts += [f"doctor `{says.doctor}`"] if says.doctor else []
    parts += [f"log `{says.log}`"] if says.log else []
    return "; ".join(parts) or "-"


def _rows() -> list[str]:
    lines = [
        "## What shows each fault", "",
        "Numbers are those of the research that the suite follows; `+` are ours. Tests run with `make test journeys`.",
        "",
        _line(["", "fault", "broken by `make faults`", "tests"]), _line(["---"] * 4),
    ]  # fmt: skip
    for row in ROWS:
        faults = "; ".join(fault.name for fault in row.faults) or "-"
        tests = "<br>".join(f"`{test}`" for test in row.tests) or "-"
        lines.append(_line([row.shown_number, row.what, faults, tests]))
    return lines
