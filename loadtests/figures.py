"""The figures that have a target, each with whether this run met it."""

from dataclasses import dataclass

from loadtests.forwarding import Forwarding
from loadtests.redirecting import Redirecting

REDIRECTOR, BARE = "redirector", "bare uvicorn"
MIN_RATIO_TO_BARE = 0.80
MIN_RATIO_EVERY_MACRO = 0.70
MIN_CPU_RATIO_TO_BARE = 1.00
MAX_P99_MS, MAX_P999_MS = 2.0, 5.0
MAX_BYTES_PER_CLICK = 450.0
MIN_FORWARDER_RATE = 1500.0
MAX_INSTALLS_P99_MS = 25.0
MIN_WORKER_RATE = 1500.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `name` is also its column in the history; `target` None = shown for comparison only."""

    name: str
    text: str  # what it is, for people
    value: float
    target: float | None = None
    at_most: bool = False  # the target is an upper limit

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "pass" if (self.value <= self.target if self.at_most else self.value >= self.target) else "MISSED"


def redirect_figures(found: Redirecting) -> list[Figure]:
    ours, bare = found.closed[REDIRECTOR], found.closed[BARE]
    ratios = [
        Figure(
            "ratio_to_bare", "redirector / bare uvicorn, requests per second", ours.rate / bare.rate, MIN_RATIO_TO_BARE
        ),
        Figure(
            "cpu_ratio_to_bare",
            "bare uvicorn / redirector, CPU time per request (steadier on a busy machine)",
            bare.cpu_us / ours.cpu_us,
            MIN_CPU_RATIO_TO_BARE,
        ),
        Figure(
            "every_macro_to_bare",
            "the same with all ten macros filled in, requests per second",
            found.every_macro.rate / bare.rate,
            MIN_RATIO_EVERY_MACRO,
        ),
    ]
    ratios += [
        Figure("ratio_to_nginx", "redirector / nginx, requests per second", ours.rate / other.rate)
        for name, other in found.closed.items()
        if name.startswith("nginx")
    ]
    return [
        *ratios,
        Figure(
            "open_p99_ms", "p99 at half the redirector's maximum, open loop, ms", found.open_loop.latency.p99,
            MAX_P99_MS, at_most=True,
        ),
        Figure("open_p999_ms", "p99.9 of it, ms", found.open_loop.latency.p999, MAX_P999_MS, at_most=True),
        Figure(
            "bytes_per_click", f"bytes of Redis memory per click at {found.clicks_per_address:.2f} clicks per address",
            found.bytes_per_click, MAX_BYTES_PER_CLICK, at_most=True,
        ),
        Figure("bytes_every_macro", "the same with all ten macros filled in", found.bytes_every_macro),
    ]  # fmt: skip


def forward_figures(found: Forwarding) -> list[Figure]:
    lists = found.lists.rate * found.lists_per_request
    return [
        Figure("installs_per_s", "single installs per second", found.installs.rate, MIN_FORWARDER_RATE),
        Figure(
            "installs_p99_ms", "p99 of installs at half of that, open loop, ms", found.installs_at_half.latency.p99,
            MAX_INSTALLS_P99_MS, at_most=True,
        ),
        Figure("events_per_s", "single events per second", found.events.rate, MIN_FORWARDER_RATE),
        Figure("events_p99_ms", "p99 of events at half of that, open loop, ms", found.events_at_half.latency.p99),
        Figure("list_events_per_s", f"events per second in lists of {found.lists_per_request}", lists),
        Figure("deliveries_per_s", "deliveries per second drained to the sandbox", found.drained.rate, MIN_WORKER_RATE),
    ]  # fmt: skip
