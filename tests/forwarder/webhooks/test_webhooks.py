"""Webhooks over real engines: believed, kept once with their body, joined to their install, sent on or not."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from forwarder.routing import NOT_MAPPED
from ledger.mappings import set_mappings
from ledger.retention import delete_old
from tests.forwarder.api import APP, KEY, OTHER_APP, Api, opened_api, settings
from tests.forwarder.webhooks.fixtures import PROVIDERS, body, cases
from tests.forwarder.webhooks.posting import connect, delivery, event, post, proof, set_up, taken

pytestmark = pytest.mark.anyio

ATTRIBUTE = {"subscriber_attributes": {"signalpost_install_id": {"value": "i-1"}}}


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        await connect(opened, *PROVIDERS)
        yield opened


async def everything_kept(api: Api) -> int:
    return await api.count("events") + await api.count("webhook_bodies") + await api.count("webhook_sources")


# -- who is believed


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_not_authentic_is_refused_the_same_way_whatever_is_wrong(api: Api, provider: str) -> None:
    sent = cases(provider)[next(iter(cases(provider)))]["body"]
    forged = {"superwall": "whsec_" + "A" * 32}.get(provider, "another secret")
    raw = b"{}"
    answers = [
        await post(api, provider, sent, app_id="app_unknown"),
        await post(api, provider, sent, app_id=OTHER_APP),  # has no secret
        await post(api, provider, raw, **proof(provider, raw, forged)),
        await api.client.post(f"/v1/webhooks/{provider}/{APP}", content=raw),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert await everything_kept(api) == 0


async def test_a_signature_does_not_open_another_body(api: Api) -> None:
    signed = proof("superwall", b"{}")
    assert (await post(api, "superwall", body("superwall", "a trial starts"), **signed)).status_code == 401


async def test_a_secret_that_was_just_set_is_known_at_once(api: Api) -> None:
    await api.pool.execute("UPDATE apps SET secrets = '{}'")
    await api.services.directory.refresh()
    assert (await post(api, "revenuecat", body("revenuecat", "the test button"))).status_code == 401
    await set_up(api, "revenuecat")
    api.services.directory._read_at = 0.0  # its last look was a while ago
    assert (await post(api, "revenuecat", body("revenuecat", "the test button"))).status_code == 200


async def test_a_provider_nobody_knows_is_a_404(api: Api) -> None:
    assert (await api.client.post(f"/v1/webhooks/qonversion/{APP}", content=b"{}")).status_code == 404


# -- answers


async def test_adapty_is_answered_in_json_when_it_checks_the_address(api: Api) -> None:
    empty, word = await post(api, "adapty", {}), await post(api, "adapty", {"adapty_check": "abc"})
    assert (empty.status_code, empty.json()) == (200, {"received": True})
    assert word.json()["adapty_check_response"] == "abc"
    assert await api.count("events") == 0


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[1"], ids=["cut", "not UTF-8", "cut list"])
async def test_a_body_that_is_no_json_is_a_400(api: Api, raw: bytes) -> None:
    assert (await post(api, "revenuecat", raw)).status_code == 400


async def test_a_body_of_a_shape_nobody_documented_is_kept_and_taken(api: Api) -> None:
    await taken(api, "superwall", {"object": "event_v9", "payload": {"kind": "new"}})
    row = await api.pool.fetchrow("SELECT outcome, body FROM webhook_bodies")
    assert (row["outcome"], b"event_v9" in row["body"]) == ("unread", True)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_without_the_ledger_it_is_a_503_so_that_the_provider_tries_again(api: Api, provider: str) -> None:
    await api.pool.execute("ALTER TABLE webhook_bodies RENAME TO away")
    response = await post(api, provider, cases(provider)[next(iter(cases(provider)))]["body"])
    assert response.status_code == 503
    assert await api.count("events") == 0


# -- kept once


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_everything_documented_is_taken_and_its_body_kept(api: Api, provider: str) -> None:
    for number, case in enumerate(cases(provider)):
        own = {"transaction_id": f"tx-{number}", "transactionId": f"tx-{number}", "charge": f"ch_{number}"}
        if provider == "stripe":
            own = {"charge": f"ch_{number}", "id": f"re_{number}"}
        await taken(api, provider, body(provider, case, **own))
    expected = [row["expect"] for row in cases(provider).values()]
    rows = await api.pool.fetch("SELECT name FROM events ORDER BY event_key")
    assert [row["name"] for row in rows] == [one["name"] for one in expected if one["reading"] == "event"]
    outcomes = await api.pool.fetch("SELECT outcome FROM webhook_bodies ORDER BY body_key")
    assert [row["outcome"] for row in outcomes] == [one["reading"] for one in expected]


async def test_a_storm_of_one_event_is_kept_once_and_answered_each_time(api: Api) -> None:
    sent = body("revenuecat", "a trial starts")
    answers = await asyncio.gather(*(post(api, "revenuecat", sent) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert [await api.count(table) for table in ("events", "deliveries", "webhook_bodies", "event_timers")] == [1] * 4


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
async def test_what_a_sandbox_reports_verifies_and_is_never_sent(api: Api, provider: str) -> None:
    await connect(api, revenue_source=provider)
    await taken(api, provider, body(provider, "a sandbox purchase"))
    assert [await api.count("events"), await api.count("deliveries")] == [0, 0]
    assert await api.pool.fetchval("SELECT outcome FROM webhook_bodies") == "test"
    assert await api.pool.fetchval("SELECT provider FROM webhook_sources") == provider


async def test_the_body_is_kept_byte_for_byte_for_thirty_days(api: Api) -> None:
    raw = b'{ "event": {"id": "x", "type": "PAYWALL_SHOWN", "a": 1.50} }'
    await taken(api, "revenuecat", raw)
    now = datetime.now(UTC)
    assert await api.pool.fetchval("SELECT body FROM webhook_bodies") == raw
    await delete_old(api.pool, 180, now + timedelta(days=29))
    assert await api.count("webhook_bodies") == 1
    await delete_old(api.pool, 180, now + timedelta(days=31))
    assert [await api.count("webhook_bodies"), await api.count("events")] == [0, 1]


async def test_a_body_longer_than_a_mebibyte_is_a_413(api: Api) -> None:
    assert (await post(api, "revenuecat", b'{"event": "' + b"x" * (1 << 20) + b'"}')).status_code == 413


# -- whose it is


FOUND_BY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the attribute": ({"subscriber_attributes": {"signalpost_install_id": {"value": "i-#"}}}, {}),
    "the user id": ({"app_user_id": "i-#"}, {}),
    "the original id": ({"app_user_id": "x#", "original_app_user_id": "i-#"}, {}),
    "an alias": ({"app_user_id": "x#", "aliases": ["y#", "i-#"]}, {}),
    "the install's external id": ({"app_user_id": "user-#"}, {"user": {"external_id": "user-#"}}),
    "an alias as external id": ({"app_user_id": "x#", "aliases": ["u#"]}, {"user": {"external_id": ["a#", "u#"]}}),
}  # each # is a number of the case's own


@pytest.mark.parametrize("first", ["install", "webhook"])
async def test_an_event_finds_its_install(api: Api, first: str) -> None:
    await connect(api, revenue_source="revenuecat")
    for number, (by, (ids, fields)) in enumerate(FOUND_BY.items()):
        own, known = (json.loads(json.dumps(part).replace("#", str(number))) for part in (ids, fields))
        strangers = {"original_app_user_id": None, "aliases": []}
        sent = body("revenuecat", "a trial starts", **{**strangers, **own}, id=f"e-{number}")
        if first == "install":
            await api.install(install_id=f"i-{number}", **known)
        await taken(api, "revenuecat", sent)
        if first == "webhook":
            waiting = await api.pool.fetchrow("SELECT * FROM deliveries ORDER BY delivery_id DESC LIMIT 1")
            assert waiting["reason"] == "waiting for install", by
            await api.install(install_id=f"i-{number}", **known)
        row = await api.pool.fetchrow(
            """SELECT e.install_id, e.joined, d.install_id AS sent_for, d.state, d.reason
            FROM events e JOIN deliveries d USING (event_key) WHERE e.event_id = $1""",
            f"revenuecat:e-{number}",
        )
        assert tuple(row) == (f"i-{number}", True, f"i-{number}", "due", ""), by


@pytest.mark.parametrize("first", ["sign-up", "webhook"])
async def test_an_event_finds_its_install_by_an_id_that_another_event_brought(api: Api, first: str) -> None:
    await connect(api, revenue_source="revenuecat")
    await api.install(install_id="i-1")
    sign_up = {"event_id": "e", "install_id": "i-1", "name": "sign_up", "user": {"external_id": "user-7"}}
    if first == "sign-up":
        await api.events(sign_up)
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    if first == "webhook":
        assert (await event(api, "rc_trial_started"))["joined"] is False
        await api.events(sign_up)
    assert (await event(api, "rc_trial_started"))["install_id"] == "i-1"
    assert (await delivery(api, "rc_trial_started"))["reason"] == ""


async def test_an_alias_seen_with_the_attribute_joins_the_events_that_come_without_it(api: Api) -> None:
    await api.install(install_id="i-1")
    await taken(api, "revenuecat", body("revenuecat", "a trial starts", **ATTRIBUTE))
    anonymous = {"app_user_id": "$RCAnonymousID:8069238d6049ce87cc529853916d624c", "original_app_user_id": None}
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", **anonymous, aliases=[]))
    assert (await event(api, "rc_cancellation"))["install_id"] == "i-1"


async def test_nobodys_event_is_kept_unjoined(api: Api) -> None:
    await taken(api, "adapty", body("adapty", "a trial starts"))
    found = await event(api, "adapty_trial_started")
    assert (found["joined"], found["install_id"]) == (False, None)


async def test_an_erased_person_is_not_brought_back_by_a_webhook(api: Api) -> None:
    await api.install(install_id="i-1", user={"external_id": "user-7"})
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await taken(api, "revenuecat", body("revenuecat", "a sandbox purchase"))
    await api.client.delete("/v1/installs?external_id=user-7", headers={"Authorization": f"Bearer {KEY}"})
    assert [await api.count("events"), await api.count("webhook_bodies"), await api.count("person_installs")] == [0] * 3
    await taken(api, "revenuecat", body("revenuecat", "a renewal"))
    await taken(api, "revenuecat", body("revenuecat", "a cancellation", app_user_id="i-1"))
    assert [await api.count("events"), await api.count("webhook_bodies")] == [0, 0]


async def test_an_erasure_takes_every_body_that_names_the_person(api: Api) -> None:
    transfer = {"id": "t", "type": "TRANSFER", "transferred_from": ["user-7"], "transferred_to": ["user-8"]}
    await taken(api, "revenuecat", {"event": transfer})
    await taken(api, "superwall", {"object": "event_v9", "payload": {"user": "user-7"}})
    await taken(api, "superwall", {"object": "event_v9", "payload": {"user": "user-9"}})
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await api.client.delete("/v1/installs?external_id=user-7", headers={"Authorization": f"Bearer {KEY}"})
    left = await api.pool.fetch("SELECT body FROM webhook_bodies")
    assert [b"user-9" in row["body"] for row in left] == [True]


async def test_the_erasure_of_an_install_takes_what_waits_for_it_under_its_id(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "a trial starts", app_user_id="i-1"))
    await api.client.delete("/v1/installs/i-1", headers={"Authorization": f"Bearer {KEY}"})
    assert [await api.count("events"), await api.count("webhook_bodies")] == [0, 0]


# -- one source of revenue


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
async def test_starts_and_sales_go_out_from_the_apps_revenue_source(api: Api, provider: str) -> None:
    await connect(api, revenue_source=provider)
    await taken(api, provider, body(provider, "a subscription starts"))
    (sent,) = await api.deliveries()
    assert (sent["target_event"], sent["state"]) == ("Subscribe", "due")


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
async def test_starts_and_sales_of_any_other_source_are_kept_and_not_sent(api: Api, provider: str) -> None:
    for case in ("a trial starts", "a subscription starts", "a trial converts", "a one-time purchase"):
        await taken(api, provider, body(provider, case))
    sent = [(one["state"], one["reason"]) for one in await api.deliveries()]
    assert sent == [("skipped", "revenue comes from sdk")] * 4
    rows = await api.pool.fetch("SELECT app_id, source FROM second_revenue_sources")
    assert [tuple(row) for row in rows] == [(APP, provider)]


async def test_a_sale_that_the_app_and_its_platform_report_is_sent_once(api: Api) -> None:
    await connect(api, revenue_source="revenuecat")
    await api.install(install_id="i-1")
    sale = {"install_id": "i-1", "value": "9.99", "currency": "EUR"}
    await api.events(
        {**sale, "event_id": "a", "name": "purchase"},
        {**sale, "event_id": "b", "name": "subscribe"},
        {**sale, "event_id": "c", "name": "sign_up"},
    )
    await taken(api, "revenuecat", body("revenuecat", "a one-time purchase", **ATTRIBUTE))
    states = {one["source_event"]: (one["state"], one["reason"]) for one in await api.deliveries()}
    assert states["purchase"] == states["subscribe"] == ("skipped", "revenue comes from revenuecat")
    assert states["rc_one_time"] == states["sign_up"] == states["install"] == ("due", "")


async def test_a_switch_of_the_source_holds_for_what_comes_after_it(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "a trial starts"))
    await connect(api, revenue_source="revenuecat")
    await taken(api, "revenuecat", body("revenuecat", "a subscription starts"))
    states = {one["source_event"]: one["state"] for one in await api.deliveries()}
    assert states == {"rc_trial_started": "skipped", "rc_subscription_started": "due"}


async def test_what_a_mapping_turns_into_a_purchase_is_a_sale_of_its_source(api: Api) -> None:
    await set_mappings(api.pool, APP, "", {"rc_paywall_shown": "Purchase"})
    await api.services.directory.refresh()
    await taken(api, "revenuecat", body("revenuecat", "an unknown type is kept"))
    assert (await delivery(api, "rc_paywall_shown"))["reason"] == "revenue comes from sdk"


# -- refunds


async def test_refunds_are_off_until_the_app_says_otherwise(api: Api) -> None:
    await taken(api, "revenuecat", body("revenuecat", "support refunds"))
    assert (await delivery(api, "rc_refund"))["reason"] == NOT_MAPPED


@pytest.mark.parametrize("source", ["sdk", "revenuecat"])
async def test_a_refund_cancels_its_order_once(api: Api, source: str) -> None:
    await connect(api, refund_event="CancelOrder", revenue_source=source)
    await api.install(install_id="i-1")
    for event_id in ("r1", "r1", "r2"):
        await taken(api, "revenuecat", body("revenuecat", "support refunds", **ATTRIBUTE, id=event_id))
    sent, kept = await delivery(api, "rc_refund"), await event(api, "rc_refund")
    assert (sent["target_event"], sent["state"]) == ("CancelOrder", "due")
    assert (kept["value"], kept["currency"], kept["body"]["properties"]["order_id"]) == (Decimal("9.99"), "EUR", "tx-1")


async def test_a_refund_of_another_source_than_the_apps_is_not_sent(api: Api) -> None:
    await connect(api, refund_event="CancelOrder", revenue_source="revenuecat")
    await taken(api, "stripe", body("stripe", "a refund is made"))
    assert (await delivery(api, "stripe_refund"))["reason"] == "revenue comes from revenuecat"


MADE, UPDATED, CHARGE = "a refund is made", "a refund is updated", "a charge is refunded"


REFUNDS: dict[str, tuple[list[tuple[str, dict[str, Any]]], list[str]]] = {
    "refund first": ([(MADE, {}), (UPDATED, {}), (CHARGE, {})], ["9.99"]),
    "charge first": ([(CHARGE, {}), (UPDATED, {}), (MADE, {})], ["9.99"]),
    "in parts": ([(CHARGE, {"amount_refunded": 300}), (CHARGE, {"amount_refunded": 999})], ["3", "6.99"]),
    "late part": ([(CHARGE, {"amount_refunded": 999}), (CHARGE, {"amount_refunded": 300})], ["9.99"]),
    "two refunds, each message first": (
        [
            (MADE, {"id": "re_1", "amount": 300}),
            (CHARGE, {"amount_refunded": 300}),
            (CHARGE, {"amount_refunded": 500}),
            (MADE, {"id": "re_2", "amount": 200}),
        ],
        ["2", "3"],
    ),
    "pending first": ([("a refund is pending", {}), (UPDATED, {})], ["9.99"]),
}


async def test_stripe_refunds_count_once_however_they_are_reported(api: Api) -> None:
    for number, (way, (messages, refunded)) in enumerate(REFUNDS.items()):
        for case, fields in messages:
            sent = body("stripe", case, **fields, payment_intent=f"pi_{number}")
            thing = sent["data"]["object"]
            thing["id"] = f"ch_{number}" if case == CHARGE else f"{thing['id']}_{number}"
            thing |= {"charge": f"ch_{number}"} if case != CHARGE else {}
            sent["id"] = f"evt_{uuid.uuid4()}"
            await taken(api, "stripe", sent)
        rows = await api.pool.fetch(
            """SELECT value FROM events
            WHERE name = 'stripe_refund' AND body -> 'properties' ->> 'order_id' = $1 ORDER BY value""",
            f"pi_{number}",
        )
        assert [row["value"] for row in rows] == [Decimal(value) for value in refunded], way


async def test_a_storm_of_messages_about_one_refund_is_one_event(api: Api) -> None:
    sent = [body("stripe", case) for case in (MADE, UPDATED, CHARGE) for _ in range(8)]
    for number, one in enumerate(sent):
        one["id"] = f"evt_{number}"
    await asyncio.gather(*(taken(api, "stripe", one) for one in sent))
    assert await api.pool.fetchval("SELECT sum(value) FROM events WHERE name = 'stripe_refund'") == Decimal("9.99")
    assert await api.count("webhook_bodies") == len(sent)
