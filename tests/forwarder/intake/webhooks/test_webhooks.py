"""Webhooks over real engines: who is believed, what is answered, and what is kept, once and with its body."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.retention import delete_old
from tests.forwarder.api import APP, OTHER_APP, Api
from tests.forwarder.intake.webhooks.fixtures import PROVIDERS, body, cases
from tests.forwarder.intake.webhooks.posting import connect, post, proof, set_up, taken

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize(("other", "status"), [({}, 200), ({"stripe": "another secret"}, 401)])
async def test_a_secret_encrypted_anew_while_a_webhook_waits_is_the_same_one_and_another_is_not(
    api: Api, monkeypatch: pytest.MonkeyPatch, other: dict[str, str], status: int
) -> None:
    await connect(api, "stripe")
    submit = api.services.webhooks.submit

    async def change_first(*given: Any) -> Any:
        await set_up(api, "stripe", given=other)
        await api.services.directory.refresh()
        return await submit(*given)

    monkeypatch.setattr(api.services.webhooks, "submit", change_first)
    event = cases("stripe")[next(iter(cases("stripe")))]["body"]
    assert (await post(api, "stripe", event)).status_code == status


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
