"""Advertisers in the ledger, and the one that an app chose."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from ledger.advertisers import (
    SeenAdvertiser,
    advertisers_astray,
    advertisers_of,
    miss_advertisers,
    put_advertisers,
    select_advertiser,
    selected_advertisers,
    selected_of,
    set_advertiser_state,
)
from ledger.report_periods import app_periods
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP, opened_rows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)
LONDON = SeenAdvertiser("7000000000000000001", "Tea", "GBP", "Europe/London", "STATUS_ENABLE", "ADMIN", NOW)
TOKYO = SeenAdvertiser("7000000000000000002", "茶", "JPY", "Asia/Tokyo")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with opened_rows(database_url) as rows:
        await rows.second_app()
        yield rows.pool


async def select(pool: Any, app_id: str, advertiser_id: str, at: datetime = NOW) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        return await select_advertiser(connection, app_id, advertiser_id, at)


async def test_what_tiktok_lists_is_kept(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON, TOKYO], NOW)
    tea, cha = await advertisers_of(pool, APP)
    assert (tea.advertiser_id, tea.name, tea.currency, tea.timezone) == (
        LONDON.advertiser_id,
        "Tea",
        "GBP",
        "Europe/London",
    )
    assert (tea.status, tea.role, tea.opened_at, tea.state, tea.selected) == (
        "STATUS_ENABLE",
        "ADMIN",
        NOW,
        "ok",
        False,
    )
    assert cha.opened_at is None
    assert await advertisers_of(pool, SECOND_APP) == []
    await put_advertisers(pool, APP, [], LATER)
    assert len(await advertisers_of(pool, APP)) == 2


async def test_what_tiktok_does_not_say_this_time_stays_as_it_was(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON], NOW)
    await put_advertisers(pool, APP, [SeenAdvertiser(LONDON.advertiser_id, "Tea Ltd")], LATER)
    [tea] = await advertisers_of(pool, APP)
    assert (tea.name, tea.currency, tea.timezone, tea.role, tea.opened_at) == (
        "Tea Ltd",
        "GBP",
        "Europe/London",
        "ADMIN",
        NOW,
    )
    assert tea.seen_at == LATER


async def test_one_that_vanished_is_missing_until_it_is_listed_again(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON, TOKYO], NOW)
    await select(pool, APP, LONDON.advertiser_id)
    assert await miss_advertisers(pool, APP, [TOKYO.advertiser_id], "no longer listed") == [LONDON.advertiser_id]
    assert await miss_advertisers(pool, APP, [TOKYO.advertiser_id], "no longer listed") == []
    [gone] = await advertisers_astray(pool)
    assert (gone.advertiser_id, gone.state, gone.reason, gone.timezone) == (
        LONDON.advertiser_id, "missing", "no longer listed", "Europe/London",
    )  # fmt: skip
    assert gone.selected
    await put_advertisers(pool, APP, [LONDON], LATER)
    assert await advertisers_astray(pool) == []


async def test_a_refusal_of_its_own_outlives_the_list(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON], NOW)
    assert await set_advertiser_state(pool, APP, LONDON.advertiser_id, "refused", "40001: no permission")
    await put_advertisers(pool, APP, [LONDON], LATER)
    [tea] = await advertisers_of(pool, APP)
    assert (tea.state, tea.reason) == ("refused", "40001: no permission")
    assert not await set_advertiser_state(pool, SECOND_APP, LONDON.advertiser_id, "ok")


async def test_one_advertiser_of_an_app_is_chosen_and_the_day_it_was_first_chosen_stays(pool: Any) -> None:
    for app_id in (APP, SECOND_APP):
        await put_advertisers(pool, app_id, [LONDON, TOKYO], NOW)
    assert await select(pool, APP, LONDON.advertiser_id)
    assert await select(pool, APP, TOKYO.advertiser_id, LATER)
    assert await select(pool, SECOND_APP, TOKYO.advertiser_id, LATER)
    assert [(one.app_id, one.advertiser_id) for one in await selected_advertisers(pool)] == [
        (APP, TOKYO.advertiser_id),
        (SECOND_APP, TOKYO.advertiser_id),
    ]
    assert await select(pool, APP, LONDON.advertiser_id, LATER)
    chosen = await selected_of(pool, APP)
    assert chosen is not None
    assert (chosen.advertiser_id, chosen.selected_at) == (LONDON.advertiser_id, NOW)
    assert not await select(pool, APP, "7000000000000000009")


async def test_those_who_choose_at_once_leave_one_chosen(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON, TOKYO], NOW)
    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(select, pool, APP, (LONDON, TOKYO)[number % 2].advertiser_id)
    assert len(await selected_advertisers(pool)) == 1


async def test_an_app_without_a_time_zone_has_its_advertisers(pool: Any) -> None:
    await put_advertisers(pool, APP, [LONDON, TOKYO], NOW)
    await put_advertisers(pool, SECOND_APP, [TOKYO], NOW)

    async def zones() -> dict[str, str]:
        apps, found, _, _ = await app_periods(pool, None, None, None)
        return dict(zip(apps, found, strict=True))

    assert await zones() == {APP: "UTC", SECOND_APP: "UTC"}
    await select(pool, APP, TOKYO.advertiser_id)
    assert await zones() == {APP: "Asia/Tokyo", SECOND_APP: "UTC"}
    await pool.execute("""UPDATE apps SET settings = '{"timezone": "Europe/Berlin"}' WHERE app_id = $1""", APP)
    assert (await zones())[APP] == "Europe/Berlin"
