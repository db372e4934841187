"""The report of `make bench AGAINST=`: each figure of an earlier commit and of this one, and now / then."""

from dataclasses import dataclass

from loadtests.against import EVERY_MACRO, LISTS, REDIRECTS, SINGLE_EVENTS, SINGLE_INSTALLS, Measured
from loadtests.forwarding import EVENTS_PER_LIST
from loadtests.machine import Machine
from loadtests.report import NOISY, circumstances, table

LISTED_EVENTS = f"events in lists of {EVENTS_PER_LIST}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of both sides; `less` is what is better of it."""

    text: str
    then: float
    now: float
    less: bool = False

    @property
    def value(self) -> float:
        """now / then; 0 where there was nothing then."""
        return self.now / self.then if self.then else 0.0


def ratios_of(then: Measured, now: Measured) -> list[Ratio]:
    """Every figure that is compared. CPU time is of the server, per answer, and hardly moves on a busy machine."""
    found = []
    names = {name: (name, 1) for name in (REDIRECTS, EVERY_MACRO, SINGLE_INSTALLS, SINGLE_EVENTS)}
    for load, (name, each) in {**names, LISTS: (LISTED_EVENTS, EVENTS_PER_LIST)}.items():
        before, after = then.loads[load], now.loads[load]
        found += [
            Ratio(f"{name}, per second", before.rate * each, after.rate * each),
            Ratio(f"{name}, CPU us each", before.cpu_us / each, after.cpu_us / each, less=True),
        ]
    return [
        *found,
        Ratio("deliveries drained, per second", then.drained.rate, now.drained.rate),
        Ratio("deliveries drained, CPU us each", then.drained.cpu_us, now.drained.cpu_us, less=True),
        Ratio("bytes of Redis memory per click", then.bytes_per_click, now.bytes_per_click, less=True),
    ]


def comparison(machine: Machine, commit: str, then: Measured, now: Measured) -> str:
    """The whole report, as Markdown."""
    header = ("", f"then, {commit}", f"now, {machine.commit}", "now / then", "better is")
    rows = [
        [each.text, _figure(each.then), _figure(each.now), f"{each.value:.2f}", "less" if each.less else "more"]
        for each in ratios_of(then, now)
    ]
    parts = [
        f"# This commit beside {commit}",
        circumstances(machine, now.loads[REDIRECTS].rounds),
        table(header, rows),
        *_clicks_lost({commit: then, machine.commit: now}),
        *_noise({"then": then, "now": now}),
    ]
    return "\n\n".join(parts) + "\n"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _clicks_lost(sides: dict[str, Measured]) -> list[str]:
    return [
        f"**Clicks of {commit} are not each there, once**: {each.check.redirects:,} 302s, {each.check.stored:,} in "
        f"Redis, {each.check.reported:,} in `signalpost report`."
        for commit, each in sides.items()
        if not each.check.ok
    ]


def _noise(sides: dict[str, Measured]) -> list[str]:
    noisy = [
        f"{load}, {side}: {summary.others:.0%}"
        for side, measured in sides.items()
        for load, summary in measured.loads.items()
        if summary.others > NOISY
    ]
    said = f"**Noise**: something else used the servers' core ({'; '.join(noisy)}). CPU time each still compares."
    return [said] if noisy else []
