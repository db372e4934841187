"""loadtests/results/soak.md: what an hour of traffic and faults came to, and on what machine."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.cores import Cores
from loadtests.machine import Machine, describe_machine
from loadtests.percentiles import latency_of
from tests.faults.fault import Fault
from tests.faults.flatness import Sample, Slope
from tests.faults.machine_oracle import Sums
from tests.faults.report_oracle import Reported
from tests.faults.traffic import ACCEPTED, NO_ANSWER, Click, Post

DOCUMENT = Path(__file__).parents[2] / "loadtests" / "results" / "soak.md"
SAMPLES = DOCUMENT.with_suffix(".csv")
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    seed: int
    minutes: float
    per_second: float
    """Clicks, installs and events together."""
    every_s: float
    """From one fault to the next."""


@dataclass(frozen=True, slots=True)
class Broken:
    fault: Fault
    at: float
    """Of the monotonic clock."""
    ended_at: float
    """When everything was ready again."""
    repeated: int
    """The most lines that one process wrote of one event."""
    problem: str


@dataclass(slots=True)
class Soaked:
    """One run, as far as it came."""

    asked: Asked
    problems: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    """As `Holdings.samples` gives them."""
    slopes: dict[tuple[str, str], Slope | None] = field(default_factory=dict)
    """Of those."""
    drained_s: float | None = None
    sums: Sums | None = None
    reported: Reported | None = None
    machine: Machine = field(default_factory=lambda: describe_machine(Cores(0, 0, False)))

    def fails(self, problem: str) -> None:
        self.problems.append(problem)


def document(soaked: Soaked) -> str:
    parts = (_head(soaked), _sums(soaked), _slopes(soaked), _faults(soaked))
    return "\n".join(line for part in parts for line in (*part, ""))


def samples_as_csv(soaked: Soaked) -> str:
    """To look closer at what grows."""
    lines = [
        f"{what},{name},{sample.at_s:.1f},{sample.value:.0f},{sample.period}"
        for (what, name), samples in soaked.samples.items()
        for sample in samples
    ]
    return "\n".join(["what,process,at_s,value,pids", *lines, ""])


def _head(soaked: Soaked) -> Iterator[str]:
    asked, machine = soaked.asked, soaked.machine
    yield f"# {asked.minutes:g} minutes of traffic, something broken every {asked.every_s / 60:g}"
    yield ""
    yield (
        f"{machine.at} UTC, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system},\n"
        f"Python {machine.python}; load average {machine.load_before} before anything was started. Seed {asked.seed},"
        f" {asked.per_second:g} requests a second,\nof them 72 % clicks, 20 % installs, 8 % events. Traffic, TikTok"
        " (the sandbox), engines and processes share the cores.\n"
        f"Made by `make soak MINUTES={asked.minutes:g} SEED={asked.seed}`."
    )
    yield ""
    yield "**FAILED**:" if soaked.problems else "Everything added up, and nothing grew."
    yield from (f"- {' '.join(problem.split())}" for problem in soaked.problems)


def _sums(soaked: Soaked) -> Iterator[str]:
    statuses = Counter(click.status for click in soaked.clicks)
    refused = sum(post.statuses[0] not in ACCEPTED for post in soaked.posts if post.statuses)
    yield "| | |"
    yield "|:---|---:|"
    yield f"| clicks answered 302 | {statuses[302]:,} |"
    yield f"| clicks not answered, no redirector being up | {statuses[NO_ANSWER]:,} |"
    yield f"| installs and events sent | {len(soaked.posts):,} |"
    yield f"| of them refused when first sent | {refused:,} |"
    yield f"| taken in the end | {sum(post.accepted for post in soaked.posts):,} |"
    if soaked.sums is not None:
        yield f"| clicks stored | {soaked.sums.stored:,} |"
        yield f"| clicks redirected and not stored | {soaked.sums.lost:,} |"
        yield from (f"| conversions {state} | {count:,} |" for state, count in sorted(soaked.sums.states.items()))
        yield f"| rows that TikTok was sent once more | {soaked.sums.resent:,} |"
    if soaked.drained_s is not None:
        yield f"| drained after the end, waits between tries cut short | {soaked.drained_s:.0f} s |"
    if soaked.reported is not None:
        yield f"| reported, and in the raw rows: clicks | {soaked.reported.link_clicks:,} |"
        yield f"| the same: credited installs | {soaked.reported.installs:,} |"
        yield f"| the same: their events | {soaked.reported.events:,} |"
        yield f"| the same: revenue, EUR | {soaked.reported.revenue:,} |"
    for when, clicks in _by_time(soaked):
        latency = latency_of([click.latency_s for click in clicks if click.status == 302])
        figures = f"{latency.p50:.1f} / {latency.p99:.1f} / {latency.max:.0f}"
        yield f"| a redirect {when}: p50 / p99 / longest, ms | {figures} |"


def _by_time(soaked: Soaked) -> list[tuple[str, list[Click]]]:
    faulty: list[Click] = []
    healthy: list[Click] = []
    for click in soaked.clicks:
        within = any(broken.at <= click.at <= broken.ended_at for broken in soaked.broken)
        (faulty if within else healthy).append(click)
    return [("while all is well", healthy), ("while something is broken", faulty)]


def _slopes(soaked: Soaked) -> Iterator[str]:
    yield "What each process holds, with its children, sampled every 5 s while nothing is broken, after a third of the"
    yield "time as warm-up. What ends processes is broken in the last sixth. A slope fails a run where it is more than"
    yield "1 % an hour and more than twice its standard error."
    yield ""
    yield "| | process | mean | per cent an hour | standard error | samples | over |"
    yield "|:---|:---|---:|---:|---:|---:|---:|"
    for (what, name), slope in soaked.slopes.items():
        if slope is None:
            yield f"| {what} | {name} | too few samples | | | | |"
            continue
        mean = f"{slope.mean / MIB:.1f} MiB" if what == "memory" else f"{slope.mean:.1f}"
        figures = f"{slope.percent:+.2f} | {slope.error:.2f} | {slope.samples} | {slope.seconds / 60:.0f} min"
        yield f"| {what} | {name} | {mean} | {figures} |"


def _faults(soaked: Soaked) -> Iterator[str]:
    yield "| broken | ready again after | lines of one kind at most | |"
    yield "|:---|---:|---:|:---|"
    for broken in soaked.broken:
        lasted = broken.ended_at - broken.at
        problem = " ".join(broken.problem.split()).replace("|", "/")
        yield f"| {broken.fault.name} | {lasted:.0f} s | {broken.repeated} | {problem or 'said'} |"
