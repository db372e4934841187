"""An app's connection, as an operator sees and changes it."""

from dataclasses import replace

import pytest

from admin.apps import create_app
from admin.connection_health import connection_status
from admin.pixels import PixelToAdd, add_pixel, list_pixels, validate_pixel
from admin.refusal import Refused
from admin.session import Session
from admin.tiktok_accounts import (
    begin_connect,
    disconnect,
    list_advertiser_pixels,
    list_advertisers,
    use_advertiser,
)
from ledger.advertisers import set_advertiser_state
from ledger.grants import all_grants, get_grant
from tests.account_sandbox import (
    APP,
    COFFEE,
    COFFEE_PIXEL,
    TEA,
    TEA_PIXEL,
    AccountSandbox,
    advertiser,
    coffee,
)
from tests.admin.logins import EVENTS_TOKEN, connect

pytestmark = pytest.mark.anyio


async def test_without_a_developer_app_the_way_out_is_named(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    with pytest.raises(Refused) as refused:
        await begin_connect(session, app_id)
    assert refused.value.field == "TIKTOK_APP_ID"
    assert "http://127.0.0.1:8002/oauth/tiktok/callback as a redirect URL" in str(refused.value)


async def test_the_address_to_log_in_at_follows_tiktok_api_url(connectable: Session, app_id: str) -> None:
    url = (await begin_connect(connectable, app_id))["url"]
    assert url.startswith(f"{connectable.settings.tiktok_api_url}/portal/auth?app_id={APP.app_id}&state=")
    with pytest.raises(Refused, match="there is no app"):
        await begin_connect(connectable, "app_none")


async def test_advertisers_are_listed_and_one_is_chosen(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee())
    await connect(connectable, sandbox, app_id)
    items = await list_advertisers(connectable, app_id)
    assert items[1] == {
        "advertiser_id": TEA,
        "name": "Tea",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "selected": False,
        "status": "STATUS_ENABLE",
        "role": "",
        "state": "ok",
        "reason": "",
    }
    assert (await use_advertiser(connectable, app_id, TEA))["selected"]
    assert [item["selected"] for item in await list_advertisers(connectable, app_id)] == [False, True]
    with pytest.raises(Refused, match=rf"^advertiser: .*'7999'; it reaches {COFFEE} \(Coffee\), {TEA}"):
        await use_advertiser(connectable, app_id, "7999")


async def test_what_was_shared_since_is_listed_without_a_new_login(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    sandbox.load(advertiser(), coffee())
    assert {item["advertiser_id"] for item in await list_advertisers(connectable, app_id)} == {TEA, COFFEE}


async def test_one_that_vanished_is_shown_red_and_cannot_be_chosen(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee())
    await connect(connectable, sandbox, app_id)
    await use_advertiser(connectable, app_id, TEA)
    sandbox.load(coffee())
    states = {item["advertiser_id"]: item["state"] for item in await list_advertisers(connectable, app_id)}
    assert states == {TEA: "missing", COFFEE: "ok"}
    status = await connection_status(connectable, app_id)
    assert (status["health"], status["advertiser_id"]) == ("red", TEA)
    assert "no longer lists it" in status["reason"]
    with pytest.raises(Refused, match="does not reach"):
        await use_advertiser(connectable, app_id, TEA)


async def test_pixels_of_the_chosen_advertiser_are_offered_with_who_uses_them(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(), coffee())
    await connect(connectable, sandbox, app_id)
    assert {item["pixel_code"] for item in await list_advertiser_pixels(connectable, app_id)} == {
        TEA_PIXEL,
        COFFEE_PIXEL,
    }
    await use_advertiser(connectable, app_id, TEA)
    [pixel] = await list_advertiser_pixels(connectable, app_id)
    assert pixel == {
        "pixel_code": TEA_PIXEL,
        "pixel_id": "7000000000000000201",
        "name": "Tea pixel",
        "advertiser_id": TEA,
        "relation": "",
        "warning": "",
    }
    other = (await create_app(connectable, "Other", {}))["app_id"]
    await add_pixel(connectable, PixelToAdd(other, TEA_PIXEL, EVENTS_TOKEN), validate=False)
    [pixel] = await list_advertiser_pixels(connectable, app_id)
    assert pixel["warning"].startswith(f"{other} uses this pixel too: TikTok advises a fresh pixel per app")


async def test_disconnecting_ends_the_token_at_tiktok_and_leaves_pixels_and_history(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL, EVENTS_TOKEN), validate=False)
    pixels = await list_pixels(connectable)
    assert await disconnect(connectable, app_id) == {"app_id": app_id, "revoked": True, "reason": ""}
    assert await get_grant(connectable.database, app_id) is None
    assert sandbox.client.get("/_sandbox/grants").json()["items"] == []
    assert await list_pixels(connectable) == pixels
    assert [item["advertiser_id"] for item in await list_advertisers(connectable, app_id)] == [TEA]
    with pytest.raises(Refused, match="is not connected"):
        await disconnect(connectable, app_id)


async def test_disconnecting_goes_on_where_tiktok_does_not_take_it(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    sandbox.fault("oauth2/revoke_token", status=502)
    done = await disconnect(connectable, app_id)
    assert not done["revoked"]
    assert "HTTP 502" in done["reason"]
    assert "not revoked at TikTok" in connectable.notes[-1]
    assert await get_grant(connectable.database, app_id) is None


async def test_a_token_that_another_app_or_a_pixel_uses_is_not_revoked(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL), validate=True)
    done = await disconnect(connectable, app_id)
    assert not done["revoked"]
    assert "pixel px_" in done["reason"]
    [pixel] = await list_pixels(connectable)
    assert (await validate_pixel(connectable, pixel["pixel_id"]))["outcome"] == "delivered"


async def test_pixel_tokens_and_the_grant_are_two_credentials(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    await add_pixel(connectable, PixelToAdd(app_id, TEA_PIXEL, EVENTS_TOKEN), validate=False)
    await connectable.database.execute("DELETE FROM pixels")
    assert (await connection_status(connectable, app_id))["health"] == "green"
    assert len(await all_grants(connectable.database)) == 1


async def test_acts_leave_entries_without_secrets(connectable: Session, sandbox: AccountSandbox, app_id: str) -> None:
    sandbox.load(advertiser(), coffee())
    await connect(replace(connectable, notes=[]), sandbox, app_id)
    await use_advertiser(connectable, app_id, TEA)
    await disconnect(connectable, app_id)
    rows = await connectable.database.fetch("SELECT act, after FROM audit_log WHERE act LIKE 'tiktok.%' ORDER BY at")
    assert [row["act"] for row in rows] == ["tiktok.connect", "tiktok.use", "tiktok.disconnect"]
    assert "access_token" not in repr(rows)


async def test_what_was_refused_to_one_login_is_not_held_against_the_next(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    """Of an ad account that another app reads, nobody else would ask with this one's login."""
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    await set_advertiser_state(connectable.database, app_id, TEA, "refused", "40001: no permission for reports")
    assert (await connection_status(connectable, app_id))["health"] == "red"
    await connect(connectable, sandbox, app_id)
    assert (await connection_status(connectable, app_id))["health"] == "green"
