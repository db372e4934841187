"""The timetable and what keeps it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
import structlog
from redis.exceptions import ConnectionError as RedisConnectionError

from clicks.connection import connect
from clicks.keys import COUNTS, LINKS
from clicks.names import AdName, note_names
from clicks.store import ClickStore
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.jobs.timetable import TIMETABLE, JobContext, JobScheduler, Task
from forwarder.outages import persist, wait_after
from ledger.ad_names import names_of
from tests.forwarder.delivering.scene import APP, PIXEL, Scene
from tests.ledger.waiting import until_waiting

pytestmark = pytest.mark.anyio

FIELD = "\x1f".join(("495555", "click", "spring", "ios", "", "", "7"))


class Office:
    """A job's context, the scheduler over it, and what failed."""

    def __init__(self, job: JobContext, job_scheduler: JobScheduler, stopping: anyio.Event, failed: list[str]) -> None:
        self.job, self.job_scheduler, self.stopping, self.failed = job, job_scheduler, stopping, failed

    async def run(self, name: str) -> None:
        (task,) = (task for task in TIMETABLE if task.name == name)
        await task.run(self.job)


@pytest.fixture
async def office(scene: Scene, redis_url: str) -> AsyncIterator[Office]:
    redis: Any = connect(redis_url)
    stopping, failed = anyio.Event(), []  # type: tuple[anyio.Event, list[str]]
    job_scheduler = JobScheduler(stopping, failed.append)
    try:
        async with anyio.create_task_group() as tasks:
            scheduler = DeliveryScheduler(scene.delivery_context, tasks, stopping, job_scheduler.guarded)
            yield Office(
                JobContext(scene.delivery_context, scheduler, redis, ClickStore(redis, (b"k" * 32,))),
                job_scheduler,
                stopping,
                failed,
            )
            stopping.set()
    finally:
        await redis.aclose()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(20):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await anyio.sleep(0.01)


async def test_delivering_opens_lanes_that_send_everything_due(scene: Scene, office: Office) -> None:
    await scene.deliveries(5)
    await office.run("deliver")

    async def all_delivered() -> bool:
        return await scene.states() == {"delivered": 5}

    await until(all_delivered)


async def test_a_held_pixel_flows_again_by_itself_once_it_is_mended(scene: Scene, office: Office) -> None:
    await scene.deliveries(3)
    await scene.set_pixel(state="held", probe_at=scene.clock.now)
    await office.run("probe held pixels")
    assert await scene.states() == {"delivered": 1, "due": 2}
    assert (await scene.pixel())["state"] == "ok"


async def test_an_event_that_missed_its_install_by_a_moment_is_due_at_once(scene: Scene, office: Office) -> None:
    in_an_hour = scene.clock.now + timedelta(hours=1)
    await scene.delivery("e1", due_at=in_an_hour, reason="waiting for install")
    await scene.install()
    await office.run("join missed events")
    assert await scene.pool.fetchval("SELECT next_attempt_at FROM deliveries") == scene.clock.now


@pytest.mark.parametrize(("hours", "joined"), [(0.5, True), (47, True), (49, False)])
async def test_an_event_that_missed_its_install_while_no_worker_was_there_is_joined(
    scene: Scene, office: Office, hours: float, joined: bool
) -> None:
    await scene.event("e1")
    await scene.install()
    await scene.pool.execute("UPDATE events SET received_at = $1", scene.clock.now - timedelta(hours=hours))
    await office.run("join missed events")
    assert await scene.pool.fetchval("SELECT joined FROM events") is False
    await office.run("join long missed events")
    assert await scene.pool.fetchval("SELECT joined FROM events") is joined


async def test_an_install_that_came_while_redis_was_away_is_matched(scene: Scene, office: Office) -> None:
    await scene.install(platform="ios")
    await scene.pool.execute("UPDATE installs SET match_method = 'pending'")
    await office.run("match pending installs")
    assert await scene.pool.fetchval("SELECT match_method FROM installs") == "none"


async def test_counters_are_drained_into_the_ledger_once(scene: Scene, office: Office) -> None:
    await office.job.redis.hset(COUNTS, FIELD, 3)
    await office.run("drain counters")
    await office.run("drain counters")
    assert await scene.pool.fetchval("SELECT sum(visits) FROM visit_counts") == 3
    assert await office.job.redis.exists(COUNTS) == 0


async def test_counts_of_a_drain_that_was_cut_off_are_added_once(scene: Scene, office: Office) -> None:
    await office.job.redis.hset(COUNTS, FIELD, 3)

    class DiesBeforeItFinishes:
        def __getattr__(self, name: str) -> Any:
            if name == "eval":  # what finishing a drain calls
                raise RedisConnectionError
            return getattr(office.job.redis, name)

    dying = replace(office.job, redis=DiesBeforeItFinishes())
    (task,) = (task for task in TIMETABLE if task.name == "drain counters")
    with pytest.raises(RedisConnectionError):
        await task.run(dying)
    await office.run("drain counters")
    assert await scene.pool.fetchval("SELECT sum(visits) FROM visit_counts") == 3


async def test_links_are_put_back_into_a_redis_that_lost_them(scene: Scene, office: Office) -> None:
    await office.run("republish links")
    assert await office.job.redis.exists(LINKS) == 1


async def test_rows_are_deleted_when_the_ledgers_retention_is_over(scene: Scene, office: Office) -> None:
    await scene.deliveries(2)
    days = office.job.delivery_context.settings.ledger_retention_days
    keys = [row["event_key"] for row in await scene.pool.fetch("SELECT event_key FROM events ORDER BY event_key")]
    for key, age in zip(keys, (days - 1, days + 1), strict=True):
        received_at = scene.clock.now - timedelta(days=age)
        await scene.pool.execute("UPDATE events SET received_at = $1 WHERE event_key = $2", received_at, key)
    await office.run("delete old rows")
    assert await scene.pool.fetchval("SELECT array_agg(event_key) FROM events") == keys[:1]


async def test_the_gauges_show_the_backlog_and_the_held(scene: Scene, office: Office) -> None:
    await scene.deliveries(2)
    await scene.pool.execute("UPDATE deliveries SET created_at = $1", scene.clock.now - timedelta(seconds=90))
    await scene.set_pixel(state="held")
    await office.run("show gauges")
    sample = scene.metrics.registry.get_sample_value
    assert sample("signalpost_deliveries_pending") == 2
    assert sample("signalpost_delivery_oldest_pending_seconds") == 90
    assert sample("signalpost_pixel_held", {"app": APP, "pixel": PIXEL}) == 1


async def test_sends_are_counted_by_outcome(scene: Scene, office: Office) -> None:
    await scene.deliveries(2)
    await scene.set_pixel(state="held", probe_at=scene.clock.now)
    await office.run("probe held pixels")
    labels = {"app": APP, "pixel": PIXEL, "outcome": "delivered"}
    assert scene.metrics.registry.get_sample_value("signalpost_deliveries_total", labels) == 1
    assert scene.metrics.registry.get_sample_value("signalpost_tiktok_request_seconds_count") == 1


async def test_old_rows_are_deleted(scene: Scene, office: Office) -> None:
    await scene.delivery("e1")
    await scene.pool.execute("UPDATE events SET received_at = $1", scene.clock.now - timedelta(days=181))
    await office.run("delete old rows")
    assert await scene.states() == {}


async def test_a_task_that_fails_is_counted_by_name_and_tried_again(office: Office) -> None:
    rounds = []

    async def fails_twice(_: JobContext) -> None:
        rounds.append(len(rounds))
        if len(rounds) < 3:
            raise ValueError("no such luck")
        office.stopping.set()

    with structlog.testing.capture_logs() as logs:
        await office.job_scheduler.keep(Task("unlucky", 0.0, fails_twice), office.job)
    assert office.failed == ["unlucky", "unlucky"]
    assert [entry["task"] for entry in logs] == ["unlucky"]  # the same mistake is said once a minute


async def test_an_engine_that_is_away_is_one_line_in_the_log(office: Office) -> None:
    async def away(_: JobContext) -> None:
        if len(office.failed) == 3:
            office.stopping.set()
        raise RedisConnectionError

    with structlog.testing.capture_logs() as logs:
        await office.job_scheduler.keep(Task("drain", 0.0, away), office.job)
    assert [entry["event"] for entry in logs] == ["engine away, trying again until it is back"]
    assert logs[0]["engine"] == "redis"


async def test_what_can_be_repeated_is_until_the_engine_is_back() -> None:
    attempts = []

    async def attempt() -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionRefusedError
        return "done"

    assert await persist(attempt, within_s=10) == "done"


async def test_waiting_for_an_engine_has_an_end() -> None:
    async def attempt() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await persist(attempt, within_s=0.1)


def test_waits_double_to_ten_seconds() -> None:
    assert [wait_after(failures) for failures in (1, 2, 3, 6, 7, 100)] == [0.25, 0.5, 1.0, 8.0, 10.0, 10.0]


def test_the_timetable_names_each_task_once() -> None:
    names = [task.name for task in TIMETABLE]
    assert len(names) == len(set(names))


async def _nothing(_: JobContext) -> None: ...


@pytest.mark.parametrize(
    ("share", "took_s", "failures", "rest_s"),
    [
        (1.0, 0.1, 0, 5.0),
        (1.0, 60.0, 0, 5.0),
        (0.1, 0.1, 0, 5.0),
        (0.1, 2.0, 0, 18.0),
        (0.1, 60.0, 1, max(5.0, wait_after(1))),
        (1.0, 0.1, 20, max(5.0, wait_after(20))),
    ],
)
def test_what_takes_long_rests_as_its_share_of_the_time_says(
    share: float, took_s: float, failures: int, rest_s: float
) -> None:
    assert Task("counts", 5.0, _nothing, share).rest_s(took_s, failures) == pytest.approx(rest_s)


async def test_a_name_that_a_worker_has_read_is_not_stored_over_a_later_one(scene: Scene, office: Office) -> None:
    redis, asked, goes_on = office.job.redis, anyio.Event(), anyio.Event()
    await note_names(redis, [AdName("ad", "5", "Video")])

    class Slow:
        async def hgetall(self, key: bytes) -> Any:
            found = await redis.hgetall(key)
            asked.set()
            await goes_on.wait()
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(redis, name)

    (task,) = (task for task in TIMETABLE if task.name == "move names")
    first = asyncio.ensure_future(task.run(replace(office.job, redis=Slow())))
    await asked.wait()
    await note_names(redis, [AdName("ad", "5", "Video B")])
    second = asyncio.ensure_future(task.run(office.job))
    await until_waiting(scene.pool, 1, second)
    goes_on.set()
    await first
    await second
    assert await names_of(scene.pool, "ad", ["5"]) == {"5": "Video B"}
