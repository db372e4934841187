"""Whatever TikTok corrects, refuses or cuts off, and wherever a worker dies: the ledger ends in its last word."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ad_accounts.quota import Quota
from tests.ad_accounts.import_scene import NOW, ImportScene, spent
from tests.sandbox.accounts.examples import AD, ADVERTISER, CREATIVE, DELETED_AD, SMART_AD

pytestmark = pytest.mark.anyio

EMPTY = """
TRUNCATE ad_days, ad_hours, ad_country_days, reach_days, spend_pulls, spend_changes, spend_progress, ads, adgroups,
    campaigns
"""
SUMS = """
SELECT p.day, sum(coalesce((after ->> 'spend')::numeric, 0) - coalesce((before ->> 'spend')::numeric, 0)) AS spend
FROM spend_changes c JOIN spend_pulls p USING (advertiser_id, pull_id) WHERE p.grain = $1 GROUP BY p.day
"""


class Killed(Quota):
    """Kills its worker at the n-th call."""

    def __init__(self, calls: int, scene: ImportScene) -> None:
        super().__init__(scene.clock, sleep=scene.sleep, per_minute=100_000, per_second=100_000)
        self._left = calls

    async def take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("killed")
        await super().take()


async def told(scene: ImportScene) -> dict[date, Decimal]:
    """What the sandbox has, by day."""
    answer = await scene.client.get("/_sandbox/spend", params={"advertiser_id": ADVERTISER})
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in answer.json()["items"]:
        sums[date.fromisoformat(row["hour"][:10])] += Decimal(str(row["spend"]))
    return {day: spend for day, spend in sums.items() if spend}


async def assert_last_word(scene: ImportScene) -> None:
    await scene.client.delete("/_sandbox/faults")
    scene.clock.turn(hours=6, minutes=6)  # leases, pauses and waits of before are over
    await scene.turns()
    truth = await told(scene)
    assert {day: spend for day, spend in (await scene.days()).items() if spend} == truth
    for table, grain in (("ad_hours", "hour"), ("ad_days", "day")):
        rows = await scene.pool.fetch(f"SELECT day, sum(spend) AS spend FROM {table} GROUP BY day")  # noqa: S608
        stored = {row["day"]: row["spend"] for row in rows if row["spend"]}
        changed = {row["day"]: row["spend"] for row in await scene.pool.fetch(SUMS, grain) if row["spend"]}
        assert stored == changed
        assert grain == "day" or stored == truth  # every day is a recent one here


async def test_a_worker_that_dies_at_any_call_leaves_what_the_next_one_makes_whole(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "1.00"), spent("2026-11-18 09", "2.00", CREATIVE))
    for calls in range(1, 30):
        await scene.pool.execute(EMPTY)
        context = scene.new_context(quota=Killed(calls, scene))
        try:
            await scene.turn(context)
        except RuntimeError:
            progress = await scene.progress()
            assert (progress.lease, progress.error) == (None, "RuntimeError")
            assert progress.due_at > scene.clock.now
            scene.clock.now = NOW
            await assert_last_word(scene)
            scene.clock.now = NOW
        else:
            assert calls > 8
            return
    raise AssertionError("the turn never ended")


HOURS = st.builds(
    lambda days, hour: f"{NOW.date() - timedelta(days=days)} {hour:02}", st.integers(0, 6), st.integers(0, 9)
)
ROWS = st.builds(
    lambda hour, ad_id, cents, country: spent(hour, f"{cents / 100:.2f}", ad_id, country=country),
    HOURS, st.sampled_from([AD, CREATIVE, SMART_AD, DELETED_AD]), st.integers(1, 10_000), st.sampled_from(["DE", "US"]),
)  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.just("add"), ROWS),
    st.tuples(st.just("set"), ROWS),
    st.tuples(st.just("delete"), HOURS.map(lambda hour: {"day": hour[:10]})),
    st.tuples(st.just("fault"), st.tuples(st.sampled_from([50000, 40016, 40067, 51305, 40002]), st.integers(1, 7))),
    st.tuples(st.just("turn"), st.sampled_from([0, 20, 61, 200])),
    st.tuples(st.just("killed"), st.integers(0, 20)),
)


async def step(scene: ImportScene, kind: str, what: Any) -> None:
    if kind in ("add", "set", "delete"):
        await scene.correct(**{kind: [what]})
    elif kind == "fault":
        await scene.fault(endpoint="/report/integrated/get/", times=what[1], code=what[0])
    elif kind == "turn":
        scene.clock.turn(minutes=what)
        await scene.turn()
    else:
        scene.clock.turn(minutes=61)
        try:
            await scene.turn(scene.new_context(quota=Killed(what, scene)))
        except RuntimeError:
            return


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=10))
async def test_any_order_of_corrections_faults_and_deaths_ends_in_tiktoks_last_word(
    scene: ImportScene, steps: list[tuple[str, Any]]
) -> None:
    scene.clock.now = NOW
    await scene.pool.execute(EMPTY)
    await scene.client.delete("/_sandbox/faults")
    await scene.load(spent("2026-11-20 09", "1.00"), spent("2026-11-18 09", "2.00", CREATIVE))
    for kind, what in steps:
        await step(scene, kind, what)
    await assert_last_word(scene)
