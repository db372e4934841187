"""OAuth against the sandbox: the portal, the exchange, the list, the end of a token."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.account_sandbox import APP, COFFEE, TEA, AccountSandbox, account_sandbox, advertiser, coffee
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import BusinessApi, business_client
from tiktok.oauth import (
    DeveloperApp,
    ListedAdvertiser,
    NoToken,
    Token,
    exchange,
    listed_advertisers,
    portal_url,
    refresh,
    revoke,
)

pytestmark = pytest.mark.anyio

CALLBACK = "https://console.example.com/oauth/tiktok/callback"


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
async def api(sandbox: AccountSandbox) -> AsyncIterator[BusinessApi]:
    async with business_client() as client:
        yield BusinessApi(client, sandbox.url)


def login(sandbox: AccountSandbox, app: DeveloperApp = APP) -> str:
    """A code, as the browser brings it."""
    returned = sandbox.login(portal_url(sandbox.url, app, "state/+ &", CALLBACK))
    assert returned["state"] == "state/+ &"
    return returned["auth_code"]


def test_the_portal_is_at_tiktok_and_asks_for_no_scope() -> None:
    url = portal_url("https://business-api.tiktok.com/", APP, "s&t", CALLBACK)
    assert url == (
        f"https://business-api.tiktok.com/portal/auth?app_id={APP.app_id}&state=s%26t"
        "&redirect_uri=https%3A%2F%2Fconsole.example.com%2Foauth%2Ftiktok%2Fcallback"
    )


async def test_a_code_becomes_a_token_without_an_end(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser(), coffee())
    token = await exchange(api, APP, login(sandbox))
    assert token.access_token
    assert (token.refresh_token, token.expires_in_s) == (None, None)
    assert {"1", "4", "8"} <= set(token.scopes)
    assert token.advertiser_ids == (TEA, COFFEE)
    assert await listed_advertisers(api, APP, token.access_token) == [
        ListedAdvertiser(TEA, "Tea"),
        ListedAdvertiser(COFFEE, "Coffee"),
    ]


async def test_a_code_is_good_once(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser())
    code = login(sandbox)
    await exchange(api, APP, code)
    with pytest.raises(ApiRefused, match="is used") as refused:
        await exchange(api, APP, code)
    assert refused.value.kind == "reconnect"


async def test_a_wrong_secret_is_the_apps_fault(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser())
    with pytest.raises(ApiRefused) as refused:
        await exchange(api, DeveloperApp(APP.app_id, "wrong"), login(sandbox))
    assert (refused.value.kind, refused.value.verdict.code) == ("app", 40101)


async def test_refreshing_what_never_ends_is_refused(sandbox: AccountSandbox, api: BusinessApi) -> None:
    with pytest.raises(ApiRefused) as refused:
        await refresh(api, APP, "a-refresh-token")
    assert refused.value.verdict.code == 40107


async def test_a_token_that_ends_is_renewed_with_its_refresh_token(sandbox: AccountSandbox, api: BusinessApi) -> None:
    app = DeveloperApp("7000000000000000401", "s")
    sandbox.load(advertiser(), apps=[{"app_id": app.app_id, "secret": app.secret, "expires_in": 86_400}])
    first = await exchange(api, app, login(sandbox, app))
    assert first.expires_in_s is not None
    assert 86_390 <= first.expires_in_s <= 86_400
    assert first.refresh_token
    second = await refresh(api, app, first.refresh_token)
    assert second.access_token != first.access_token
    assert await listed_advertisers(api, app, second.access_token)
    with pytest.raises(ApiRefused):
        await listed_advertisers(api, app, first.access_token)


async def test_a_revoked_token_is_dead_under_http_200(sandbox: AccountSandbox, api: BusinessApi) -> None:
    sandbox.load(advertiser())
    token = (await exchange(api, APP, login(sandbox))).access_token
    await revoke(api, APP, token)
    with pytest.raises(ApiRefused) as refused:
        await listed_advertisers(api, APP, token)
    assert (refused.value.kind, refused.value.verdict.code) == ("reconnect", 40105)
    with pytest.raises(ApiRefused):
        await revoke(api, APP, token)


async def test_a_login_without_an_advertiser_lists_none(sandbox: AccountSandbox, api: BusinessApi) -> None:
    token = await exchange(api, APP, login(sandbox))
    assert token.advertiser_ids == ()
    assert await listed_advertisers(api, APP, token.access_token) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            '{"access_token":"T","advertiser_ids":["7000000000000000001"],"scope":[1,4,7224195155857866754]}',
            Token(access_token="T", scopes=("1", "4", "7224195155857866754"), advertiser_ids=("7000000000000000001",)),
        ),
        (
            '{"access_token":"T","scope":"1,4","expires_in":0,"refresh_token":""}',
            Token(access_token="T", scopes=("1", "4")),
        ),
        (
            '{"access_token":"T","expires_in":"86400","refresh_token":"R","advertiser_ids":[7000000000000000001]}',
            Token(access_token="T", expires_in_s=86400, refresh_token="R", advertiser_ids=("7000000000000000001",)),
        ),
        ('{"access_token":"T","scope":null,"expires_in":-1,"advertiser_ids":"x"}', Token(access_token="T")),
    ],
    ids=["as captured", "scopes in one text", "numbers and texts", "nonsense"],
)
async def test_an_answer_is_read_as_it_comes(
    sandbox: AccountSandbox, api: BusinessApi, data: str, expected: Token
) -> None:
    sandbox.fault("oauth2/access_token", body=f'{{"code":0,"message":"OK","data":{data}}}')
    assert await exchange(api, APP, "code") == expected


@pytest.mark.parametrize("data", ["{}", "[]", '{"access_token":""}', '{"access_token":5}'])
async def test_a_success_without_a_token_is_none(sandbox: AccountSandbox, api: BusinessApi, data: str) -> None:
    sandbox.fault("oauth2/access_token", body=f'{{"code":0,"message":"OK","data":{data}}}')
    with pytest.raises(NoToken):
        await exchange(api, APP, "code")


def test_secrets_do_not_show_in_what_is_printed() -> None:
    token = Token(access_token="T0KEN", refresh_token="REFR")
    assert "T0KEN" not in repr(token)
    assert "REFR" not in repr(token)
    assert APP.secret not in repr(APP)
