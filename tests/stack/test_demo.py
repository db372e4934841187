"""The demo: connected, with four weeks behind it, and gone without a trace when it is cleared."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin.apps import create_app
from admin.demo import Demo, clear_demo, stored_demo
from admin.refusal import Refused
from admin.reports import ReportAsked, told
from admin.session import Session, open_session
from config.settings import AllSettings
from ledger.local_time import local_day
from ledger.match_reliability import match_reliability
from ledger.report_roll_ups import add_up
from sandbox.tokens import Pixel
from stack.demo.account import DAYS, connect_account, read_spend
from stack.demo.app import ensure_demo
from stack.demo.history import fill_history
from stack.demo.people import AdDay, Population
from tests.account_sandbox import account_sandbox, connected_settings

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OF_THE_APP = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'app_id' AND table_name <> 'audit_log'
"""
OF_AN_ADVERTISER = """
SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'advertiser_id'
"""


@pytest.fixture
async def session(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Session]:
    settings = AllSettings(database_url=database_url, redis_url=redis_url, data_dir=data_dir)
    async with open_session(settings, actor="up") as opened:
        yield opened


async def begun(session: Session) -> Demo:
    """The demo as it is a moment after `up` said that it is ready."""
    demo = await ensure_demo(session)
    with account_sandbox(Pixel(code=demo.pixel_code, token=demo.token)) as sandbox:
        connected = replace(session, settings=connected_settings(session.settings, sandbox))
        await connect_account(connected, demo)
        await read_spend(connected, demo)
        await fill_history(connected, demo)
        await connect_account(connected, demo)
        await fill_history(connected, demo)
    return demo


async def holds_what_it_says(session: Session, app_id: str) -> None:
    """The demo's reliability is its own, near the truth, of each Android install whose click Play named, once."""
    bins, is_own = await match_reliability(session.database, app_id)
    assert is_own
    assert sum(one.answers for one in bins) == await session.database.fetchval(
        "SELECT count(*) FROM installs WHERE match_method = 'referrer'"
    )
    assert all(abs(one.predicted - one.observed) < 0.2 for one in bins if one.answers >= 50)
    assert await match_reliability(session.database, "app_other") == ([], False)


async def count(session: Session, table: str) -> int:
    return int(await session.database.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - of the catalogue


async def test_the_demo_has_four_weeks_of_everything_and_is_cleared_of_all_of_it(session: Session) -> None:
    other = (await create_app(session, "Tea", {}))["app_id"]
    demo = await begun(session)
    await add_up(session.database, datetime.now(UTC))
    report = await told(session, ReportAsked(app_id=demo.app_id, by="day"))
    days = [row["key"]["day"] for row in report["rows"]]
    assert len(days) in (DAYS, DAYS + 1)  # a click before midnight may be followed after it
    totals = report["totals"]
    assert totals["currency"] == "EUR"
    assert all(totals[name] > 0 for name in ("spend", "impressions", "link_clicks", "visits", "installs", "revenue"))
    assert totals["link_clicks"] < totals["clicks"]
    assert totals["installs"] == await session.database.fetchval(
        "SELECT count(*) FROM installs WHERE click_id IS NOT NULL"
    )
    assert await count(session, "deliveries") > 0
    await holds_what_it_says(session, demo.app_id)

    assert await clear_demo(session) == {"app_id": demo.app_id}
    assert stored_demo(session) is None
    for (table,) in await session.database.fetch(OF_THE_APP):
        left = await session.database.fetchval(f"SELECT count(*) FROM {table} WHERE app_id = $1", demo.app_id)  # noqa: S608
        assert left == 0, table
    assert [table for (table,) in await session.database.fetch(OF_AN_ADVERTISER) if await count(session, table)] == []
    assert await count(session, "visit_counts") == 0
    assert await session.database.fetchval("SELECT app_id FROM apps") == other
    with pytest.raises(Refused, match="there is none here"):
        await clear_demo(session)


def day(clicks: int) -> AdDay:
    return AdDay(
        begins=datetime(2026, 11, 20, tzinfo=UTC),
        ends=NOW,
        clicks=clicks,
        campaign=("1", "Summer"),
        adgroup=("2", "NL"),
        ad=("3", "Video"),
        platforms=("ios",),
    )


def test_the_same_account_gives_the_same_people_and_nothing_happens_tomorrow() -> None:
    population = Population("app_1", "demo", NOW)
    people = list(population.people([day(200)]))
    assert people == list(population.people([day(200)]))
    assert people
    assert max(person.at for person in people) < NOW
    assert all(happening.at < NOW for person in people for happening in person.happenings)
    assert {local_day("UTC", person.at).isoformat() for person in people} == {"2026-11-20"}


def test_visits_stand_in_quarters_of_an_hour_and_persons_click_no_oftener_than_tiktok_counts() -> None:
    visits = Population("app_1", "demo", NOW).visits([day(400)])
    assert all(one.begins_s % 900 == 0 and one.begins_s < NOW.timestamp() for one in visits)
    assert 0 < sum(one.visits for one in visits if one.kind == "click") < 400


def test_no_likeness_of_the_demo_is_certain() -> None:
    people = Population("app_1", "demo", NOW).people([day(4_000)])
    likenesses = [person.probability for person in people if person.method == "probabilistic"]
    assert likenesses
    assert max(one or 0 for one in likenesses) < 1
