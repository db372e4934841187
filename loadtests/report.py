"""The report of one benchmark run, as Markdown, and its line in the history."""

import csv
from collections.abc import Sequence
from pathlib import Path

from loadtests.figures import REDIRECTOR, Figure, forward_figures, redirect_figures
from loadtests.forwarding import Forwarding
from loadtests.machine import Machine
from loadtests.redirecting import Redirecting
from loadtests.rounds import Summary

RESULTS = Path(__file__).parent / "results"
BUSY = 0.9  # of its core: the generator, not the server, decided the rate
NOISY = 0.05  # others on the server's core: above this the rates are too low and the latencies too high


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded to be read as it is; the first column is text, the others are figures."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {' | '.join([cells[0].ljust(widths[0]), *padded[1:]])} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def _load_row(name: str, summary: Summary) -> list[str]:
    latency = summary.latency
    return [
        name,
        f"{summary.rate:,.0f}",
        *(f"{value:.2f}" for value in (latency.p50, latency.p90, latency.p99)),
        f"{summary.cpu_us:.1f}",
        f"{summary.others:.0%}",
    ]


LOAD_HEADER = ("", "per second", "p50 ms", "p90 ms", "p99 ms", "CPU us each", "others on its core")


OPEN_HEADER = ("achieved", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms")


def _open_cells(summary: Summary) -> list[str]:
    latency = summary.latency
    times = (latency.p50, latency.p90, latency.p99, latency.p999, latency.max)
    return [f"{summary.rate:,.0f}", *(f"{value:.2f}" for value in times)]


def _figure_row(figure: Figure) -> list[str]:
    value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.2f}"
    target = "" if figure.target is None else f"{'<=' if figure.at_most else '>='} {figure.target:,g}"
    return [figure.text, value, target, figure.verdict]


def _redirect_part(found: Redirecting) -> list[str]:
    rows = [_load_row(name, summary) for name, summary in found.closed.items()]
    rows.append(_load_row(f"{REDIRECTOR}, all ten macros filled in", found.every_macro))
    check = found.check
    counts = [
        ["302s received", f"{check.redirects:,}"],
        ["requests without an answer", f"{check.unanswered:,}"],
        ["clicks found in Redis", f"{check.stored:,}"],
        ["link clicks in `signalpost report`", f"{check.reported:,}"],
        ["every click is there, once", "yes" if check.ok else "NO"],
    ]
    return [
        "## Redirects at 32 connections (closed loop)",
        table(LOAD_HEADER, rows),
        "## The redirector at half its own maximum (open loop, from when each request was due)",
        table(("offered per s", *OPEN_HEADER), [[f"{found.offered:,.0f}", *_open_cells(found.open_loop)]]),
        f"The generator itself was {found.send_delay_p99_ms:.2f} ms late (p99), which counts in these latencies; "
        f"from the sending on, p99 is {found.service_p99_ms:.2f} ms.",
        "## Clicks",
        table(("", "count"), counts),
    ]


def _forward_part(found: Forwarding) -> list[str]:
    rows = [
        _load_row("installs, one by one", found.installs),
        _load_row("events, one by one", found.events),
        _load_row(f"lists of {found.lists_per_request} events, 8 connections", found.lists),
    ]
    at_half = [
        ["installs, one by one", *_open_cells(found.installs_at_half)],
        ["events, one by one", *_open_cells(found.events_at_half)],
    ]
    drained = found.drained
    sentence = (
        f"The worker delivered {drained.delivered:,} in {drained.seconds:.1f} s, "
        f"{drained.cpu_us:.0f} us of CPU time each"
        + (f"; {drained.left:,} of the backlog were left when its time was up." if drained.left else ".")
    )
    return [
        "## Forwarder (answered after commit) and worker",
        table(LOAD_HEADER, rows),
        "At half of these, open loop:",
        table(("", *OPEN_HEADER), at_half),
        sentence,
    ]


def circumstances(machine: Machine, rounds: int) -> str:
    """When, where and how it was measured, as a list."""
    return "\n".join(
        [
            f"- {machine.at} UTC, commit {machine.commit}, Python {machine.python}",
            f"- {machine.processor}, {machine.cores} cores, {machine.system}; {machine.pinning}",
            f"- load average {machine.load_before} before anything was started; medians of {rounds} rounds in turn",
        ]
    )


def figures_of(redirecting: Redirecting, forwarding: Forwarding | None) -> list[Figure]:
    return redirect_figures(redirecting) + (forward_figures(forwarding) if forwarding else [])


def markdown(machine: Machine, redirecting: Redirecting, forwarding: Forwarding | None) -> str:
    """The whole report."""
    figures = figures_of(redirecting, forwarding)
    rounds = redirecting.closed[REDIRECTOR].rounds
    parts = [
        "# Benchmark",
        circumstances(machine, rounds),
        "## Figures and targets",
        table(("", "measured", "target", ""), [_figure_row(figure) for figure in figures]),
        *_redirect_part(redirecting),
        *(_forward_part(forwarding) if forwarding else []),
        *_warnings(_summaries(redirecting, forwarding)),
    ]
    return "\n\n".join(parts) + "\n"


def _summaries(redirecting: Redirecting, forwarding: Forwarding | None) -> dict[str, Summary]:
    found = {**redirecting.closed, "redirector, open loop": redirecting.open_loop}
    if forwarding:
        found |= {"installs": forwarding.installs, "events": forwarding.events, "lists": forwarding.lists}
        found |= {"installs at half": forwarding.installs_at_half, "events at half": forwarding.events_at_half}
    return found


def _warnings(summaries: dict[str, Summary]) -> list[str]:
    noisy = [f"{name} {each.others:.0%}" for name, each in summaries.items() if each.others > NOISY]
    limited = [f"{name} {each.generator_busy:.0%}" for name, each in summaries.items() if each.generator_busy > BUSY]
    said = []
    if noisy:
        said.append(
            f"**Noise**: something else used the server's core ({', '.join(noisy)}). Those rates are too low and those "
            "latencies too high; CPU time per request still compares."
        )
    if limited:
        said.append(f"**The load generator was the limit** for: {', '.join(limited)} of its core.")
    return said


def append_history(path: Path, machine: Machine, redirecting: Redirecting, forwarding: Forwarding | None) -> None:
    """One line per run. A run whose columns differ from the file's (a part left out) leaves the others empty."""
    values: dict[str, str] = {
        "at": machine.at,
        "commit": machine.commit,
        "machine": f"{machine.processor} x{machine.cores}",
        "load_before": str(machine.load_before),
        "clicks_ok": "yes" if redirecting.check.ok else "no",
    }
    for name, summary in redirecting.closed.items():
        key = name.split(" ")[0]
        values |= {f"{key}_rps": f"{summary.rate:.0f}", f"{key}_cpu_us": f"{summary.cpu_us:.1f}"}
    values |= {figure.name: f"{figure.value:.4g}" for figure in figures_of(redirecting, forwarding)}
    known = _columns(path)
    columns = [*known, *(name for name in values if name not in known)]
    rows = _rows(path)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([*rows, values])


def _columns(path: Path) -> list[str]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file).fieldnames or [])


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
