"""An app with a grant at the sandbox, and a clock that is set by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ad_accounts.access import Access, opened
from ad_accounts.account_side import AccountSide
from ad_accounts.connecting import sealed
from config.secrets import Keyring
from ledger.grants import Grant, get_grant, store_grant
from tests.account_sandbox import APP, AccountSandbox
from tests.forwarder.delivering.scene import APP as APP_ID
from tests.ledger.rows import opened_rows
from tiktok.business_api import BusinessApi, business_client
from tiktok.oauth import Token

KEYRING = Keyring((b"k" * 32,))


@dataclass
class AccountScene:
    side: AccountSide
    sandbox: AccountSandbox
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """Near the real time: the sandbox's tokens end by its own clock."""

    @property
    def pool(self) -> Any:
        return self.side.pool

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def granted(self, token: Token | None = None) -> Access:
        """The app has this grant, or one that the sandbox knows."""
        token = token or Token(access_token=self.sandbox.grant(), scopes=("1", "4", "5", "8"))
        await store_grant(self.pool, sealed(KEYRING, APP_ID, token, self.now), self.now)
        return opened(await self.grant(), KEYRING)

    async def grant(self) -> Grant:
        found = await get_grant(self.pool, APP_ID)
        assert found is not None
        return found


@asynccontextmanager
async def opened_account_scene(database_url: str, sandbox: AccountSandbox) -> AsyncIterator[AccountScene]:
    async with opened_rows(database_url) as rows, business_client() as client:
        await rows.second_app()
        yield AccountScene(AccountSide(rows.pool, KEYRING, BusinessApi(client, sandbox.url), APP), sandbox)
