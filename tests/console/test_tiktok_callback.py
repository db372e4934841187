"""`GET /oauth/tiktok/callback`: what connects an app, and everything that does not."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from ad_accounts.access import open_access
from ad_accounts.oauth_state import LIFETIME
from admin.apps import create_app
from admin.session import Session, open_session
from admin.tiktok_accounts import begin_connect, list_advertisers
from config.secrets import Keyring, SecretError
from config.settings import AllSettings
from console.metrics import ConsoleMetrics
from tests.account_sandbox import APP, COFFEE, TEA, AccountSandbox, advertiser, coffee
from tests.console.conftest import opened_console

pytestmark = pytest.mark.anyio

CALLBACK = "/oauth/tiktok/callback"


async def returned(session: Session, sandbox: AccountSandbox, app_id: str, **decision: str) -> dict[str, str]:
    """What the browser is sent back with, after a login."""
    return sandbox.login((await begin_connect(session, app_id))["url"], **decision)


async def stored(session: Session) -> dict[str, int]:
    tables = ("tiktok_grants", "advertisers", "advertiser_pixels", "oauth_states")
    return {table: await session.database.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608


def check_page(answer: httpx.Response) -> str:
    """It is a page of ours, which runs nothing but our script, is kept nowhere and tells nobody its address."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert not re.search(
        r"<script(?! src=\"/static/console\.js\?v=\w+\"></script>)|<style|\son\w+=|style=", answer.text, re.IGNORECASE
    )
    assert '<link rel="stylesheet" href="/static/console.css?v=' in answer.text
    return answer.text


async def test_a_login_connects_the_app_imports_everything_and_says_so(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(name="Tea & <b>Co</b>"))
    answer = await console.get(CALLBACK, params=await returned(session, sandbox, app_id))
    text = check_page(answer)
    assert answer.status_code == 200
    assert "TikTok is connected" in text
    assert TEA in text
    assert "Tea &amp; &lt;b&gt;Co&lt;/b&gt;" in text
    assert "Tea &lt;Timer&gt;" in text
    assert "EUR" in text
    assert "Europe/Berlin" in text
    assert "1 pixel." in text
    assert "chosen" in text
    assert await stored(session) == {"tiktok_grants": 1, "advertisers": 1, "advertiser_pixels": 1, "oauth_states": 1}
    entries = await session.database.fetch("SELECT actor, act, app_id FROM audit_log WHERE act LIKE 'tiktok%'")
    assert {tuple(row) for row in entries} == {("console", "tiktok.connect", app_id), ("console", "tiktok.use", app_id)}


async def test_with_several_advertisers_someone_chooses(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee())
    text = check_page(await console.get(CALLBACK, params=await returned(session, sandbox, app_id)))
    assert "2 ad\naccounts" in text
    assert f"signalpost tiktok use --app {app_id} --advertiser ID" in text
    assert await session.database.fetchval("SELECT count(*) FROM advertisers WHERE selected") == 0


async def test_a_login_without_an_ad_account_is_connected_and_offers_another(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    answer = await console.get(CALLBACK, params=await returned(session, sandbox, app_id))
    text = check_page(answer)
    assert answer.status_code == 200
    assert "is connected, but this login has no ad account" in text
    [link] = re.findall(r'<a href="([^"]+)">Log in as somebody else', text)
    sandbox.load(advertiser())
    again = await console.get(CALLBACK, params=sandbox.login(link.replace("&amp;", "&"), account="ada"))
    assert TEA in again.text


async def test_a_missing_permission_is_named_and_the_rest_is_there(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    sandbox.fault(
        "advertiser/info", code=40001, message="advertiser does not grant you /advertiser/info/:GET permission"
    )
    text = check_page(await console.get(CALLBACK, params=await returned(session, sandbox, app_id)))
    assert "TikTok is connected" in text
    assert ">Tea</td>" in text
    assert "advertiser does not grant you /advertiser/info/:GET permission" in text


async def test_the_code_is_also_read_under_its_other_name(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    answer = await console.get(CALLBACK, params={"code": back["auth_code"], "state": back["state"]})
    assert answer.status_code == 200
    back = await returned(session, sandbox, app_id)
    answer = await console.get(CALLBACK, params={**back, "code": "something-else"})
    assert answer.status_code == 200


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


async def test_a_login_and_its_grant_live_through_a_rotation_of_the_secret_key(
    settings: AllSettings, session: Session, sandbox: AccountSandbox, app_id: str, metrics: ConsoleMetrics
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    rotated = settings.model_copy(update={"secret_key": f"a-new-secret-key-9876543210,{settings.secret_key}"})
    async with opened_console(rotated, metrics) as console:
        assert (await console.get(CALLBACK, params=back)).status_code == 200
    async with open_session(rotated) as after:
        [advertiser_shown] = await list_advertisers(after, app_id)
        assert after.notes == []
    assert advertiser_shown["advertiser_id"] == TEA
    # the grant was written with the new key, which the old installation does not have
    with pytest.raises(SecretError):
        await open_access(session.database, session.keyring, app_id)


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
    ("fault", "status", "words"),
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
async def test_a_code_that_tiktok_does_not_take_connects_nothing(  # noqa: PLR0917 - fixtures and a table
    console: httpx.AsyncClient,
    session: Session,
    sandbox: AccountSandbox,
    app_id: str,
    fault: dict[str, Any],
    status: int,
    words: str,
) -> None:
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


async def test_a_state_connects_its_own_app_alone(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    other = (await create_app(session, "Other", {}))["app_id"]
    await console.get(CALLBACK, params=await returned(session, sandbox, app_id))
    assert [row["app_id"] for row in await session.database.fetch("SELECT app_id FROM tiktok_grants")] == [app_id]
    assert other != app_id


async def test_connecting_again_heals_and_a_second_login_takes_the_place_of_the_first(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await console.get(CALLBACK, params=await returned(session, sandbox, app_id))
    await session.database.execute("UPDATE tiktok_grants SET state = 'broken', reason = '40105: dead'")
    sandbox.load(coffee())
    await console.get(CALLBACK, params=await returned(session, sandbox, app_id))
    assert await session.database.fetchval("SELECT state FROM tiktok_grants") == "ok"
    rows = await session.database.fetch("SELECT advertiser_id, selected, state FROM advertisers ORDER BY advertiser_id")
    assert [tuple(row) for row in rows] == [(TEA, False, "missing"), (COFFEE, True, "ok")]


async def test_no_token_and_no_code_is_logged_or_stored_in_plain_text(  # noqa: PLR0917 - fixtures
    console: httpx.AsyncClient,
    session: Session,
    sandbox: AccountSandbox,
    app_id: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    caplog.set_level("DEBUG", logger="signalpost")
    answer = await console.get(CALLBACK, params=back)
    [grant] = await session.database.fetch("SELECT * FROM tiktok_grants")
    access = await open_access(session.database, session.keyring, app_id)
    assert access is not None
    captured = capsys.readouterr()
    for secret in (access.token, back["auth_code"], APP.secret):
        assert secret not in captured.out + captured.err + answer.text
        assert secret.encode() not in bytes(grant["access_token_encrypted"])
    assert access.token not in repr(access)
    log = await session.database.fetch("SELECT * FROM audit_log")
    assert access.token not in repr(log)


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


async def test_what_became_of_logins_is_counted(
    console: httpx.AsyncClient, session: Session, sandbox: AccountSandbox, app_id: str, metrics: ConsoleMetrics
) -> None:
    sandbox.load(advertiser())
    back = await returned(session, sandbox, app_id)
    for _ in range(3):
        await console.get(CALLBACK, params=back)

    def count(outcome: str) -> float | None:
        return metrics.registry.get_sample_value("signalpost_tiktok_logins_total", {"outcome": outcome})

    assert (count("connected"), count("used")) == (1, 2)
