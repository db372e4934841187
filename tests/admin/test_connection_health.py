"""Whether a connection is in order, as status and doctor show it."""

import pytest

from admin.connection_health import check_connections, connection_status
from admin.session import Session
from admin.tiktok_accounts import list_advertisers
from tests.account_sandbox import TEA, AccountSandbox, advertiser
from tests.admin.logins import connect, dead

pytestmark = pytest.mark.anyio


async def test_status_is_green_red_or_off(connectable: Session, sandbox: AccountSandbox, app_id: str) -> None:
    assert (await connection_status(connectable, app_id))["health"] == "off"
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    green = await connection_status(connectable, app_id)
    assert (green["health"], green["reason"], green["fix"], green["advertiser_id"]) == ("green", "", "", TEA)
    assert {"scope": "4", "name": "Reporting"} in green["scopes"]
    await dead(connectable, app_id)
    await list_advertisers(connectable, app_id)
    assert "40105" in connectable.notes[-1]
    red = await connection_status(connectable, app_id)
    assert red["health"] == "red"
    assert "40105: " in red["reason"]
    assert f"`signalpost tiktok connect --app {app_id}`" in red["fix"]


async def test_doctor_tells_of_a_connection_that_is_broken(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    [check] = await check_connections(connectable.settings)
    assert (check.name, check.ok) == (f"tiktok of {app_id}", True)
    await dead(connectable, app_id)
    await list_advertisers(connectable, app_id)
    [check] = await check_connections(connectable.settings)
    assert not check.ok
    assert "40105" in check.detail
    assert "tiktok connect" in check.fix
