"""`GET /oauth/tiktok/callback`: what connects an app, and what the page says of it."""

import re

import httpx
import pytest

from ad_accounts.access import open_access
from admin.apps import create_app
from admin.session import Session, open_session
from admin.tiktok_accounts import list_advertisers
from config.secrets import SecretError
from config.settings import AllSettings
from console.metrics import ConsoleMetrics
from tests.account_sandbox import APP, COFFEE, TEA, AccountSandbox, advertiser, coffee
from tests.console.callbacks import CALLBACK, check_page, returned, stored
from tests.console.conftest import opened_console

pytestmark = pytest.mark.anyio


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
