"""Deliveries of a pixel that is held or disabled, and the probes that resume it."""

from datetime import timedelta

import httpx
import pytest

from forwarder.delivering.delivery import Batch, deliver_batch, probe
from ledger.pixel_state import take_probes
from ledger.pixels import token_record
from tests.forwarder.delivering.scene import KEYRING, PIXEL, PIXEL_REF, TOKEN, Scene, deliver, rows_of_request

pytestmark = pytest.mark.anyio


async def test_a_revoked_token_holds_the_pixel_and_a_probe_resumes_it(scene: Scene) -> None:
    ids = await scene.deliveries(3)
    await scene.sandbox.revoke()
    await deliver(scene)
    shown = await scene.show(ids[0])
    assert (shown.item.state, shown.item.attempts) == ("held", 0)
    assert shown.item.reason.startswith("40105")
    assert await deliver(scene) == Batch(0, 0)
    await scene.sandbox.restore()
    scene.clock.turn(seconds=61)
    assert await take_probes(scene.pool, scene.clock.now) == [PIXEL_REF]
    assert await probe(scene.delivery_context, PIXEL_REF) == Batch(1, 1)
    assert await deliver(scene) == Batch(2, 2)
    assert await scene.states() == {"delivered": 3}


async def test_a_refusal_of_a_token_that_was_replaced_meanwhile_holds_nothing(scene: Scene) -> None:
    delivery = await scene.delivery("e1")

    async def replace_and_refuse(_: httpx.Request) -> httpx.Response:
        await scene.set_pixel(token_encrypted=KEYRING.encrypt(TOKEN, token_record(PIXEL)), state="ok")
        return httpx.Response(200, stream=httpx.ByteStream(b'{"code": 40105, "message": "Access token is incorrect."}'))

    await deliver_batch(scene.context_answered_by(replace_and_refuse), PIXEL_REF)
    assert (await scene.pixel())["state"] == "ok"
    assert await deliver(scene) == Batch(1, 1)
    assert (await scene.state(delivery))[0] == "delivered"


async def test_a_held_pixel_is_probed_once_a_minute_with_one_delivery(scene: Scene) -> None:
    await scene.deliveries(3)
    await scene.sandbox.revoke()
    await deliver(scene)
    assert await take_probes(scene.pool, scene.clock.now) == []
    scene.clock.turn(seconds=60)
    assert await take_probes(scene.pool, scene.clock.now) == [PIXEL_REF]
    assert await take_probes(scene.pool, scene.clock.now) == []
    await probe(scene.delivery_context, PIXEL_REF)
    latest = (await scene.sandbox.requests())[0]
    assert len(rows_of_request(latest)) == 1
    assert (await scene.pixel())["state"] == "held"


async def test_being_held_for_days_does_not_use_up_the_48_hours(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.revoke()
    await deliver(scene)
    scene.clock.turn(days=3)
    await scene.sandbox.restore()
    await probe(scene.delivery_context, PIXEL_REF)
    assert (await scene.state(delivery))[0] == "delivered"


async def test_a_probe_passes_over_what_is_not_to_be_sent(scene: Scene) -> None:
    await scene.delivery(
        "denied", body={"consent": {"marketing": "denied"}}, due_at=scene.clock.now - timedelta(hours=1)
    )
    delivery = await scene.delivery("e2", "i2")
    await scene.set_pixel(state="held")
    await probe(scene.delivery_context, PIXEL_REF)
    assert (await scene.state(delivery))[0] == "delivered"


async def test_a_token_that_no_key_opens_holds_the_pixel(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.set_pixel(token_encrypted=b"x" * 40)
    await deliver(scene)
    state, reason = await scene.state(delivery)
    assert state == "held"
    assert "SECRET_KEY" in reason


async def test_deliveries_of_a_disabled_pixel_are_held_and_come_back(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.set_pixel(enabled=False)
    assert await deliver(scene) == Batch(0, 0)
    assert await scene.state(delivery) == ("held", "pixel disabled")
    await scene.set_pixel(enabled=True)
    await deliver(scene)
    assert (await scene.state(delivery))[0] == "delivered"
