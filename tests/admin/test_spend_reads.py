"""A read of spend is everybody's to see, one process's to do, and taken up where it was left."""

import asyncio
import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest

from admin.refusal import Refused
from admin.session import Session
from admin.spend import DayRange
from admin.spend_reads import ask_for_spend, run_read, spend_read, waiting
from admin.tiktok_accounts import use_advertiser
from ledger.spend_reads import GONE_AFTER, give_read_back, still_at_it, take_read
from tests.account_sandbox import TEA, AccountSandbox, advertiser
from tests.admin.logins import connect

pytestmark = pytest.mark.anyio

DAYS = DayRange(date(2026, 10, 1), date(2026, 11, 10))
OF_DAYS = 41
LONG_AGO = "UPDATE spend_reads SET seen_at = $1"


def days_asked_for(sandbox: AccountSandbox) -> list[tuple[str, str]]:
    """(first, last) of each report of ads by day."""
    items = sandbox.client.get("/_sandbox/requests", params={"limit": 1000}).json()["items"]
    asked = [parse_qs(item["query"]) for item in items if item["path"].endswith("/report/integrated/get/")]
    ads = [one for one in asked if json.loads(one["dimensions"][0]) == ["ad_id_v2", "stat_time_day"]]
    return sorted({(one["start_date"][0], one["end_date"][0]) for one in ads})


@pytest.fixture
async def chosen(connectable: Session, sandbox: AccountSandbox, app_id: str) -> Session:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    await use_advertiser(connectable, app_id, TEA)
    return connectable


async def test_what_is_asked_for_waits_is_done_once_and_says_what_came_of_it(chosen: Session, app_id: str) -> None:
    assert await ask_for_spend(chosen, app_id, DAYS)
    assert not await ask_for_spend(chosen, app_id, DayRange())
    assert await waiting(chosen) == [app_id]
    await asyncio.gather(run_read(chosen, app_id), run_read(chosen, app_id))
    read = await spend_read(chosen, app_id)
    assert read is not None
    assert (read.is_going_on, read.problem, read.days_done, read.of_days) == (False, "", OF_DAYS, OF_DAYS)
    assert (read.first_day, read.last_day, read.actor) == (DAYS.first, DAYS.last, "cli:anna")
    assert await waiting(chosen) == []
    assert await ask_for_spend(chosen, app_id, DayRange())


async def test_a_read_whose_process_died_waits_again_once_it_was_not_heard_of(chosen: Session, app_id: str) -> None:
    await ask_for_spend(chosen, app_id, DAYS)
    now = datetime.now(UTC)
    read = await take_read(chosen.database, app_id, "first", now)
    assert read is not None
    assert await still_at_it(chosen.database, read, now, 30)
    assert await waiting(chosen) == []
    await run_read(chosen, app_id)  # it is another's
    going_on = await spend_read(chosen, app_id)
    assert going_on is not None
    assert (going_on.runner, going_on.days_done) == ("first", 30)
    await chosen.database.execute(LONG_AGO, now - GONE_AFTER * 2)
    assert await waiting(chosen) == [app_id]
    await run_read(chosen, app_id)
    assert not await still_at_it(chosen.database, read, now, 31)
    ended = await spend_read(chosen, app_id)
    assert ended is not None
    assert not ended.is_going_on


async def test_days_that_were_done_before_the_stop_are_not_asked_for_again(
    chosen: Session, app_id: str, sandbox: AccountSandbox
) -> None:
    await ask_for_spend(chosen, app_id, DAYS)
    read = await take_read(chosen.database, app_id, "first", datetime.now(UTC))
    assert read is not None
    await give_read_back(chosen.database, read, 35)
    await run_read(chosen, app_id)
    assert days_asked_for(sandbox) == [("2026-10-01", "2026-10-06")]
    ended = await spend_read(chosen, app_id)
    assert ended is not None
    assert (ended.problem, ended.days_done) == ("", OF_DAYS)


async def test_a_read_that_is_stopped_is_given_back(chosen: Session, app_id: str, sandbox: AccountSandbox) -> None:
    sandbox.fault("/report/integrated/get/", delay_s=30, times=50)
    await ask_for_spend(chosen, app_id, DAYS)
    running = asyncio.create_task(run_read(chosen, app_id))
    while (read := await spend_read(chosen, app_id)) is None or read.runner is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await waiting(chosen) == [app_id]


async def test_what_cannot_be_read_is_refused_before_it_begins(chosen: Session, app_id: str) -> None:
    with pytest.raises(Refused, match="is in the future"):
        await ask_for_spend(chosen, app_id, DayRange(date(2999, 1, 1), date(2999, 1, 2)))
    assert await spend_read(chosen, app_id) is None


async def test_what_tiktok_refuses_is_said(chosen: Session, app_id: str, sandbox: AccountSandbox) -> None:
    sandbox.fault("/campaign/get/", code=40105, times=5)
    await ask_for_spend(chosen, app_id, DAYS)
    await run_read(chosen, app_id)
    read = await spend_read(chosen, app_id)
    assert read is not None
    assert "TikTok refused" in read.problem
    assert not read.is_going_on
