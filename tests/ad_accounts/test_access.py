"""The token of an app's grant, and what TikTok's answers say of it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ad_accounts.access import note_refusal, note_success, open_access
from config.secrets import Keyring, SecretError
from tests.account_sandbox import AccountSandbox, account_sandbox
from tests.ad_accounts.account_scene import KEYRING, AccountScene, opened_account_scene
from tests.forwarder.delivering.scene import APP
from tests.ledger.rows import SECOND_APP
from tests.tiktok.test_account_refusals import said
from tiktok.account_refusals import refusal_of
from tiktok.oauth import Token

pytestmark = pytest.mark.anyio

TOKEN = Token(access_token="a-token-0123456789", refresh_token="a-refresh-token-0123456789")


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
async def scene(database_url: str, sandbox: AccountSandbox) -> AsyncIterator[AccountScene]:
    async with opened_account_scene(database_url, sandbox) as opened_scene:
        yield opened_scene


async def test_a_token_is_kept_encrypted_and_bound_to_its_app(scene: AccountScene) -> None:
    await scene.granted(TOKEN)
    row = await scene.pool.fetchrow("SELECT * FROM tiktok_grants")
    for secret in ("a-token", "a-refresh-token"):
        assert secret not in repr(dict(row))
    access = await open_access(scene.pool, KEYRING, APP)
    assert access is not None
    assert access.token == TOKEN.access_token
    assert await open_access(scene.pool, KEYRING, SECOND_APP) is None
    await scene.pool.execute("UPDATE tiktok_grants SET app_id = $1", SECOND_APP)
    with pytest.raises(SecretError):
        await open_access(scene.pool, KEYRING, SECOND_APP)


async def test_a_rotated_key_opens_it_while_the_old_one_is_on_the_list(scene: AccountScene) -> None:
    await scene.granted(TOKEN)
    rotated = await open_access(scene.pool, Keyring((b"n" * 32, *KEYRING.keys)), APP)
    assert rotated is not None
    assert rotated.token == TOKEN.access_token
    with pytest.raises(SecretError):
        await open_access(scene.pool, Keyring((b"n" * 32,)), APP)


@pytest.mark.parametrize(
    ("code", "broken"), [(40105, True), (40102, True), (40001, False), (40100, False), (40101, False), (50000, False)]
)
async def test_only_a_refusal_of_the_grant_itself_breaks_it(scene: AccountScene, code: int, broken: bool) -> None:
    access = await scene.granted(TOKEN)
    refused = refusal_of(said(code, "words"))
    assert refused is not None
    assert await note_refusal(scene.pool, access, refused, scene.now) is broken
    grant = await scene.grant()
    assert (grant.state, grant.reason) == (("broken", f"{code}: words") if broken else ("ok", ""))


async def test_a_token_that_works_heals_the_grant(scene: AccountScene) -> None:
    refused = refusal_of(said(40105, "dead"))
    assert refused is not None
    await note_refusal(scene.pool, await scene.granted(TOKEN), refused, scene.now)
    access = await open_access(scene.pool, KEYRING, APP)
    assert access is not None
    await note_success(scene.pool, access, scene.now)
    assert (await scene.grant()).state == "ok"
