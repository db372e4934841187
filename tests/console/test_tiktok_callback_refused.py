"""`GET /oauth/tiktok/callback`: everything that connects no app."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from ad_accounts.oauth_state import LIFETIME
from admin.session import Session
from admin.tiktok_accounts import begin_connect
from config.secrets import Keyring
from config.settings import AllSettings
from console.metrics import ConsoleMetrics
from tests.account_sandbox import AccountSandbox, advertiser
from tests.console.callbacks import CALLBACK, check_page, returned, stored
from tests.console.conftest import opened_console

pytestmark = pytest.mark.anyio


async def test_a_page_that_is_loaded_again_spends_no_code_twice(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    assert (await console.get(CALLBACK, params=back)).status_code == 200
    before = await stored(session)
    again = await console.get(CALLBACK, params=back)
    text = check_page(again)
    assert again.status_code == 409
    assert "finished already" in text
    assert f"signalpost tiktok connect --app {app_id}" in text
    assert sandbox.paths().count("/oauth2/access_token/") == 1
    assert await stored(session) == before


async def test_of_two_that_come_at_once_one_connects(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    statuses: list[int] = []

    async def ask() -> None:
        statuses.append((await console.get(CALLBACK, params=back)).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
    assert sorted(statuses) == [200, 409, 409]


async def test_whoever_only_looks_spends_nothing(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    assert (await console.head(CALLBACK, params=back)).status_code == 405
    assert (await console.post(CALLBACK, params=back)).status_code == 405
    assert (await console.get(CALLBACK, params=back)).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"auth_code": "c"},
        {"auth_code": "c", "state": ""},
        {"auth_code": "c", "state": "made-up"},
        {"auth_code": "c", "state": "a.b.c"},
        {"auth_code": "c", "state": "x" * 5_000},
        {"auth_code": "c", "state": "ä\x00"},
        {"state": "made-up"},
        {"error": "access_denied"},
        {"error": "<script>alert(1)</script>", "state": "made-up"},
    ],
    ids=str,
)
async def test_what_was_not_begun_here_is_refused_and_nothing_is_stored_or_asked(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, query: dict[str, str]
) -> None:
    answer = await console.get(CALLBACK, params=query)
    text = check_page(answer)
    assert answer.status_code == 400
    assert "signalpost tiktok connect --app ID" in text
    assert "Nothing was stored" in text
    assert set((await stored(session)).values()) == {0}
    assert sandbox.paths() == []


async def test_a_foreign_state_is_refused(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    elsewhere = replace(session, keyring=Keyring((b"f" * 32,)))  # another installation
    back = await returned(elsewhere, sandbox, app_id)
    answer = await console.get(CALLBACK, params=back)
    assert answer.status_code == 400
    assert app_id not in answer.text  # who is not believed names no app
    assert set((await stored(session)).values()) == {0}


async def test_an_expired_state_says_how_to_begin_again(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    monkeypatch.setattr("admin.tiktok_callback._now", _later)
    answer = await console.get(CALLBACK, params=back)
    text = check_page(answer)
    assert answer.status_code == 410
    assert "longer than 10 minutes" in text
    assert f"signalpost tiktok connect --app {app_id}" in text
    assert set((await stored(session)).values()) == {0}


def _later() -> datetime:
    return datetime.now(UTC) + LIFETIME


async def test_a_login_that_was_cancelled_stores_nothing_and_may_be_tried_again(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    url = (await begin_connect(session, app_id))["url"]
    answer = await console.get(CALLBACK, params=sandbox.login(url, decision="cancel"))
    text = check_page(answer)
    assert answer.status_code == 400
    assert "access_denied User cancelled" in text
    assert f"signalpost tiktok connect --app {app_id}" in text
    assert set((await stored(session)).values()) == {0}
    assert (await console.get(CALLBACK, params=sandbox.login(url))).status_code == 200


@pytest.mark.parametrize(
    "refusal",
    [
        (
            {"code": 40110, "message": "Auth_code is expired, please authorize again."},
            400,
            "40110: Auth_code is expired",
        ),
        ({"code": 40101, "message": "The app_id or secret is incorrect."}, 400, "TIKTOK_APP_SECRET"),
        ({"code": 40001, "message": "app lacks the required scope"}, 400, "lacks the required scope"),
        ({"status": 502}, 503, "HTTP 502"),
        ({"code": 40100, "message": "QPS"}, 503, "40100"),
        ({"body": '{"code":0,"data":{}}'}, 400, "without a token"),
        ({"body": '{"code":0,'}, 503, "not TikTok"),
        ({"drop": True}, 503, "connection broke"),
    ],
    ids=["expired code", "wrong secret", "not reviewed", "gateway", "throttled", "no token", "torn", "dropped"],
)
async def test_a_code_that_tiktok_does_not_take_connects_nothing(
    console: httpx.AsyncClient,
    session: Session,
    sandbox: AccountSandbox,
    app_id: str,
    refusal: tuple[dict[str, Any], int, str],
) -> None:
    fault, status, words = refusal
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    sandbox.fault("oauth2/access_token", **fault)
    answer = await console.get(CALLBACK, params=back)
    text = check_page(answer)
    assert answer.status_code == status
    assert words in text
    assert f"signalpost tiktok connect --app {app_id}" in text
    # the state is used up all the same: the code may have been spent
    assert await stored(session) == {"tiktok_grants": 0, "advertisers": 0, "advertiser_pixels": 0, "oauth_states": 1}
    assert (await console.get(CALLBACK, params=back)).status_code == 409


async def test_an_installation_without_a_developer_app_says_so(
    settings: AllSettings, session: Session, sandbox: AccountSandbox, app_id: str, metrics: ConsoleMetrics
) -> None:
    back = await returned(session, sandbox, app_id)
    without = settings.model_copy(update={"tiktok_app_secret": ""})
    async with opened_console(without, metrics) as console:
        answer = await console.get(CALLBACK, params=back)
    assert answer.status_code == 503
    assert "TIKTOK_APP_SECRET" in check_page(answer)
    assert set((await stored(session)).values()) == {0}
