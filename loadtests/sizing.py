"""How many processes, engines, how much memory, disk and money for a number of clicks a second?

    python -m loadtests.sizing [--clicks-per-second 10000]

Computed from what one click, install, event and delivery cost on one machine, and the move of an old click
(`results/costs.json`, made by `python -m loadtests.costs`). Without a number it writes the table of `docs/scaling.md`
anew.
"""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

COSTS: Final = Path(__file__).parent / "results" / "costs.json"
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "scaling.md"
BEGIN, END = "<!-- sizing -->", "<!-- /sizing -->"
STEPS: Final = (1, 10, 100, 1_000, 10_000, 100_000)
GIB: Final = 2**30
DAY_S: Final = 86_400
MONTH_S: Final = 30 * DAY_S
COLD_BYTES: Final = 330  # of disk per click in a page: results/cold_clicks.md
BUSY: Final = 0.5  # of a core at the peak, so that a restart or a burst finds room
ONE_ENGINE: Final = 0.7  # of a core: Redis and a click's script run on one


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of an installation. Each has an option of its name."""

    peak: float = 3.0  # the busiest minute, as a multiple of the mean
    installs_per_click: float = 0.05
    events_per_install: float = 6.0
    deliveries_per_event: float = 0.7
    hot_hours: float = 74.5  # CLICK_HOT_HOURS, two hours, and half a walk
    click_days: float = 28.0
    ledger_days: float = 180.0
    core_month: float = 15.0  # what a core, a GiB of memory and of disk cost a month, in any currency
    memory_month: float = 3.0
    disk_month: float = 0.1


@dataclass(frozen=True, slots=True)
class Size:
    """What it takes. Cores are those of the peak at `BUSY`."""

    clicks_per_second: float
    redirectors: int
    forwarders: int
    workers: int
    redis_nodes: int
    redis_cores: float
    redis_gib: float
    postgresql_cores: float
    disk_gib: float
    cores: float
    money_month: float

    @property
    def money_per_million(self) -> float:
        """Of a month's clicks."""
        return self.money_month / (self.clicks_per_second * MONTH_S / 1e6)


def size(clicks_per_second: float, costs: Mapping[str, Any], demand: Demand) -> Size:
    """What so many clicks a second, as the mean of a day, take."""
    installs = clicks_per_second * demand.installs_per_click
    events = installs * demand.events_per_install
    rates = {
        "click": clicks_per_second,
        "install": installs,
        "event": events,
        "delivery": (events + installs) * demand.deliveries_per_event,
        "old_click": clicks_per_second,
    }
    at_peak = {kind: rate * (1 if kind == "old_click" else demand.peak) for kind, rate in rates.items()}

    def cores(part: str, *kinds: str) -> float:
        return sum(at_peak[kind] * float(costs[kind][part]) for kind in kinds) / 1e6 / BUSY

    redirector, forwarder = cores("process_us", "click"), cores("process_us", "install", "event")
    worker = cores("process_us", "delivery", "old_click")
    redis, postgresql = cores("redis_us", *rates), cores("postgresql_us", *rates)
    redis_gib = clicks_per_second * demand.hot_hours * 3_600 * costs["click_memory_bytes"] / GIB
    cold_s = max(demand.click_days * DAY_S - demand.hot_hours * 3_600, 0)
    ledger = sum(rates[kind] * max(costs[kind]["ledger_bytes"], 0) for kind in ("install", "event", "delivery"))
    disk_gib = (clicks_per_second * cold_s * COLD_BYTES + ledger * demand.ledger_days * DAY_S) / GIB + 2 * redis_gib
    all_cores = redirector + forwarder + worker + redis + postgresql
    paid = max(math.ceil(all_cores), 1) * demand.core_month
    paid += (redis_gib * 1.5 + 1.5) * demand.memory_month + disk_gib * demand.disk_month
    return Size(
        clicks_per_second=clicks_per_second,
        redirectors=max(math.ceil(redirector), 1),
        forwarders=max(math.ceil(forwarder), 1),
        workers=max(math.ceil(worker), 1),
        redis_nodes=max(math.ceil(redis * BUSY / ONE_ENGINE), 1),
        redis_cores=redis,
        redis_gib=redis_gib,
        postgresql_cores=postgresql,
        disk_gib=disk_gib,
        cores=all_cores,
        money_month=paid,
    )


def table(sizes: Sequence[Size]) -> str:
    """As Markdown."""
    head = (
        "| clicks/s | redirectors | forwarders | workers | Redis: nodes, GiB | PostgreSQL: cores | disk GiB "
        "| cores in all | money a month | per million clicks |\n"
    )
    rows = "\n".join(
        f"| {s.clicks_per_second:,.0f} | {s.redirectors} | {s.forwarders} | {s.workers} | {s.redis_nodes}, "
        f"{s.redis_gib:,.1f} | {s.postgresql_cores:,.2f} | {s.disk_gib:,.0f} | {s.cores:,.2f} | {s.money_month:,.0f} "
        f"| {s.money_per_million:,.2f} |"
        for s in sizes
    )
    return f"{head}|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n{rows}\n"


def document(text: str, sizes: Sequence[Size], costs: Mapping[str, Any]) -> str:
    """The text with the table between its marks renewed."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"Of {costs['machine']}, {costs['at']} UTC, commit {costs['commit']}, at load {costs['load_before']}."
    return f"{before}{BEGIN}\n{table(sizes)}\n{made}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks-per-second", type=float, default=0.0)
    for one in fields(Demand):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=float, default=one.default)
    given = vars(parser.parse_args())
    clicks_per_second = given.pop("clicks_per_second")
    costs, demand = json.loads(COSTS.read_text()), Demand(**given)
    if clicks_per_second < 0:
        parser.error("--clicks-per-second: must be more than 0")
    if clicks_per_second:
        print(table([size(clicks_per_second, costs, demand)]))
        return
    sizes = [size(step, costs, demand) for step in STEPS]
    DOCUMENT.write_text(document(DOCUMENT.read_text(), sizes, costs))
    print(table(sizes))


if __name__ == "__main__":
    main()
