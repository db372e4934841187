"""A pixel is one of the advertiser's that the app is connected with, or it is refused."""

import pytest

from admin.pixels import PixelToAdd, add_pixel, list_pixels, validate_pixel
from admin.refusal import Refused
from admin.session import Session
from admin.tiktok_accounts import use_advertiser
from tests.account_sandbox import COFFEE_PIXEL, TEA, TEA_PIXEL, AccountSandbox, advertiser, coffee
from tests.admin.logins import EVENTS_TOKEN, connect, dead

pytestmark = pytest.mark.anyio


async def test_a_pixel_of_nobodys_is_refused_with_those_there_are(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee())
    await connect(connectable, sandbox, app_id)
    await use_advertiser(connectable, app_id, TEA)
    with pytest.raises(Refused) as refused:
        await add_pixel(connectable, PixelToAdd(app_id, COFFEE_PIXEL, EVENTS_TOKEN))
    assert refused.value.field == "code"
    assert f"{TEA_PIXEL} (Tea pixel)" in str(refused.value)
    assert await list_pixels(connectable) == []
    added = await add_pixel(connectable, PixelToAdd(app_id, COFFEE_PIXEL, EVENTS_TOKEN), validate=False)
    with pytest.raises(Refused, match="not among the pixels"):
        await validate_pixel(connectable, added["pixel_id"])


async def test_a_pixel_that_was_made_a_minute_ago_is_found(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    fresh = {"pixel_id": "7000000000000000209", "pixel_code": "C4FRESH", "token": EVENTS_TOKEN}
    sandbox.load(advertiser(pixels=[fresh]))
    assert (await add_pixel(connectable, PixelToAdd(app_id, "C4FRESH", EVENTS_TOKEN)))["state"] == "ok"


async def test_a_broken_grant_does_not_keep_a_pixel_from_being_validated(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    pixel = {"pixel_id": "7000000000000000209", "pixel_code": "C4OTHER", "token": EVENTS_TOKEN}
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    sandbox.load(advertiser(pixels=[pixel]))
    await dead(connectable, app_id)
    assert (await add_pixel(connectable, PixelToAdd(app_id, "C4OTHER", EVENTS_TOKEN)))["state"] == "ok"
    assert any("was not checked" in note and "40105" in note for note in connectable.notes)
