"""A report by roll-ups says what a recount of the raw rows says, whatever happened and whoever died meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import report_building
from ledger.report_cohorts import cohort_report
from ledger.report_dimensions import By, Key
from ledger.report_figures import Asked, one_state, our_figures, recounted
from ledger.report_query import ReportQuery
from ledger.report_recount import recounted_at_once
from ledger.report_roll_ups import add_up
from ledger.report_tallies import Tally
from ledger.report_zones import begin_anew, reported_apps
from tests.layouts import ON_BOTH
from tests.ledger.report_history import NOW, History, history

pytestmark = [pytest.mark.anyio, ON_BOTH]

NUMBERS, QUARTERS = st.integers(0, 5), st.integers(0, 96 * 20)
WHAT = st.sampled_from(
    [
        ("sdk", "purchase", "9.99"),
        ("sdk", "sign_up", None),
        ("sdk", "search", "5"),
        ("sdk", "start_trial", None),
        ("revenuecat", "rc_trial_started", "0"),
        ("revenuecat", "rc_renewal", "1.1"),
        ("revenuecat", "rc_cancellation", None),
        ("stripe", "stripe_refund", "2.5"),
    ]
)
ZONES = st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Apia", "UTC"])
EVENT = st.tuples(st.just("event"), st.integers(0, 40), NUMBERS, QUARTERS, WHAT)
INSTALL = st.tuples(st.just("install"), NUMBERS, QUARTERS, st.sampled_from(["referrer", "pending", "none"]))
STEP = st.one_of(
    EVENT,
    INSTALL,
    st.tuples(st.just("take_back"), NUMBERS, st.sampled_from(["1.5", None])),
    st.tuples(st.just("drain"), st.integers(0, 20), QUARTERS, st.integers(1, 9)),
    st.tuples(st.just("match")),
    st.tuples(st.just("erase"), NUMBERS),
    st.tuples(st.just("erase_person"), st.integers(0, 1)),
    st.tuples(st.just("erase_click"), NUMBERS),
    st.tuples(st.just("retain"), QUARTERS),
    st.tuples(st.just("set"), st.just("timezone"), ZONES),
    st.tuples(st.just("set"), st.just("revenue_source"), st.sampled_from(["sdk", "revenuecat"])),
    st.tuples(st.just("add_up")),
    st.tuples(st.just("add_up_once")),
    st.tuples(st.just("count_anew")),
    st.tuples(st.just("add_up_and_die"), st.integers(0, 12)),
)
# six installs, of which four are credited, with a sale and a refund each
BEGINNING = (
    *(("install", number, 96 * number, ("referrer", "referrer", "pending")[number % 3]) for number in range(6)),
    *(("event", 100 + number, number, 96 * number + 50, ("sdk", "purchase", "10")) for number in range(6)),
    *(("event", 200 + number, number, 96 * number + 90, ("revenuecat", "rc_refund", "1")) for number in range(6)),
    ("drain", 100, 400, 3),
)
BY: Sequence[tuple[By, ...]] = (
    ("day",), ("hour",), ("country",), ("campaign",), ("day", "ad"), ("platform", "link"), ("day", "country"),
    ("hour", "campaign"), ("hour", "ad"),
)  # fmt: skip
PERIODS = ((None, None), (date(2026, 10, 25), date(2026, 10, 25)), (date(2026, 10, 24), date(2026, 11, 1)))


def counted(tallies: dict[Key, Tally]) -> dict[Key, Tally]:
    return {key: tally for key, tally in tallies.items() if not tally.empty}


async def assert_agrees(one: History) -> None:
    [app] = await reported_apps(one.pool, one.app_id)
    for by in BY:
        for first, last in PERIODS:
            asked = Asked(app, by, first, last)
            async with one.pool.acquire() as connection:
                assert counted(await our_figures(connection, asked)) == counted(await recounted(connection, asked)), by


async def assert_at_once_is_one_by_one(one: History) -> None:
    """A recount of several reports at once says what each alone says."""
    [app] = await reported_apps(one.pool, one.app_id)
    for first, last in PERIODS:
        asked = [Asked(app, by, first, last) for by in BY]
        async with one_state(one.pool) as connection:
            at_once = await recounted_at_once(connection, asked)
            assert at_once == [await recounted(connection, each) for each in asked]


async def assert_cohorts_agree(one: History) -> None:
    """Roll-ups of cohorts say what the raw rows say, which are read once the roll-ups are disowned."""
    queries = [ReportQuery(one.app_id, by) for by in (("day",), ("campaign",), ("ad",), ("day", "adgroup"))]
    rolled_up = [await cohort_report(one.pool, query, NOW) for query in queries]
    await begin_anew(one.pool, one.app_id)
    assert rolled_up == [await cohort_report(one.pool, query, NOW) for query in queries]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEP, min_size=1, max_size=25), part=st.sampled_from([0, 2, report_building.PART]))
def test_roll_ups_and_what_waits_are_what_a_recount_finds(
    database_url: str, steps: list[tuple[Any, ...]], part: int
) -> None:
    async def live() -> None:
        async with history(database_url) as one:
            await one.add_up()
            for name, *arguments in (*BEGINNING, *steps):
                await getattr(one, name)(*arguments)
            await assert_agrees(one)
            await one.add_up()
            await assert_agrees(one)
            await assert_at_once_is_one_by_one(one)
            await assert_cohorts_agree(one)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report_building, "PART", part)
        asyncio.run(live())


ALL = (4, 8, 40, 3)
"""Installs, events, revenue and link clicks of BEGINNING."""


@pytest.mark.parametrize("added_up", [False, True])
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], ALL),
        ([("match",)], (6, 12, 60, 3)),
        ([("erase", 0)], (3, 6, 30, 3)),
        ([("erase", 2)], ALL),
        ([("erase_person", 1)], (2, 4, 20, 3)),
        ([("erase_click", 3)], (3, 6, 30, 3)),
        ([("event", 1, 1, 900, ("sdk", "purchase", "5"))], (4, 9, 45, 3)),
        ([("event", 101, 1, 900, ("sdk", "purchase", "5"))], ALL),
        ([("event", 1, 9, 900, ("sdk", "purchase", "5"))], ALL),
        ([("event", 1, 9, 900, ("sdk", "purchase", "5")), ("install", 9, 800, "referrer")], (5, 9, 45, 3)),
        ([("event", 1, 1, 900, ("revenuecat", "rc_renewal", "5"))], (4, 9, 40, 3)),
        ([("drain", 1, 3, 5)], (4, 8, 40, 8)),
        ([("drain", 100, 400, 3)], ALL),
        ([("retain", 2000)], ALL),
        ([("retain", 60)], ALL),
        ([("retain", 20), ("erase", 0)], ALL),
        ([("retain", 20), ("install", 0, 500, "referrer")], (5, 8, 40, 3)),
        ([("retain", 20), ("install", 0, 500, "referrer"), ("retain", 2000)], (5, 8, 40, 3)),
        ([("set", "timezone", "Asia/Kolkata")], ALL),
        ([("retain", 2000), ("set", "timezone", "Asia/Kolkata")], ALL),
        ([("set", "revenue_source", "revenuecat")], (4, 8, 0, 3)),
    ],
)
async def test_what_happened_is_counted(
    database_url: str, steps: list[tuple[Any, ...]], expected: tuple[int, ...], added_up: bool
) -> None:
    async with history(database_url) as one:
        await one.add_up()
        for name, *arguments in BEGINNING:
            await getattr(one, name)(*arguments)
        if added_up:
            await one.add_up()
        for name, *arguments in steps:
            await getattr(one, name)(*arguments)
        assert await totals(one) == expected
        await assert_agrees(one)
        await one.add_up()
        assert await totals(one) == expected


MEANWHILE: Sequence[tuple[Any, ...]] = (
    ("event", 1, 1, 100, ("sdk", "purchase", "5")),
    ("event", 1, 1, 900, ("sdk", "purchase", "5")),
    ("match",),
    ("erase", 0),
    ("erase", 4),
    ("erase_click", 3),
    ("drain", 1, 3, 5),
    ("drain", 1, 1500, 5),
    ("retain", 200),
    ("retain", 2000),
    ("set", "timezone", "Asia/Kolkata"),
    ("count_anew",),
    ("add_up_and_die", 4),
)
"""What may come while roll-ups are half built."""


async def totals(one: History) -> tuple[int, ...]:
    [app] = await reported_apps(one.pool, one.app_id)
    total = Tally()
    async with one.pool.acquire() as connection:
        for tally in (await our_figures(connection, Asked(app, ("day",), None, None))).values():
            total.add(tally)
    return total.installs, total.events, int(sum(total.revenue.values())), total.link_clicks


@pytest.mark.parametrize("step", MEANWHILE, ids=[step[0] for step in MEANWHILE])
async def test_what_happens_between_two_parts_of_building_anew_is_counted_once(
    database_url: str, step: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_building, "PART", 2)
    async with history(database_url) as one:
        for name, *arguments in BEGINNING:
            await getattr(one, name)(*arguments)
        for number in range(3):
            assert (await add_up(one.pool, NOW)).parts == 1, number
            await assert_agrees(one)
        await getattr(one, step[0])(*step[1:])
        await assert_agrees(one)
        await one.add_up()
        await assert_agrees(one)
        await assert_cohorts_agree(one)


async def test_what_is_half_built_goes_on_where_it_was(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_building, "PART", 2)
    async with history(database_url) as one:
        for name, *arguments in BEGINNING:
            await getattr(one, name)(*arguments)
        days = []
        while (await add_up(one.pool, NOW)).parts:
            days.append(await one.pool.fetchval("SELECT built_before FROM report_zones"))
        assert len(days) > 2
        assert days == sorted(set(days))
        [app] = await reported_apps(one.pool, one.app_id)
        assert app.rolled_up


async def test_an_app_that_comes_back_to_its_zone_while_it_is_built_in_another_is_built_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with history(database_url) as one:
        for name, *arguments in BEGINNING:
            await getattr(one, name)(*arguments)
        await one.add_up()
        monkeypatch.setattr(report_building, "PART", 2)
        await one.set("timezone", "Asia/Kolkata")
        await one.add_up_once()
        await one.set("timezone", "Europe/Berlin")
        await assert_agrees(one)
        await one.add_up()
        await assert_agrees(one)
        await assert_cohorts_agree(one)


async def test_a_worker_that_dies_while_it_adds_up_has_added_nothing_or_all(database_url: str) -> None:
    async with history(database_url) as one:
        await one.add_up()
        for after_ms in range(14):
            await one.drain(after_ms, 5, 1)
            await one.add_up_and_die(after_ms)
        assert (await totals(one))[3] == 14
        await one.add_up()
        assert (await totals(one))[3] == 14
        await assert_agrees(one)


async def test_two_workers_add_up_each_delta_once(database_url: str) -> None:
    async with history(database_url) as one:
        await one.add_up()
        for number in range(20):
            await one.drain(number, number, 1)
            await asyncio.gather(one.add_up(), one.add_up(), one.add_up())
        assert (await totals(one))[3] == 20
        await assert_agrees(one)


async def test_an_event_and_the_match_of_its_install_at_once_count_once(database_url: str) -> None:
    """Neither sees the other: who comes second waits for the first."""
    async with history(database_url) as one:
        await one.add_up()
        for number in range(8):
            await one.install(number, number, "pending")
            event = one.event(number, number, 5, ("sdk", "purchase", "1"))
            await asyncio.gather(one.match(), event, one.match())
        await one.match()
        assert await totals(one) == (8, 8, 8, 0)
        await assert_agrees(one)
