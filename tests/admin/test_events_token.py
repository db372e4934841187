"""A pixel that sends with the token of the app's connection."""

import pytest

from admin.pixels import PixelToAdd, add_pixel
from admin.refusal import Refused
from admin.session import Session
from tests.account_sandbox import TEA_PIXEL, AccountSandbox, advertiser
from tests.admin.logins import grant
from tiktok.oauth import Token

pytestmark = pytest.mark.anyio


async def test_the_connections_token_sends_events_only_where_it_may(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    with pytest.raises(Refused, match=r"^token: paste the Events API token"):
        await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL))
    sandbox.load(advertiser())
    narrow = Token(access_token=sandbox.grant(), scopes=("1", "4"))
    await grant(connectable, app_id, narrow)
    with pytest.raises(Refused, match=r"^token: the connection does not hold TikTok's permission Measurement"):
        await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL))
    ending = Token(access_token=sandbox.grant(), scopes=("5",), expires_in_s=86_400)
    await grant(connectable, app_id, ending)
    with pytest.raises(Refused, match=r"^token: the connection's token ends"):
        await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL))
