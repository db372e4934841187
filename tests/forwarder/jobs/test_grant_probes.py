"""The worker asks after grants, and sends whatever becomes of them."""

from datetime import timedelta

import pytest

from ad_accounts.account_side import AccountSide
from ad_accounts.connecting import sealed
from ad_accounts.grant_health import probe_due_grants
from forwarder.jobs.alerts import alerts_by_kind, watch_grants
from ledger.grants import get_grant, store_grant
from tests.account_sandbox import APP as DEVELOPER_APP
from tests.forwarder.delivering.scene import APP, Scene, deliver
from tiktok.business_api import BusinessApi, business_client
from tiktok.oauth import Token

pytestmark = pytest.mark.anyio


async def test_a_grant_that_died_is_red_and_deliveries_flow(scene: Scene) -> None:
    keyring, now = scene.delivery_context.keyring, scene.clock.now
    await store_grant(scene.pool, sealed(keyring, APP, Token(access_token="dead-0123456789"), now), now)
    await scene.deliveries(3)
    scene.clock.turn(hours=24)
    async with business_client() as client:
        side = AccountSide(scene.pool, keyring, BusinessApi(client, scene.sandbox.url), DEVELOPER_APP)
        await probe_due_grants(side, scene.clock)
    await watch_grants(scene.pool, scene.clock())
    grant = await get_grant(scene.pool, APP)
    assert grant is not None
    assert (grant.state, grant.probe_at) == ("broken", scene.clock() + timedelta(hours=1))
    assert await alerts_by_kind(scene.pool) == {"tiktok_grant_broken": 1}
    await deliver(scene)
    assert (await scene.pixel())["state"] == "ok"
    assert "delivered" in await scene.states()
    assert "held" not in await scene.states()
