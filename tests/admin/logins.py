"""Logins at the sandbox, finished as the console finishes them."""

from datetime import UTC, datetime

from ad_accounts.connecting import sealed
from admin.session import Session
from admin.tiktok_accounts import begin_connect
from admin.tiktok_callback import Callback, Connected, finish_connect
from ledger.grants import store_grant
from tests.account_sandbox import AccountSandbox
from tiktok.oauth import Token

EVENTS_TOKEN = "an-events-token-0123456789abcdef"


async def connect(session: Session, sandbox: AccountSandbox, app_id: str) -> Connected:
    back = sandbox.login((await begin_connect(session, app_id))["url"])
    return await finish_connect(session, Callback(back["auth_code"], back["state"]))


async def grant(session: Session, app_id: str, token: Token) -> None:
    now = datetime.now(UTC)
    await store_grant(session.database, sealed(session.keyring, app_id, token, now), now)


async def dead(session: Session, app_id: str) -> None:
    """The app's grant is one that TikTok no longer takes."""
    await grant(session, app_id, Token(access_token="dead-0123456789"))
