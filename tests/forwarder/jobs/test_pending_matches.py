"""What intake left open is finished by the worker."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from redis.exceptions import RedisError

from clicks.batch import clicks_key
from clicks.click_id import ClickId, parse_click_id
from clicks.connection import connect
from clicks.keys import DRAINING
from clicks.store import ClickStore
from forwarder.jobs.pending_matches import LATE_CLICK_S, LOOK_EVERY_S, join_missed, match_pending
from ledger.deliveries import release_for_installs
from tests.forwarder.api import ANDROID, APP, Api, android, opened_api, referrer, settings
from tests.ledger.waiting import until_waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api_without_redis(database_url: str, data_dir: Path) -> AsyncIterator[Api]:
    """An application whose Redis is away."""
    async with opened_api(settings(database_url, f"unix://{data_dir}/nobody", data_dir)) as opened:
        yield opened


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


@pytest.fixture
async def store(api_without_redis: Api, redis_url: str) -> AsyncIterator[ClickStore]:
    """Redis as it is back again."""
    redis = connect(redis_url)
    yield ClickStore(redis, api_without_redis.keyring.derive("address"))
    await redis.aclose()


async def looked_at_once(api: Api, store: ClickStore) -> datetime:
    """After the first look at what an outage left behind, when redirectors have heard that it is over: the time of the
    next.
    """
    now = datetime.now(UTC)
    assert await match_pending(api.pool, store, now) == 1
    assert await match_pending(api.pool, store, now) == 0
    return now + timedelta(seconds=LOOK_EVERY_S)


async def test_an_install_taken_without_redis_is_matched_once_it_is_back(
    api_without_redis: Api, store: ClickStore
) -> None:
    api = api_without_redis
    await api.install()
    api.store = store
    click_id = await api.click()
    later = await looked_at_once(api, store)
    assert await match_pending(api.pool, store, later) == 1
    answer = await api.install()
    assert (answer["match"]["method"], answer["match"]["click_id"]) == ("probabilistic", click_id)
    assert await match_pending(api.pool, store, later) == 0


async def test_an_install_taken_without_redis_finds_a_click_that_a_spool_brings_back_after_the_first_look(
    api_without_redis: Api, store: ClickStore
) -> None:
    api = api_without_redis
    await api.install()
    api.store = store
    later = await looked_at_once(api, store)
    click_id = await api.click()
    await match_pending(api.pool, store, later)
    assert (await api.install())["match"]["click_id"] == click_id


async def test_while_spools_are_drained_nothing_is_decided_by_an_address(
    api_without_redis: Api, store: ClickStore, redis_url: str
) -> None:
    api = api_without_redis
    await api.install()
    later = await looked_at_once(api, store)
    async with connect(redis_url) as redis:
        await redis.set(DRAINING, b"")
        assert await match_pending(api.pool, store, later) == 1
        assert await api.pool.fetchval("SELECT match_method FROM installs") == "pending"
        await redis.delete(DRAINING)
    await match_pending(api.pool, store, later + timedelta(seconds=LOOK_EVERY_S))
    assert await api.pool.fetchval("SELECT match_method FROM installs") == "none"


async def test_without_redis_an_install_that_no_address_may_decide_about_is_decided_at_the_first_look(
    api_without_redis: Api, store: ClickStore
) -> None:
    api = api_without_redis
    api.store = store
    click_id = await api.click(user_agent=ANDROID)
    await api.install(**android(install_id="named", install_referrer=referrer(click_id)))
    unknown = ClickId(int(datetime.now(UTC).timestamp() * 1000) - 60_000, 1, b"abcde").text()
    await api.install(**android(install_id="other", install_referrer=referrer(unknown) + "&gclid=x"))
    await match_pending(api.pool, store, datetime.now(UTC))
    assert {(r["install_id"], r["match_method"]) for r in await api.pool.fetch("SELECT * FROM installs")} == {
        ("named", "referrer"),
        ("other", "none"),
    }


async def test_deliveries_that_waited_for_the_match_are_due_at_once(api_without_redis: Api, store: ClickStore) -> None:
    api = api_without_redis
    await api.install()
    await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"})
    assert {d["reason"] for d in await api.deliveries()} == {"waiting for install"}
    now = await looked_at_once(api, store)
    await match_pending(api.pool, store, now)
    assert {(d["reason"], d["next_attempt_at"] <= now) for d in await api.deliveries()} == {("", True)}


async def test_a_click_that_comes_out_of_a_spool_after_its_install_is_still_credited(api: Api, redis_url: str) -> None:
    click_id = await api.click(user_agent=ANDROID)
    parts = parse_click_id(click_id)
    assert parts is not None
    redis, key = connect(redis_url), clicks_key(parts.address_hash)
    spooled = await redis.dump(key)
    await redis.delete(key)
    answer = await api.install(**android(install_referrer=referrer(click_id)))
    assert (answer["attributed"], answer["match"]["reason"].partition(":")[0]) == (False, "pending")
    now = datetime.now(UTC)
    await match_pending(api.pool, api.store, now)
    assert {d["reason"] for d in await api.deliveries()} == {"waiting for install"}
    await redis.restore(key, 0, spooled)
    await redis.aclose()
    await match_pending(api.pool, api.store, now + timedelta(seconds=LOOK_EVERY_S))
    assert (await api.install())["match"]["click_id"] == click_id
    assert {(d["reason"], d["state"]) for d in await api.deliveries()} == {("", "due")}


async def test_a_click_that_never_comes_is_given_up_and_the_install_goes_out_without_it(api: Api) -> None:
    nobodys = ClickId(int(datetime.now(UTC).timestamp() * 1000) - 60_000, 1, b"abcde").text()
    await api.install(**android(install_referrer=referrer(nobodys), consent=None))
    now = datetime.now(UTC)
    assert await match_pending(api.pool, api.store, now) == 1
    assert await match_pending(api.pool, api.store, now) == 0
    await match_pending(api.pool, api.store, now + timedelta(seconds=LATE_CLICK_S))
    answer = await api.install()
    assert (answer["match"]["method"], answer["match"]["reason"].partition(";")[0]) == ("none", "unknown click")
    assert {d["reason"] for d in await api.deliveries()} == {""}


async def test_while_redis_stays_away_nothing_changes(api_without_redis: Api) -> None:
    await api_without_redis.install()
    with pytest.raises((RedisError, OSError)):
        await match_pending(api_without_redis.pool, api_without_redis.store, datetime.now(UTC))
    assert await api_without_redis.pool.fetchval("SELECT match_method FROM installs") == "pending"


async def test_an_event_that_missed_its_install_is_joined(api_without_redis: Api) -> None:
    api = api_without_redis
    await api.install(consent=None)
    await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"})
    # as if each had been stored before the other was committed
    await api.pool.execute("UPDATE events SET joined = false WHERE event_id = 'e'")
    await api.pool.execute(
        "UPDATE deliveries SET reason = 'waiting for install', next_attempt_at = now() + interval '1 hour'"
        " WHERE source_event_id = 'e'"
    )
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert await join_missed(api.pool, now) == 1
    assert await api.pool.fetchval("SELECT next_attempt_at <= $1 FROM deliveries WHERE source_event_id = 'e'", now)
    assert await join_missed(api.pool, now) == 0


async def test_an_event_that_is_stored_while_its_install_is_matched_is_due_at_once(api: Api, database_url: str) -> None:
    """It had asked for its install before, and waits for it now."""
    await api.click()
    await api.install()
    await api.pool.execute("UPDATE installs SET match_method = 'pending'")
    worker = await asyncpg.connect(database_url)
    async with worker.transaction():
        await worker.execute("SELECT FROM installs FOR UPDATE")
        posting = asyncio.ensure_future(api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"}))
        await until_waiting(worker, 1, posting)
        await worker.execute("UPDATE installs SET match_method = 'probabilistic'")
        await release_for_installs(worker, [(APP, "i-1")], datetime.now(UTC))
    await worker.close()
    await posting
    (row,) = [one for one in await api.deliveries() if one["source_event_id"] == "e"]
    assert (row["state"], row["reason"], row["next_attempt_at"] <= datetime.now(UTC)) == ("due", "", True)


async def test_an_event_that_missed_its_install_waits_for_the_match_of_that_too(api: Api) -> None:
    await api.install()
    await api.events({"event_id": "e", "install_id": "i-2", "name": "purchase"})
    await api.pool.execute("UPDATE installs SET install_id = 'i-2', match_method = 'pending'")
    assert await join_missed(api.pool, datetime.now(UTC)) == 1
    (row,) = [one for one in await api.deliveries() if one["source_event_id"] == "e"]
    assert row["reason"] == "waiting for install"
    assert row["next_attempt_at"] > datetime.now(UTC)
