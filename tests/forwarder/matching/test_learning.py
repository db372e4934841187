"""What matched installs teach, from intake through the worker to the next match."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forwarder.matching.learning import Knowledge, add_observations
from forwarder.matching.statistics import TRIED
from ledger.match_statistics import WHOLE, recent_rates, statistics_of
from tests.forwarder.api import ANDROID, APP, KEY, Api, android, opened_api, referrer, settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


async def test_an_install_is_learned_from_once_whichever_worker_does_it(api: Api) -> None:
    await api.click()
    await asyncio.gather(*(api.install() for _ in range(5)))
    assert sorted(await asyncio.gather(*(add_observations(api.pool) for _ in range(3)))) == [0, 0, 1]
    learned = await statistics_of(api.pool, [WHOLE, APP])
    assert {app_id: state["installs"] for app_id, state in learned.items()} == {WHOLE: 1, APP: 1}
    assert learned[APP]["outcomes"]["ios"]["explained"] > 0.9
    assert await api.count("match_observations") == 0


async def test_a_referrer_teaches_the_time_and_how_reliable_the_address_is(api: Api) -> None:
    click_id = await api.click(user_agent=ANDROID, ago_s=300)
    await api.install(**android(install_referrer=referrer(click_id)))
    await add_observations(api.pool)
    knowledge = Knowledge(api.pool)
    await knowledge.refresh()
    learned = knowledge.statistics.of(APP)
    assert sum(learned.click_to_install) == 1
    assert [sum(one.right for one in learned.trials[table]) for table in TRIED] == [1] * len(TRIED)


async def test_a_process_that_matches_sees_what_was_learned_since_it_last_looked(api: Api) -> None:
    knowledge = Knowledge(api.pool)
    for number in (1, 2):
        await api.install(install_id=f"i-{number}")
        await add_observations(api.pool)
        await knowledge.refresh()
        assert knowledge.statistics.whole.installs == number


async def test_who_said_no_teaches_nothing_and_is_matched_with_nobody(api: Api) -> None:
    await api.click()
    answer = await api.install(consent={"marketing": "denied"})
    assert (answer["attributed"], answer["match"]["reason"]) == (False, "consent denied")
    assert await api.count("match_observations") == 0


async def test_statistics_of_another_version_start_anew(api: Api) -> None:
    await api.pool.execute("INSERT INTO match_statistics (app_id, state) VALUES ('', $1)", {"installs": "many"})
    await api.install()
    assert await add_observations(api.pool) == 1
    assert (await statistics_of(api.pool, [WHOLE]))[WHOLE]["installs"] == 1


async def test_the_weights_of_a_match_are_kept_and_shown_with_the_install(api: Api) -> None:
    click_id = await api.click()
    await api.install()
    shown = (await api.client.get("/v1/installs/i-1", headers={"Authorization": f"Bearer {KEY}"})).json()["detail"]
    assert shown["candidates"][0]["click_id"] == click_id
    assert set(shown["candidates"][0]["signals"]) >= {"odds", "time", "address", "os"}
    assert shown["flags"] == []


async def test_the_fourth_install_of_one_ttclid_is_flagged_and_credited_all_the_same(api: Api) -> None:
    click_id = await api.click(user_agent=ANDROID)
    for number in range(4):
        await api.install(**android(install_id=f"i-{number}", install_referrer=referrer(click_id)))
    flags = await api.pool.fetch("SELECT match_detail -> 'flags' AS flags FROM installs ORDER BY install_id")
    assert [row["flags"] for row in flags] == [[], [], [], ["more_than_3_installs_of_one_ttclid"]]
    assert await api.pool.fetchval("SELECT count(*) FROM installs WHERE click_id = $1", click_id) == 4


async def test_recent_rates_count_clicks_installs_and_credits(api: Api) -> None:
    await api.click()
    await api.install()
    await api.install(install_id="i-2", ip="192.0.2.9")
    assert await recent_rates(api.pool, APP, 7) == {
        "clicks": 0, "installs": 2, "credited": 1, "credited_per_click": None, "others_per_day": 0.14,
    }  # fmt: skip


async def test_an_install_from_a_data_centre_is_flagged_and_credited_all_the_same(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    ranges = data_dir / "ranges.txt"
    ranges.write_text("203.0.113.0/24 a cloud")
    async with opened_api(settings(database_url, redis_url, data_dir, datacenter_ranges_file=ranges)) as api:
        await api.click()
        assert (await api.install())["attributed"] is True
        assert await api.pool.fetchval("SELECT match_detail -> 'flags' FROM installs") == ["data_centre_address"]
