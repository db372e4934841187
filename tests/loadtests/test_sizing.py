"""What an installation takes, of what one of each costs."""

import json
from typing import Any

import pytest

from loadtests.sizing import BEGIN, COSTS, DOCUMENT, END, STEPS, Demand, document, size, table

NOTHING: dict[str, float] = {"process_us": 0, "redis_us": 0, "postgresql_us": 0, "ledger_bytes": 0}
COST: dict[str, Any] = {
    "machine": "1 x Made Up", "at": "2026-01-01 00:00", "commit": "abc", "load_before": 0.0,
    "click_memory_bytes": 1024.0,
    "click": NOTHING | {"process_us": 100, "redis_us": 20},
    "install": NOTHING | {"process_us": 1000, "postgresql_us": 2000, "ledger_bytes": 1024},
    "event": NOTHING,
    "delivery": NOTHING,
    "old_click": NOTHING,
}  # fmt: skip


def test_cores_are_those_of_the_peak_at_half_a_cores_work() -> None:
    found = size(1_000, COST, Demand(peak=2, installs_per_click=0.1, events_per_install=0))
    assert (found.redirectors, found.forwarders, found.workers) == (1, 1, 1)
    assert found.cores == pytest.approx(0.4 + 0.08 + 0.4 + 0.8)


def test_old_clicks_move_at_the_pace_of_the_mean() -> None:
    cost = COST | {"click": NOTHING, "install": NOTHING, "old_click": NOTHING | {"process_us": 300}}
    found = size(10_000, cost, Demand(peak=4))
    assert (found.workers, found.cores) == (6, pytest.approx(6.0))


def test_redis_holds_the_hot_hours_alone() -> None:
    demand = Demand(hot_hours=1, click_days=28)
    assert size(1024, COST, demand).redis_gib == pytest.approx(3_600 / 1024)
    assert size(1024, COST, Demand(hot_hours=2)).redis_gib == pytest.approx(7_200 / 1024)


def test_disk_is_old_clicks_the_ledger_and_twice_what_redis_holds() -> None:
    demand = Demand(hot_hours=24, click_days=1, installs_per_click=1, ledger_days=1, events_per_install=0)
    found = size(1, COST, demand)
    assert found.disk_gib == pytest.approx(86_400 * 1024 / 2**30 + 2 * found.redis_gib)


def test_nodes_grow_with_what_one_core_of_redis_carries() -> None:
    assert [size(rate, COST, Demand(peak=1)).redis_nodes for rate in (1, 35_000, 36_000)] == [1, 1, 2]


def test_ten_times_the_clicks_take_about_ten_times_the_money_once_cores_are_full() -> None:
    assert size(100_000, COST, Demand()).money_month == pytest.approx(
        10 * size(10_000, COST, Demand()).money_month, rel=0.01
    )


def test_the_document_keeps_what_stands_around_the_table() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter"
    made = document(text, [size(1, COST, Demand())], COST)
    assert made.startswith("before\n")
    assert made.endswith("\nafter")
    assert "old" not in made
    assert document(made, [size(1, COST, Demand())], COST) == made


def test_the_table_that_stands_in_the_docs_is_that_of_the_measured_costs() -> None:
    costs = json.loads(COSTS.read_text())
    assert table([size(step, costs, Demand()) for step in STEPS]) in DOCUMENT.read_text()
