"""Whether a grant still works, as TikTok's answers tell."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from ad_accounts.access import opened
from ad_accounts.connecting import sealed
from ad_accounts.grant_health import probe_due_grants
from config.secrets import Keyring
from ledger.advertisers import advertisers_of, select_advertiser
from ledger.grant_watch import grant_alerts
from ledger.grants import store_grant
from ledger.pixels import all_pixels
from tests.account_sandbox import COFFEE, TEA, AccountSandbox, account_sandbox, advertiser, coffee
from tests.ad_accounts.account_scene import KEYRING, AccountScene, opened_account_scene
from tests.forwarder.delivering.scene import APP
from tiktok.business_api import BusinessApi
from tiktok.oauth import DeveloperApp, Token, exchange, portal_url

pytestmark = pytest.mark.anyio

ENDING_APP = DeveloperApp("7000000000000000401", "s")  # its tokens end after a day


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
async def scene(database_url: str, sandbox: AccountSandbox) -> AsyncIterator[AccountScene]:
    async with opened_account_scene(database_url, sandbox) as opened_scene:
        yield opened_scene


async def probe(scene: AccountScene) -> None:
    await probe_due_grants(scene.side, scene.clock)


async def alerts(scene: AccountScene) -> dict[str, str]:
    return {alert.kind: alert.message for alert in await grant_alerts(scene.pool)}


async def test_a_grant_that_works_is_asked_after_daily_and_read_again(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted()
    await probe(scene)
    assert scene.sandbox.paths() == []
    scene.later(days=1)
    await probe(scene)
    grant = await scene.grant()
    assert (grant.state, grant.checked_at, grant.probe_at) == ("ok", scene.now, scene.now + timedelta(days=1))
    assert [one.advertiser_id for one in await advertisers_of(scene.pool, APP)] == [TEA]
    scene.sandbox.load(advertiser(), coffee())  # shared with the login meanwhile, without a new consent
    scene.later(days=1)
    await probe(scene)
    assert {one.advertiser_id for one in await advertisers_of(scene.pool, APP)} == {TEA, COFFEE}


async def test_a_dead_token_under_http_200_breaks_the_grant_in_tiktoks_words_and_leaves_pixels_alone(
    scene: AccountScene,
) -> None:
    await scene.granted(Token(access_token="a-token-that-was-revoked-0123456789"))
    before = await all_pixels(scene.pool)
    scene.later(days=1)
    await probe(scene)
    grant = await scene.grant()
    assert grant.state == "broken"
    assert grant.reason.startswith("40105: ")
    said = await alerts(scene)
    assert "40105" in said["tiktok_grant_broken"]
    assert f"`signalpost tiktok connect --app {APP}`" in said["tiktok_grant_broken"]
    assert await all_pixels(scene.pool) == before


async def test_a_broken_grant_heals_by_itself_within_the_hour(scene: AccountScene) -> None:
    token = "a-token-that-comes-back-0123456789"
    await scene.granted(Token(access_token=token))
    scene.later(days=1)
    await probe(scene)
    assert (await scene.grant()).state == "broken"
    scene.sandbox.load(advertiser())
    scene.sandbox.grant(token)
    scene.later(minutes=59)
    await probe(scene)
    assert (await scene.grant()).state == "broken"
    scene.later(minutes=1)
    await probe(scene)
    assert (await scene.grant()).state == "ok"
    assert await alerts(scene) == {}


@pytest.mark.parametrize(
    "fault", [{"code": 40100, "message": "QPD limit"}, {"status": 502}, {"code": 50000}, {"drop": True}], ids=str
)
async def test_what_says_nothing_of_the_grant_leaves_it_as_it_is(scene: AccountScene, fault: dict[str, object]) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted()
    scene.later(days=1)
    scene.sandbox.fault("user/info", **fault)
    await probe(scene)
    grant = await scene.grant()
    assert (grant.state, grant.probe_at) == ("ok", scene.now + timedelta(minutes=10))
    scene.later(minutes=10)
    await probe(scene)
    assert (await scene.grant()).checked_at == scene.now


@pytest.mark.parametrize("code", [40001, 40101])
async def test_a_closed_list_or_a_wrong_secret_does_not_break_a_token_that_lives(
    scene: AccountScene, code: int
) -> None:
    await scene.granted()
    scene.later(days=1)
    scene.sandbox.fault("oauth2/advertiser/get", code=code, message="no")
    await probe(scene)
    assert (await scene.grant()).state == "ok"


async def test_a_chosen_advertiser_that_vanished_is_told_until_it_is_back(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser(), coffee())
    await scene.granted()
    scene.later(days=1)
    await probe(scene)
    async with scene.pool.acquire() as connection, connection.transaction():
        await select_advertiser(connection, APP, TEA, scene.now)
    scene.sandbox.load(coffee())
    scene.later(days=1)
    await probe(scene)
    assert (await scene.grant()).state == "ok"
    said = (await alerts(scene))["tiktok_advertiser_lost"]
    assert TEA in said
    assert "Its history stays" in said
    scene.sandbox.load(advertiser(), coffee())
    scene.later(days=1)
    await probe(scene)
    assert await alerts(scene) == {}


async def ending(scene: AccountScene) -> None:
    """The app has a grant whose token ends after a day."""
    app = {"app_id": ENDING_APP.app_id, "secret": ENDING_APP.secret, "expires_in": 86_400}
    scene.sandbox.load(advertiser(), apps=[app])
    object.__setattr__(scene.side, "app", ENDING_APP)
    returned = scene.sandbox.login(portal_url(scene.sandbox.url, ENDING_APP, "s", "https://c.example.com/"))
    token = await exchange(scene.side.api, ENDING_APP, returned["auth_code"])
    await store_grant(scene.pool, sealed(KEYRING, APP, token, scene.now), scene.now)


async def test_a_token_that_ends_is_renewed_ahead_of_its_end(scene: AccountScene) -> None:
    await ending(scene)
    first = await scene.grant()
    assert first.expires_at is not None
    assert first.probe_at < first.expires_at - timedelta(hours=11)
    scene.now = first.probe_at
    await probe(scene)
    second = await scene.grant()
    assert second.expires_at is not None
    assert second.expires_at > first.expires_at
    assert opened(second, KEYRING).token != opened(first, KEYRING).token
    assert (second.state, second.reason, second.connected_at) == ("ok", "", first.connected_at)


async def test_one_that_cannot_be_renewed_is_told_while_it_still_works(scene: AccountScene) -> None:
    await ending(scene)
    scene.now = (await scene.grant()).probe_at
    scene.sandbox.fault("oauth2/refresh_token", code=40107, message="Invalid refresh token.")
    await probe(scene)
    grant = await scene.grant()
    assert grant.state == "ok"
    said = (await alerts(scene))["tiktok_grant_ending"]
    assert "cannot be renewed (40107: Invalid refresh token.)" in said
    assert "`signalpost tiktok connect" in said


async def test_one_that_ends_and_came_without_a_refresh_token_is_told_before_its_end(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted(Token(access_token=scene.sandbox.grant(), expires_in_s=30 * 86_400))
    for _ in range(26):
        scene.later(days=1)
        await probe(scene)
    assert await alerts(scene) == {}
    scene.later(days=2)
    await probe(scene)
    assert "TikTok gave no refresh token" in (await alerts(scene))["tiktok_grant_ending"]


async def test_a_grant_without_a_refresh_token_is_never_renewed(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted(Token(access_token=scene.sandbox.grant(), expires_in_s=3600))
    scene.later(minutes=31)
    await probe(scene)
    assert "/oauth2/refresh_token/" not in scene.sandbox.paths()
    assert (await scene.grant()).state == "ok"


async def test_a_new_secret_key_reads_what_the_old_one_wrote(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted()
    scene.later(days=1)
    object.__setattr__(scene.side, "keyring", Keyring((b"n" * 32, *KEYRING.keys)))
    await probe(scene)
    assert (await scene.grant()).checked_at == scene.now


async def test_a_lost_secret_key_is_said_and_heals_when_it_is_back(scene: AccountScene) -> None:
    scene.sandbox.load(advertiser())
    await scene.granted()
    scene.later(days=1)
    object.__setattr__(scene.side, "keyring", Keyring((b"n" * 32,)))
    await probe(scene)
    grant = await scene.grant()
    assert grant.state == "broken"
    assert "put the old SECRET_KEY back" in grant.reason
    object.__setattr__(scene.side, "keyring", KEYRING)
    scene.later(hours=1)
    await probe(scene)
    assert (await scene.grant()).state == "ok"


async def test_a_tiktok_that_is_not_there_breaks_nothing(scene: AccountScene) -> None:
    await scene.granted()
    scene.later(days=1)
    api = BusinessApi(scene.side.api._client, "http://127.0.0.1:9")
    object.__setattr__(scene.side, "api", api)
    await probe(scene)
    assert (await scene.grant()).state == "ok"
