"""`/tiktok` and `/apps/{app_id}/tiktok`: connected, chosen, read, ended; with the sandbox in TikTok's place."""

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from admin.connection_health import connection_status
from admin.session import Session
from admin.spend import DayRange
from admin.spend_reads import ask_for_spend
from admin.tiktok_accounts import use_advertiser
from admin.users import Role
from config.settings import AllSettings
from ledger.spend_reads import give_read_back, take_read
from tests.account_sandbox import COFFEE, TEA, AccountSandbox, advertiser, coffee, connected_settings
from tests.admin.logins import connect, dead
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import Person

PATIENCE_S = 30.0


@pytest.fixture
def settings(settings: AllSettings, sandbox: AccountSandbox) -> AllSettings:
    return connected_settings(settings, sandbox)


@pytest.fixture
def path(app_id: str) -> str:
    return f"/apps/{app_id}/tiktok"


@pytest.fixture
def connected(act: Act, app_id: str, sandbox: AccountSandbox) -> None:
    sandbox.load(advertiser(), coffee())
    act(lambda session: connect(session, sandbox, app_id))


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_app_that_is_not_connected_has_a_link_that_leads_to_tiktok(
    owner: Person, act: Act, path: str, sandbox: AccountSandbox, app_id: str
) -> None:
    page = owner.open(path).text
    assert "not connected" in page
    assert f'href="{path}/connect"' in page
    answer = owner.open(f"{path}/connect")
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where.startswith(f"{sandbox.url}/portal/auth?")
    assert parse_qs(urlsplit(where).query)["state"] != parse_qs(urlsplit(_again(owner, path)).query)["state"]
    sandbox.load(advertiser())
    back = sandbox.login(where)
    finished = owner.open("/oauth/tiktok/callback", params=back)
    assert f'href="/apps/{app_id}/setup"' in finished.text
    assert act(lambda session: connection_status(session, app_id))["health"] == "green"


def _again(owner: Person, path: str) -> str:
    return str(owner.open(f"{path}/connect").headers["location"])


def test_a_viewer_cannot_begin_a_login(make_person: MakePerson, path: str) -> None:
    viewer = make_person(Role.VIEWER)
    assert viewer.open(f"{path}/connect").status_code == 403
    assert "Connect TikTok</a>" not in viewer.open(path).text


def test_an_ad_account_is_chosen(owner: Person, act: Act, app_id: str, path: str, connected: None) -> None:
    page = owner.open(path).text
    assert "No advertiser is chosen" in page
    assert "Europe/Berlin" in page
    chosen = owner.send_and_follow(path, "use", COFFEE)
    assert "Spend is read from Coffee" in chosen.text
    assert act(lambda session: connection_status(session, app_id))["advertiser_id"] == COFFEE
    assert re.search(rf"Coffee.*<code>{COFFEE}</code>", owner.open("/tiktok").text, re.DOTALL)
    foreign = owner.post(path, {**owner.fill(path, "use", TEA), "advertiser": "1"})
    assert foreign.status_code == 422
    assert act(lambda session: connection_status(session, app_id))["advertiser_id"] == COFFEE


def test_looking_at_the_page_asks_nothing_of_tiktok(
    owner: Person, path: str, connected: None, sandbox: AccountSandbox
) -> None:
    asked = len(sandbox.paths())
    owner.open(path)
    owner.open("/tiktok")
    assert len(sandbox.paths()) == asked


def test_a_dead_login_is_red_with_its_reason_on_both_pages(
    owner: Person, act: Act, app_id: str, path: str, connected: None
) -> None:
    act(lambda session: dead(session, app_id))
    owner.send(path, "read-again")
    for page in (path, "/tiktok"):
        text = owner.open(page).text
        assert ">broken<" in text
        assert "TikTok refuses the connection" in text
    assert "Connect again" in owner.open(path).text


def test_spend_is_read_while_the_page_is_left(owner: Person, act: Act, app_id: str, path: str, connected: None) -> None:
    act(lambda session: use_advertiser(session, app_id, TEA))
    first = owner.send_and_follow(path, "sync")
    assert "Spend is being read" in first.text
    until(lambda: "Being read now" not in owner.open(path).text)
    page = owner.open(path).text
    assert "rows from" in page
    assert 'http-equiv="refresh"' not in page


def test_days_that_cannot_be_are_refused_with_what_was_typed(
    owner: Person, act: Act, app_id: str, path: str, connected: None
) -> None:
    act(lambda session: use_advertiser(session, app_id, TEA))
    answer = owner.send(path, "sync", first="yesterday")
    assert answer.status_code == 422
    assert 'value="yesterday"' in answer.text
    future = owner.send(path, "sync", first="2999-01-01", last="2999-01-02")
    assert future.status_code == 422
    assert "is in the future" in future.text
    assert 'value="2999-01-01"' in future.text


def test_a_read_that_another_console_left_is_seen_and_taken_up_by_this_one(
    act: Act, app_id: str, path: str, connected: None, owner: Person
) -> None:
    """The first console stops while it reads: its runner is gone, its days stay."""
    act(lambda session: use_advertiser(session, app_id, TEA))

    async def left(session: Session) -> None:
        await ask_for_spend(session, app_id, DayRange(date(2026, 10, 1), date(2026, 11, 10)))
        read = await take_read(session.database, app_id, "gone", datetime.now(UTC))
        assert read is not None
        await give_read_back(session.database, read, 30)

    act(left)
    until(lambda: "Being read now" not in owner.open(path).text)
    assert "rows from 2026-10-01 to 2026-11-10" in owner.open(path).text


def test_prerequisites_are_asked_for_on_demand(
    owner: Person, act: Act, app_id: str, path: str, connected: None
) -> None:
    act(lambda session: use_advertiser(session, app_id, TEA))
    page = owner.send(path, "look").text
    assert "the login works" in page
    assert "TikTok lists the login&#39;s advertisers" in page


def test_what_was_read_stays_after_the_end(owner: Person, act: Act, app_id: str, path: str, connected: None) -> None:
    page = owner.send_and_follow(path, "disconnect").text
    assert "not connected" in page
    assert "Tea pixel" in page
    assert act(lambda session: connection_status(session, app_id))["health"] == "off"
    assert owner.send_and_follow(path, "look").status_code == 200
