"""Imports while TikTok refuses, throttles, breaks, or is slow: what is kept, and when they go on."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ad_accounts.quota import Quota
from ledger.advertisers import selected_of
from ledger.grants import get_grant
from ledger.spend_progress import ImportLease, take_lease
from tests.ad_accounts.import_scene import APP, NOW, ImportScene, spent
from tests.sandbox.accounts.examples import ACCESS, ADVERTISER

pytestmark = pytest.mark.anyio

TODAY, YESTERDAY = date(2026, 11, 20), date(2026, 11, 19)


async def test_a_dead_token_breaks_the_grant_and_a_new_one_goes_on_at_once(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.turns()
    await scene.client.post("/_sandbox/tokens/revoke", json={"token": ACCESS})
    scene.clock.turn(hours=1)
    await scene.turns()
    grant = await get_grant(scene.pool, APP)
    assert grant is not None
    assert grant.state == "broken"
    assert "40105" in grant.reason
    assert await scene.days() == {TODAY: Decimal(2)}
    scene.clock.turn(days=1)
    assert await scene.due() == []
    await scene.client.post("/_sandbox/tokens/restore", json={"token": ACCESS})
    await scene.pool.execute("UPDATE tiktok_grants SET state = 'ok', reason = ''")
    await scene.turns()
    assert (await scene.progress()).error == ""


async def test_an_advertiser_that_vanished_turns_red_keeps_its_history_and_comes_back(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.turns()
    await scene.client.post("/_sandbox/grants", json={"access_token": ACCESS, "advertiser_ids": []})
    scene.clock.turn(hours=1)
    await scene.turns()
    one = await selected_of(scene.pool, APP)
    assert one is not None
    assert one.state == "refused"
    assert ADVERTISER in one.reason
    grant = await get_grant(scene.pool, APP)
    assert grant is not None
    assert grant.state == "ok"
    assert await scene.days() == {TODAY: Decimal(2)}
    await scene.client.post("/_sandbox/grants", json={"access_token": ACCESS})
    scene.clock.turn(hours=1)
    await scene.turns()
    one = await selected_of(scene.pool, APP)
    assert one is not None
    assert (one.state, one.reason) == ("ok", "")


async def test_one_missing_right_does_not_turn_everything_red(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.client.post("/_sandbox/grants", json={"access_token": ACCESS, "scope": [4]})
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}
    progress = await scene.progress()
    assert "/campaign/get/:GET" in progress.error
    assert (progress.failures, progress.entities_at) == (0, None)
    one = await selected_of(scene.pool, APP)
    assert one is not None
    assert one.state == "ok"


async def test_a_throttle_by_the_second_is_waited_for(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.fault(endpoint="/report/integrated/get/", times=3, code=40016)
    await scene.turn()
    assert scene.clock.now == NOW + timedelta(seconds=7)
    assert await scene.days() == {TODAY: Decimal(2)}


async def test_a_throttle_by_the_minute_pauses_the_import_of_the_advertiser(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.client.post("/_sandbox/limits", json={"qpm": 2})
    await scene.turn()
    progress = await scene.progress()
    assert progress.paused_until == NOW + timedelta(minutes=5)
    assert progress.failures == 0
    assert await scene.due() == []
    await scene.client.post("/_sandbox/limits", json={})
    scene.clock.turn(minutes=5)
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}


async def test_a_transient_fault_backs_off_and_is_made_good(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    for failures, wait in ((1, 1), (2, 2), (3, 4)):
        await scene.fault(endpoint="/report/integrated/get/", times=3, code=50000)
        await scene.turn()
        progress = await scene.progress()
        assert (progress.failures, progress.due_at) == (failures, scene.clock.now + timedelta(minutes=wait))
        scene.clock.now = progress.due_at
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}
    assert (await scene.progress()).failures == 0


async def test_one_fault_in_a_long_list_does_not_begin_it_anew(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.fault(endpoint="/report/integrated/get/", times=2, code=50000)
    await scene.turn()
    assert (await scene.progress()).failures == 0
    assert scene.clock.now == NOW + timedelta(seconds=5)


class Slow(Quota):
    """Each call takes two minutes, and another worker looks around before it."""

    def __init__(self, scene: ImportScene) -> None:
        super().__init__(scene.clock)
        self.scene = scene
        self.taken: list[bool] = []

    async def take(self) -> None:
        self.scene.clock.turn(minutes=2)
        other = await take_lease(self.scene.pool, ImportLease(ADVERTISER, "other"), self.scene.clock())
        self.taken.append(other is not None)


async def test_a_report_that_takes_longer_than_a_lease_keeps_it(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    quota = Slow(scene)
    await scene.turn(scene.new_context(quota=quota))
    assert len(quota.taken) > 5
    assert not any(quota.taken)
    assert await scene.days() == {TODAY: Decimal(2)}


async def test_who_has_lost_the_lease_asks_for_no_more(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))

    class Suspended(Slow):
        async def take(self) -> None:
            if len(self.taken) == 3:
                self.scene.clock.turn(minutes=10)
            await super().take()

    quota = Suspended(scene)
    await scene.turn(scene.new_context(quota=quota))
    assert quota.taken == [False, False, False, True]
    assert scene.outcomes == ["lost"]
    assert (await scene.progress()).lease == "other"
    assert await scene.days() == {}


async def test_an_ad_whose_texts_hold_what_nobody_typed_does_not_stop_the_import(scene: ImportScene) -> None:
    """Half an emoji in a name, NUL in a parameter."""
    await scene.load(spent("2026-11-20 09", "2.00"))
    ad = rb"""{"ad_id":"1800000000000003","adgroup_id":"1800000000000002","campaign_id":"1800000000000001",
        "ad_name":"Sale \ud83d","operation_status":"ENABLE","utm_params":[{"key":"utm_term","value":"a\u0000b"}]}"""
    body = b'{"code":0,"message":"OK","data":{"list":[%s],"page_info":{}}}' % ad
    await scene.fault(endpoint="/ad/get/", times=1, body=body.decode())
    await scene.turns()
    assert await scene.days() == {TODAY: Decimal(2)}
    row = await scene.pool.fetchrow("SELECT name, body FROM ads WHERE ad_id = '1800000000000003'")
    assert tuple(row) == ("Sale \ufffd", {"utm_params": [{"key": "utm_term", "value": "ab"}]})
    assert (await scene.progress()).error == ""


async def test_a_report_that_is_told_in_part_changes_nothing(scene: ImportScene) -> None:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.turns()
    scene.clock.turn(hours=1)
    body = '{"code":20001,"message":"Partially successful","data":{"list":[],"page_info":{}}}'
    await scene.fault(endpoint="/report/integrated/get/", times=3, body=body)
    await scene.turn()
    assert await scene.days() == {TODAY: Decimal(2)}
    assert "20001" in (await scene.progress()).error
