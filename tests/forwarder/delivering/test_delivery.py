"""Batches on their way to TikTok, against the sandbox and a real ledger."""

from datetime import timedelta

import pytest

from forwarder.delivering.delivery import Batch, deliver_batch
from ledger.delivery_replay import replay
from ledger.pixels import PixelSettings
from tests.forwarder.delivering.scene import CLICK, PIXEL_REF, Scene, deliver, rows_of_request
from tests.layouts import ON_BOTH

pytestmark = [pytest.mark.anyio, ON_BOTH]


# -- delivered


async def test_a_conversion_arrives_with_the_ttclid_of_its_click(scene: Scene) -> None:
    await scene.install(click=CLICK)
    delivery = await scene.delivery("e1")
    await deliver(scene)
    (event,) = (await scene.sandbox.events())["items"]
    assert event["payload"]["user"]["ttclid"] == "E.C.P.abc"
    assert event["event_id"] == "sent-e1"
    assert await scene.state(delivery) == ("delivered", "")


async def test_the_log_keeps_what_tiktok_answered(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await deliver(scene)
    shown = await scene.show(delivery)
    (entry,) = shown.log
    assert (entry.outcome, entry.status, entry.code) == ("delivered", 200, 0)
    assert shown.item.request_id == entry.request_id != ""
    assert shown.item.attempts == 1
    assert shown.item.delivered_at is not None


async def test_a_batch_is_one_request_with_the_oldest_first(scene: Scene) -> None:
    await scene.delivery("young", due_at=scene.clock.now - timedelta(minutes=1))
    await scene.delivery("old", due_at=scene.clock.now - timedelta(minutes=2))
    await scene.delivery("later", due_at=scene.clock.now + timedelta(minutes=1))
    assert await deliver(scene) == Batch(2, 2)
    (request,) = await scene.sandbox.requests()
    assert rows_of_request(request) == ["sent-old", "sent-young"]


async def test_a_pixel_with_a_test_event_code_tags_the_whole_request(scene: Scene) -> None:
    await scene.set_pixel(test_event_code="TEST123")
    await scene.delivery("e1")
    await deliver(scene)
    assert (await scene.sandbox.events())["test_events"] == 1


async def test_a_success_makes_an_unvalidated_pixel_ok(scene: Scene) -> None:
    await scene.delivery("e1")
    await deliver(scene)
    assert (await scene.pixel())["state"] == "ok"


async def test_a_partial_success_is_a_success_but_for_the_rows_it_names(scene: Scene) -> None:
    first, second = await scene.deliveries(2)
    await scene.sandbox.fault(code=20001, message="data.1.properties: Not a valid object")
    await deliver(scene)
    assert (await scene.state(first))[0] == "delivered"
    assert await scene.state(second) == ("dead", "20001: data.1.properties: Not a valid object")


async def test_a_partial_success_is_settled_by_its_details(scene: Scene) -> None:
    ids = await scene.deliveries(4)
    await scene.sandbox.fault(code=20001, rows=[0, 2])
    await deliver(scene)
    assert [(await scene.state(one))[0] for one in ids] == ["dead", "delivered", "dead", "delivered"]
    taken = {event["event_id"] for event in (await scene.sandbox.events())["items"]}
    assert taken == {"sent-e1", "sent-e3"}
    assert "failed_rows" in ((await scene.show(ids[1])).item.last_message or "")


# -- retried


async def test_no_answer_is_retried_with_the_same_bytes(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(drop="after")
    await deliver(scene)
    assert (await scene.state(delivery))[0] == "due"
    await scene.install(user={"email": "late@example.com"}, click=CLICK)
    scene.clock.turn(seconds=5)
    await deliver(scene)
    second, first = await scene.sandbox.requests()
    assert first["body"] == second["body"]
    assert (await scene.state(delivery))[0] == "delivered"
    assert (await scene.sandbox.events())["unique"] == 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"code": 50000}, {"body": "{torn"}], ids=["503", "50000", "torn"])
async def test_a_failure_of_tiktoks_waits_five_seconds(scene: Scene, fault: dict[str, object]) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(**fault)
    await deliver(scene)
    item = (await scene.show(delivery)).item
    assert (item.state, item.attempts) == ("due", 1)
    assert item.next_attempt_at == scene.clock.now + timedelta(seconds=5)


async def test_an_answer_that_does_not_come_in_time_is_unknown(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(delay_s=30)
    await deliver_batch(scene.context_sending_to(scene.sandbox.url, deadline_s=0.2), PIXEL_REF)
    shown = await scene.show(delivery)
    assert [entry.outcome for entry in shown.log] == ["unknown"]
    assert shown.item.state == "due"


async def test_a_connection_that_is_refused_does_not_start_the_48_hours(scene: Scene, free_port: int) -> None:
    await scene.delivery("e1")
    await deliver_batch(scene.context_sending_to(f"http://127.0.0.1:{free_port}"), PIXEL_REF)
    assert await scene.pool.fetchval("SELECT maybe_arrived_at FROM deliveries") is None
    assert await scene.pool.fetchval("SELECT attempts FROM deliveries") == 1


async def test_an_outage_of_an_hour_is_not_stormed(scene: Scene) -> None:
    await scene.sandbox.fault(status=503, times=1000)
    await scene.deliveries(3)
    for _ in range(720):
        await deliver(scene)
        scene.clock.turn(seconds=5)
    assert len(await scene.sandbox.requests()) <= 6
    assert (await scene.states()) == {"due": 3}


async def test_after_an_outage_what_waits_goes_out_at_once_and_loses_no_try(scene: Scene) -> None:
    await scene.sandbox.fault(status=503, times=1000)
    await scene.deliveries(3)
    for _ in range(60):  # five minutes: each waits half an hour or longer for its next turn
        await deliver(scene)
        scene.clock.turn(seconds=5)
    tries = [row["attempts"] for row in await scene.pool.fetch("SELECT attempts FROM deliveries")]
    assert min(tries) >= 2
    await scene.sandbox.clear_faults()
    await scene.delivery("new")
    for _ in range(3):
        await deliver(scene)
        scene.clock.turn(seconds=1)
    assert await scene.states() == {"delivered": 4}


# -- throttled


async def test_a_throttled_pixel_pauses_and_burns_no_attempt(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(code=40100, message="Too many requests: QPS limit")
    await deliver(scene)
    assert (await scene.show(delivery)).item.attempts == 0
    assert await deliver(scene) == Batch(0, 0)
    scene.clock.turn(seconds=1)
    assert await deliver(scene) == Batch(1, 1)
    assert (await scene.state(delivery))[0] == "delivered"


async def test_pauses_double_until_a_send_succeeds(scene: Scene) -> None:
    await scene.delivery("e1")
    await scene.sandbox.fault(code=40100, times=3)
    pauses = []
    for _ in range(3):
        await deliver(scene)
        pauses.append((await scene.pixel())["paused_until"] - scene.clock.now)
        scene.clock.turn(seconds=pauses[-1].total_seconds())
    assert [pause.total_seconds() for pause in pauses] == [1, 2, 4]
    await deliver(scene)
    assert (await scene.pixel())["throttle_step"] == 0


# -- prepared


async def test_an_event_that_cannot_be_built_does_not_stop_its_neighbours(scene: Scene) -> None:
    broken = await scene.delivery("broken", body={"user": "not an object"})
    fine = await scene.delivery("fine")
    await deliver(scene)
    assert (await scene.state(broken))[0] == "dead"
    assert (await scene.state(broken))[1].startswith("cannot be built")
    assert (await scene.state(fine))[0] == "delivered"


async def test_consent_withdrawn_before_the_send_suppresses_it(scene: Scene) -> None:
    await scene.install(consent={"marketing": "granted"})
    delivery = await scene.delivery("e1")
    await scene.install(consent={"marketing": "denied"})
    await deliver(scene)
    assert await scene.state(delivery) == ("suppressed", "consent denied")
    assert await scene.sandbox.requests() == []


async def test_consent_withdrawn_between_two_sends_suppresses_the_second(scene: Scene) -> None:
    await scene.install()
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(status=503)
    await deliver(scene)
    await scene.install(consent={"marketing": "denied"})
    scene.clock.turn(seconds=5)
    await deliver(scene)
    assert await scene.state(delivery) == ("suppressed", "consent denied")
    assert len(await scene.sandbox.requests()) == 1


async def test_an_install_that_nobody_announced_is_found_by_an_external_id(scene: Scene) -> None:
    delivery = await scene.delivery("e1", install_id=None, external_ids=["user-9"])
    await scene.install("i9", click=CLICK)
    await scene.pool.execute("UPDATE installs SET external_ids = '{user-9}'")
    await deliver(scene)
    (event,) = (await scene.sandbox.events())["items"]
    assert event["payload"]["user"]["ttclid"] == "E.C.P.abc"
    assert (await scene.show(delivery)).item.install_id == "i9"


async def test_when_the_wait_for_an_install_ends_the_event_goes_unattributed(scene: Scene) -> None:
    in_an_hour = scene.clock.now + timedelta(hours=1)
    delivery = await scene.delivery("e1", "nowhere", due_at=in_an_hour, reason="waiting for install")
    assert await deliver(scene) == Batch(0, 0)
    scene.clock.turn(hours=1)
    await deliver(scene)
    assert (await scene.state(delivery))[0] == "delivered"


async def test_when_the_wait_ends_an_app_that_sends_attributed_only_skips_it(scene: Scene) -> None:
    await scene.set_pixel(settings=PixelSettings(send="attributed"))
    delivery = await scene.delivery("e1", "nowhere")
    await deliver(scene)
    assert await scene.state(delivery) == ("skipped", "not attributed")


# -- replayed


async def test_a_replay_has_the_event_id_it_always_had(scene: Scene) -> None:
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(code=40002, message="data.0.event: Not a valid string")
    await deliver(scene)
    assert (await scene.state(delivery))[0] == "dead"
    await replay(scene.pool, [delivery], scene.clock.now)
    await deliver(scene)
    second, first = await scene.sandbox.requests()
    assert rows_of_request(first) == rows_of_request(second) == ["sent-e1"]
    assert [entry.outcome for entry in (await scene.show(delivery)).log] == ["invalid", "delivered"]


async def test_a_replay_does_not_get_round_a_consent_that_was_withdrawn(scene: Scene) -> None:
    await scene.install()
    delivery = await scene.delivery("e1")
    await scene.sandbox.fault(code=40002)
    await deliver(scene)
    await scene.install(consent={"marketing": "denied"})
    await replay(scene.pool, [delivery], scene.clock.now, force=True)
    await deliver(scene)
    assert await scene.state(delivery) == ("suppressed", "consent denied")
