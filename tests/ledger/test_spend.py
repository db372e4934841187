"""Whatever is pulled in whatever order, the ledger ends in TikTok's last word, and so do the sums of all changes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio
import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.pool import open_pool
from ledger.spend import Pull, changes_between, days_behind, store_pull
from ledger.spend_progress import ImportLease, LeaseLostError, hold_lease, take_lease
from ledger.spend_rows import Grain, SpendRow, stored_rows

pytestmark = pytest.mark.anyio

ADVERTISER = "7000000000000000101"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
DAY = date(2026, 11, 20)
GRAINS: tuple[Grain, ...] = ("day", "hour", "country")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url, max_size=3)
    yield opened
    await opened.close()


@pytest.fixture
async def doomed(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections that are cut off."""
    opened = await open_pool(database_url, max_size=1)
    yield opened
    opened.terminate()


def row(ad_id: str = "1", **fields: Any) -> SpendRow:
    return SpendRow(ad_id=ad_id, **{"spend": Decimal("1.10"), "impressions": 10, "clicks": 1, **fields})


async def lease(pool: Any, held_by: str = "t", now: datetime = NOW) -> ImportLease:
    taken = ImportLease(ADVERTISER, held_by)
    assert await take_lease(pool, taken, now)
    return taken


async def store(
    pool: Any, held: ImportLease, *rows: SpendRow, grain: Grain = "day", day: date = DAY, **more: Any
) -> int:
    async with pool.acquire() as connection, connection.transaction():
        await hold_lease(connection, held, NOW)
        return await store_pull(connection, Pull(ADVERTISER, day, grain, NOW, rows, **more))


async def stored(pool: Any, grain: Grain = "day", day: date = DAY) -> dict[Any, SpendRow]:
    return {one.key: one for one in await stored_rows(pool, ADVERTISER, day, grain)}


CHANGED = """
SELECT p.day, p.grain, c.ad_id, c.begins_at, c.country,
    sum(coalesce((after ->> 'spend')::numeric, 0) - coalesce((before ->> 'spend')::numeric, 0)) AS spend,
    sum(coalesce((after ->> 'clicks')::numeric, 0) - coalesce((before ->> 'clicks')::numeric, 0)) AS clicks,
    sum(coalesce((after ->> 'conversions')::numeric, 0) - coalesce((before ->> 'conversions')::numeric, 0))
        AS conversions
FROM spend_changes c JOIN spend_pulls p USING (advertiser_id, pull_id) GROUP BY 1, 2, 3, 4, 5
"""


async def sums_of_changes(pool: Any, grain: Grain, day: date) -> dict[Any, tuple[Decimal, ...]]:
    rows = [one for one in await pool.fetch(CHANGED) if (one["grain"], one["day"]) == (grain, day)]
    sums = {
        (one["ad_id"], one["begins_at"], one["country"]): (one["spend"], one["clicks"], one["conversions"])
        for one in rows
    }
    return {key: found for key, found in sums.items() if any(found)}


def figures(rows: dict[Any, SpendRow]) -> dict[Any, tuple[Decimal, ...]]:
    found = {key: (one.spend, Decimal(one.clicks), one.conversions or Decimal(0)) for key, one in rows.items()}
    return {key: sums for key, sums in found.items() if any(sums)}


async def test_re_pulling_moves_totals_by_the_difference_only(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    assert await store(pool, held, row("1"), row("2")) == 2
    assert await store(pool, held, row("1"), row("2")) == 0
    assert await store(pool, held, row("1", spend=Decimal("1.60")), row("2")) == 1
    (change,) = await pool.fetch("SELECT before, after FROM spend_changes WHERE before IS NOT NULL")
    assert Decimal(change["after"]["spend"]) - Decimal(change["before"]["spend"]) == Decimal("0.50")
    pulls = await pool.fetch("SELECT rows, changed FROM spend_pulls ORDER BY pull_id")
    assert [tuple(one) for one in pulls] == [(2, 2), (2, 0), (2, 1)]


async def test_money_that_is_written_otherwise_is_no_difference(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    await store(pool, held, row(spend=Decimal("20.000")))
    assert await store(pool, held, row(spend=Decimal("2E+1"))) == 0


async def test_a_row_that_tiktok_no_longer_has_goes_by_a_change_like_any_other(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    await store(pool, held, row("1"), row("2"))
    assert await store(pool, held, row("2")) == 1
    assert list(await stored(pool)) == [("2", None, "")]
    (change,) = await pool.fetch("SELECT ad_id, before, after FROM spend_changes WHERE after IS NULL")
    assert (change["ad_id"], change["before"]["spend"]) == ("1", "1.10")


async def test_unknown_is_kept_apart_from_zero(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    await store(pool, held, row("1", conversions=None), row("2", conversions=Decimal(0)))
    rows = await stored(pool)
    assert [rows[ad, None, ""].conversions for ad in "12"] == [None, Decimal(0)]
    assert await store(pool, held, row("1", conversions=Decimal(0)), row("2", conversions=Decimal(0))) == 1


async def test_rows_that_the_answer_says_nothing_of_stay(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    await store(pool, held, row("1"), row(""))
    assert await store(pool, held, row("1"), untouched=frozenset(("",))) == 0
    assert ("", None, "") in await stored(pool)


async def test_the_grains_do_not_touch_one_another(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    await store(pool, held, row("1"))
    await store(pool, held, row("1", begins_at=NOW), grain="hour")
    await store(pool, held, row("1", country="DE"), row("1", country=""), grain="country")
    await store(pool, held, grain="hour")
    assert [len(await stored(pool, grain)) for grain in GRAINS] == [1, 0, 2]


async def test_an_older_answer_never_overwrites_a_newer_one(pool: asyncpg.Pool) -> None:
    """A worker that was suspended comes back with what it had asked before another took over."""
    old = await lease(pool, "old")
    new = await lease(pool, "new", NOW + timedelta(minutes=6))
    await store(pool, new, row(spend=Decimal(2)))
    with pytest.raises(LeaseLostError):
        await store(pool, old, row(spend=Decimal(1)))
    assert (await stored(pool))["1", None, ""].spend == 2


async def test_pulls_of_one_advertiser_are_stored_one_after_the_other(pool: asyncpg.Pool) -> None:
    held, order = await lease(pool), []

    async def one(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await hold_lease(connection, held, NOW)
            order.append((number, "begins"))
            await store_pull(connection, Pull(ADVERTISER, DAY, "day", NOW, (row(spend=Decimal(number)),)))
            await anyio.sleep(0.02)
            order.append((number, "ends"))

    async with anyio.create_task_group() as tasks:
        for number in (1, 2, 3):
            tasks.start_soon(one, number)
    assert [word for _, word in order] == ["begins", "ends"] * 3
    assert (await stored(pool))["1", None, ""].spend == order[-1][0]


async def test_a_day_is_behind_by_hour_from_when_its_own_figures_change(pool: asyncpg.Pool) -> None:
    held = await lease(pool)
    span = DAY - timedelta(days=3), DAY
    await store(pool, held)
    assert await days_behind(pool, ADVERTISER, *span) == []
    await store(pool, held, row())
    assert await days_behind(pool, ADVERTISER, *span) == [DAY]
    await store(pool, held, row(begins_at=NOW), grain="hour")
    await store(pool, held, row())
    assert await days_behind(pool, ADVERTISER, *span) == []


def test_changes_are_found_by_key() -> None:
    one, two = row("1"), row("2")
    changed = replace(one, clicks=2)
    assert [(c.before, c.after) for c in changes_between([one, two], [changed])] == [(one, changed), (two, None)]
    assert changes_between([one], []) != changes_between([one], [one]) == []


MONEY = st.decimals(0, 1_000_000, places=4, allow_nan=False, allow_infinity=False)
MAYBE = st.none() | st.decimals(0, 1000, places=2, allow_nan=False, allow_infinity=False)


@st.composite
def answers(draw: st.DrawFn) -> Pull:
    """What TikTok may say of a day and grain."""
    grain: Grain = draw(st.sampled_from(GRAINS))
    rows: dict[Any, SpendRow] = {}
    for _ in range(draw(st.integers(0, 4))):
        fields: dict[str, Any] = {"spend": draw(MONEY), "clicks": draw(st.integers(0, 99))}
        if grain == "day":
            fields |= {"conversions": draw(MAYBE), "metrics": draw(st.sampled_from([{}, {"form": "2"}]))}
        elif grain == "hour":
            fields["begins_at"] = NOW + timedelta(hours=draw(st.integers(0, 2)))
        else:
            fields["country"] = draw(st.sampled_from(["DE", "AT", ""]))
        one = row(draw(st.sampled_from(["1", "2", "1800000000000000003", ""])), **fields)
        rows[one.key] = one
    day = DAY - timedelta(days=draw(st.integers(0, 1)))
    return Pull(ADVERTISER, day, grain, NOW, tuple(rows.values()))


CRASHES = ("none", "none", "before", "inside", "repeated", "stale")


async def cut_off(doomed: asyncpg.Pool, pull: Pull, held: ImportLease, stored_first: bool) -> None:
    """The connection ends in the middle of the transaction."""
    async with doomed.acquire() as connection:
        await connection.transaction().start()
        await hold_lease(connection, held, NOW)
        if stored_first:
            await store_pull(connection, pull)
        connection.terminate()


async def pulled(pool: asyncpg.Pool, pull: Pull, held: ImportLease) -> int:
    async with pool.acquire() as connection, connection.transaction():
        await hold_lease(connection, held, NOW)
        return await store_pull(connection, pull)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(answers(), st.sampled_from(CRASHES)), min_size=1, max_size=8))
async def test_any_order_of_pulls_crashes_and_corrections_ends_in_tiktoks_last_word(
    pool: asyncpg.Pool, doomed: asyncpg.Pool, said: list[tuple[Pull, str]]
) -> None:
    await pool.execute("TRUNCATE ad_days, ad_hours, ad_country_days, spend_pulls, spend_changes, spend_progress")
    last_word: dict[tuple[Grain, date], Pull] = {}
    for number, (pull, crash) in enumerate(said):
        # each pull may be another worker's, the one before it having been lost
        held = await lease(pool, f"t{number}", NOW + timedelta(minutes=6 * number))
        if crash == "stale":
            with pytest.raises(LeaseLostError):
                await pulled(pool, pull, ImportLease(ADVERTISER, f"t{number - 1}"))
            continue
        if crash in ("before", "inside"):
            await cut_off(doomed, pull, held, crash == "inside")
        await pulled(pool, pull, held)
        assert crash != "repeated" or await pulled(pool, pull, held) == 0
        last_word[pull.grain, pull.day] = pull
    for (grain, day), pull in last_word.items():
        rows = await stored(pool, grain, day)
        assert rows == {one.key: one for one in pull.rows}
        assert await sums_of_changes(pool, grain, day) == figures(rows)
