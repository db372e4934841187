"""Two batches of events in flight at once, on real PostgreSQL: each event once, and the right word for both."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from forwarder.intake.group_commit import BESIDE_ROWS
from forwarder.jobs.pending_matches import join_missed
from tests.forwarder.api import ANDROID, APP, Api, android, opened_api, referrer, settings
from tests.ledger.waiting import until

pytestmark = pytest.mark.anyio

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO%events%'
"""
HOLD = "INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'purchase', now(), '{}')"


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


@pytest.fixture
async def holder(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session whose open transaction the batches wait for."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


def purchases(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"event_id": f"e{number:04}", "install_id": "i-1", "name": "purchase", **fields} for number in numbers]


async def until_waiting(api: Api, batches: int) -> None:
    """So many batches are in flight and wait for the holder."""

    async def wait() -> bool:
        waiting: int = await api.pool.fetchval(WAITING)
        return waiting == batches

    await until(wait)


async def both_in_flight(
    api: Api, holder: asyncpg.Connection, lists: list[list[dict[str, Any]]]
) -> list[asyncio.Task[dict[str, Any]]]:
    """The lists on their way, each in a batch of its own that waits for an event which `holder` is storing."""
    tasks: list[asyncio.Task[dict[str, Any]]] = []
    for rows in lists:
        tasks.append(asyncio.create_task(api.events(*rows)))
        await until_waiting(api, len(tasks))
    assert not any(task.done() for task in tasks)
    return tasks


async def test_the_same_events_in_two_batches_in_flight_are_stored_once_and_said_to_be_there_to_one(
    api: Api, holder: asyncpg.Connection
) -> None:
    await api.install()
    rows = purchases(*range(BESIDE_ROWS))
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(HOLD, APP, "e0000")
    tasks = await both_in_flight(api, holder, [rows, rows[::-1]])
    await transaction.rollback()
    answers = await asyncio.gather(*tasks)
    assert sorted(answer["accepted"] for answer in answers) == [0, BESIDE_ROWS]
    assert sorted(answer["duplicates"] for answer in answers) == [0, BESIDE_ROWS]
    assert await api.count("events") == BESIDE_ROWS + 1  # and the install's own
    assert len(await api.deliveries()) == BESIDE_ROWS + 1


async def test_what_another_process_stored_first_is_a_duplicate_for_both(api: Api, holder: asyncpg.Connection) -> None:
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(HOLD, APP, "e0000")
    lists = [purchases(*range(BESIDE_ROWS)), purchases(0, *range(BESIDE_ROWS, 2 * BESIDE_ROWS))]
    tasks = await both_in_flight(api, holder, lists)
    await transaction.commit()
    answers = await asyncio.gather(*tasks)
    assert [(answer["accepted"], answer["duplicates"]) for answer in answers] == [
        (BESIDE_ROWS - 1, 1),
        (BESIDE_ROWS, 1),
    ]
    assert await api.count("events") == 2 * BESIDE_ROWS


async def test_an_event_beside_the_one_that_says_whose_its_person_is_is_joined_by_the_worker(
    api: Api, holder: asyncpg.Connection
) -> None:
    """Neither sees the other, as in two processes; what looks for such events finds it."""
    await api.install()
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(HOLD, APP, "e0000")
    tells = purchases(*range(BESIDE_ROWS), user={"external_id": "u-1"})
    asks = purchases(*range(BESIDE_ROWS, 2 * BESIDE_ROWS), user={"external_id": "u-1"})
    for row in asks:
        del row["install_id"]
    tasks = await both_in_flight(api, holder, [tells, [*asks, *purchases(0)]])
    await transaction.rollback()
    answers = await asyncio.gather(*tasks)
    assert sum(answer["accepted"] for answer in answers) == 2 * BESIDE_ROWS
    await join_missed(api.pool, datetime.now(UTC))
    rows = await api.pool.fetch("SELECT install_id, joined FROM events")
    assert {tuple(row) for row in rows} == {("i-1", True)}


async def test_lists_about_the_same_installs_and_people_in_any_order_are_all_stored(api: Api) -> None:
    installs = [f"i-{number}" for number in range(10)]
    for install_id in installs:
        await api.install(install_id=install_id)

    def rows(sender: int) -> list[dict[str, Any]]:
        turned = installs[sender:] + installs[:sender]
        return [
            {
                "event_id": f"s{sender}-{number}", "install_id": turned[number % 10], "name": "purchase",
                "user": {"external_id": f"u-{(number + sender) % 10}"},
                "consent": {"marketing": "denied" if sender % 2 else "granted"},
            }
            for number in range(BESIDE_ROWS)
        ]  # fmt: skip

    answers = await asyncio.gather(*(api.events(*rows(sender)) for sender in range(8)))
    assert [answer["accepted"] for answer in answers] == [BESIDE_ROWS] * 8
    assert await api.count("events") == 8 * BESIDE_ROWS + len(installs)


CLAIMING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO click_claims%'
"""
WON = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method, match_detail,
    click_id)
VALUES ($1, $2, 'android', now(), now(), '{}', 'referrer', '{}', $3)
"""


async def test_an_install_that_another_process_stored_first_keeps_its_claim_on_the_click(
    api: Api, holder: asyncpg.Connection
) -> None:
    click_id = await api.click(user_agent=ANDROID)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute(
        "INSERT INTO click_claims (app_id, click_id, install_id) VALUES ($1, $2, 'i-1')", APP, click_id
    )
    await holder.execute(WON, APP, "i-1", click_id)
    second = asyncio.create_task(api.install(**android(install_referrer=referrer(click_id))))

    async def waits() -> bool:
        return bool(await api.pool.fetchval(CLAIMING))

    await until(waits)
    await transaction.commit()
    await second
    assert await api.pool.fetchval("SELECT install_id FROM click_claims WHERE click_id = $1", click_id) == "i-1"
    neighbour = await api.install(**android(install_id="i-2"))
    assert neighbour["attributed"] is False
