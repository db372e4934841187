"""Installs over real engines: idempotent, matched, joined, erased."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from clicks.connection import connect
from clicks.keys import DRAINING
from tests.forwarder.api import (
    ANDROID,
    KEY,
    OTHER_APP,
    OTHER_KEY,
    PIXEL,
    Api,
    android,
    install_body,
    opened_api,
    referrer,
    settings,
)
from tests.layouts import ON_BOTH

pytestmark = [pytest.mark.anyio, ON_BOTH]

BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


async def test_an_install_with_its_click_id_in_the_referrer_is_credited_to_that_ad(api: Api) -> None:
    click_id = await api.click(user_agent=ANDROID, ip="192.0.2.1")
    answer = await api.install(**android(install_referrer=referrer(click_id)))
    match = answer["match"]
    assert answer["attributed"] is True
    assert (match["method"], match["probability"], match["click_id"]) == ("referrer", 1.0, click_id)
    names = ("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name")
    assert {name: match[name] for name in names} == {
        "campaign_id": "17", "campaign_name": "Spring", "adgroup_id": "18", "adgroup_name": "All",
        "ad_id": "19", "ad_name": "Blue",
    }  # fmt: skip
    assert match["link"] == "spring"


async def test_the_answer_tells_an_ad_from_its_creative(api: Api) -> None:
    click_id = await api.click(user_agent=ANDROID, query="ad_id=7&ad_name=Hook&ad_id_v2=9&ad_name_v2=Whole")
    match = (await api.install(**android(install_referrer=referrer(click_id))))["match"]
    assert (match["ad_id"], match["ad_name"]) == ("9", "Whole")
    assert (match["creative_id"], match["creative_name"]) == ("7", "Hook")


async def test_an_install_from_the_clicks_address_is_credited_by_probability(api: Api) -> None:
    click_id = await api.click()
    match = (await api.install())["match"]
    assert (match["method"], match["click_id"]) == ("probabilistic", click_id)
    assert 0.9 <= match["probability"] < 1


async def test_the_connections_address_counts_where_the_app_gives_none(api: Api) -> None:
    click_id = await api.click(ip="198.51.100.9")
    assert (await api.install(ip=None))["match"]["click_id"] == click_id


async def test_a_further_address_of_the_phone_finds_the_click(api: Api) -> None:
    click_id = await api.click(ip="2001:db8:1:2::7")
    assert (await api.install(ips=["2001:db8:1:2:ffff::1"]))["match"]["click_id"] == click_id


async def test_a_hundred_identical_installs_at_once_through_two_processes_are_one(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened_api(settings(database_url, redis_url, data_dir)))
        second = await stack.enter_async_context(opened_api(settings(database_url, redis_url, data_dir), fill=False))
        await first.click()
        body = install_body()
        responses = await asyncio.gather(
            *((first if number % 2 else second).post("/v1/installs", body) for number in range(100))
        )
        assert {response.status_code for response in responses} == {200}
        assert len({response.text for response in responses}) == 1
        assert responses[0].json()["attributed"] is True
        assert [await first.count(table) for table in ("installs", "events", "deliveries", "click_claims")] == [
            1,
            1,
            1,
            1,
        ]


async def test_the_first_report_of_an_install_stands_whatever_a_later_one_says(api: Api) -> None:
    first, second = await api.click(user_agent=ANDROID), await api.click(user_agent=ANDROID, ip="192.0.2.1")
    await api.install(**android(install_referrer=referrer(first)))
    answer = await api.install(**android(install_referrer=referrer(second)))
    assert answer["match"]["click_id"] == first


async def test_one_click_is_credited_to_one_of_many_installs_behind_its_address(api: Api) -> None:
    await api.click()
    answers = await asyncio.gather(*(api.install(install_id=f"i-{number}") for number in range(20)))
    assert sum(answer["attributed"] for answer in answers) == 1
    assert await api.count("click_claims") == 1


async def test_the_click_of_another_app_is_never_credited(api: Api) -> None:
    click_id = await api.click(user_agent=ANDROID, app_id=OTHER_APP)
    answer = await api.install(**android(install_referrer=referrer(click_id)))
    assert answer["attributed"] is False
    assert "another app's click" in answer["match"]["reason"]


@pytest.mark.parametrize(
    ("ago_s", "reason"),
    [(31 * 86_400, "older than 30 days"), (-600, "after the install")],
    ids=["expired", "after the install"],
)
async def test_a_click_outside_its_window_leaves_the_install_unattributed(api: Api, ago_s: int, reason: str) -> None:
    click_id = await api.click(user_agent=ANDROID, ago_s=ago_s, ip="192.0.2.1")
    answer = await api.install(**android(install_referrer=referrer(click_id)))
    assert answer["attributed"] is False
    assert reason in answer["match"]["reason"]


async def test_who_denied_consent_is_counted_and_not_matched_sent_or_described(api: Api) -> None:
    await api.click()
    answer = await api.install(
        consent={"marketing": "denied"}, user={"email": "a@example.com"}, user_agent="Mozilla/5.0"
    )
    assert (answer["attributed"], answer["match"]["reason"]) == (False, "consent denied")
    [delivery] = await api.deliveries()
    assert (delivery["state"], delivery["reason"]) == ("suppressed", "consent denied")
    body = await api.pool.fetchval("SELECT body FROM installs")
    assert set(body) == {"platform", "occurred_at", "consent"}


async def test_an_install_becomes_one_delivery_per_enabled_pixel(api: Api) -> None:
    await api.install()
    [delivery] = await api.deliveries()
    assert (delivery["pixel_id"], delivery["source_event"], delivery["target_event"]) == (PIXEL, "install", "Download")
    assert (delivery["state"], delivery["source_event_id"]) == ("due", "install:i-1")


async def test_an_event_that_came_first_joins_its_install_and_is_due_at_once(api: Api) -> None:
    await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"})
    [waiting] = await api.deliveries()
    assert waiting["reason"] == "waiting for install"
    await api.install()
    joined = next(d for d in await api.deliveries() if d["source_event_id"] == "e")
    assert joined["reason"] == ""
    assert joined["next_attempt_at"] < waiting["next_attempt_at"]
    assert await api.pool.fetchval("SELECT joined FROM events WHERE event_id = 'e'") is True


async def test_an_event_of_a_person_joins_the_install_that_brings_the_person(api: Api) -> None:
    await api.events({"event_id": "e", "name": "purchase", "user": {"external_id": "u-1"}})
    await api.install(user={"external_id": ["u-0", "u-1"]})
    joined = next(d for d in await api.deliveries() if d["source_event_id"] == "e")
    assert (joined["install_id"], joined["reason"]) == ("i-1", "")


async def test_what_is_stored_can_be_looked_up_with_its_deliveries(api: Api) -> None:
    await api.click()
    posted = await api.install()
    found = (await api.client.get("/v1/installs/i-1", headers=BEARER)).json()
    assert {key: found[key] for key in posted} == posted
    assert [(d["source_event"], d["state"]) for d in found["deliveries"]] == [("install", "due")]
    assert found["detail"]["candidates"][0]["probability"] >= 0.9


async def test_an_install_is_not_shown_to_another_app(api: Api) -> None:
    await api.install()
    response = await api.client.get("/v1/installs/i-1", headers={"Authorization": f"Bearer {OTHER_KEY}"})
    assert response.status_code == 404


async def test_an_erased_install_is_gone_everywhere_and_cannot_come_back(api: Api) -> None:
    click_id = await api.click()
    await api.install()
    await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase"})
    erased = await api.client.delete("/v1/installs/i-1", headers=BEARER)
    counts = {"installs": 1, "events": 2, "clicks": 1, "webhooks": 0}
    assert (erased.status_code, erased.json()) == (200, {"erased": 4, **counts})
    assert [await api.count(t) for t in ("installs", "events", "deliveries", "click_claims")] == [0, 0, 0, 0]
    assert await api.store.get(click_id) is None
    again = await api.install()
    assert (again["attributed"], again["match"]["reason"]) == (False, "erased")
    replayed = await api.post("/v1/events", {"event_id": "e2", "install_id": "i-1", "name": "purchase"})
    assert (replayed.status_code, replayed.json()["error"]["field"]) == (422, "install_id")
    assert [await api.count(table) for table in ("installs", "events")] == [0, 0]


async def test_erasing_a_person_takes_every_install_and_event_of_theirs(api: Api) -> None:
    await api.install(install_id="i-1", user={"external_id": "u-1"})
    await api.install(install_id="i-2", user={"external_id": "u-1"})
    await api.install(install_id="i-3", user={"external_id": "u-2"})
    response = await api.client.delete("/v1/installs", params={"external_id": "u-1"}, headers=BEARER)
    assert response.json()["installs"] == 2
    assert [row["install_id"] for row in await api.pool.fetch("SELECT install_id FROM installs")] == ["i-3"]
    assert (await api.install(install_id="i-4", user={"external_id": "u-1"}))["match"]["reason"] == "erased"


@pytest.mark.parametrize("whom", ["?external_id=u-1&external_id=u-2", "/i-1?external_id=u-1"])
async def test_an_erasure_that_names_two_takes_neither_of_them_in_silence(api: Api, whom: str) -> None:
    for number in (1, 2):
        await api.install(install_id=f"i-{number}", user={"external_id": f"u-{number}"})
    refused = await api.client.delete(f"/v1/installs{whom}", headers=BEARER)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "external_id")
    assert await api.count("installs") == 2


async def test_erasing_what_is_not_there_is_a_404(api: Api) -> None:
    assert (await api.client.delete("/v1/installs/nobody", headers=BEARER)).status_code == 404


async def test_an_app_cannot_erase_another_apps_install(api: Api) -> None:
    await api.install()
    response = await api.client.delete("/v1/installs/i-1", headers={"Authorization": f"Bearer {OTHER_KEY}"})
    assert response.status_code == 404
    assert await api.count("installs") == 1


async def test_while_the_clicks_of_an_outage_are_stored_an_install_without_an_id_waits_for_them(
    api: Api, redis_url: str
) -> None:
    click_id = await api.click(user_agent=ANDROID)
    async with connect(redis_url) as redis:
        await redis.set(DRAINING, b"")
    by_address = await api.install()
    assert (by_address["attributed"], by_address["match"]["reason"].partition(":")[0]) == (False, "pending")
    named = await api.install(**android(install_id="i-2", install_referrer=referrer(click_id)))
    assert named["match"]["click_id"] == click_id
    refused = await api.install(install_id="i-3", consent={"marketing": "denied"})
    assert refused["match"]["reason"] == "consent denied"


async def test_just_after_the_click_store_failed_an_install_without_an_id_waits(api: Api) -> None:
    await api.click()
    api.services.outages.away(TimeoutError(), "redis")
    answer = await api.install()
    assert (answer["attributed"], answer["match"]["reason"].partition(":")[0]) == (False, "pending")


async def test_without_redis_an_install_is_taken_and_waits_for_its_match(database_url: str, data_dir: Path) -> None:
    async with opened_api(settings(database_url, f"unix://{data_dir}/nobody", data_dir)) as api:
        answer = await api.install()
        assert (answer["attributed"], answer["match"]["method"]) == (False, "none")
        assert answer["match"]["reason"].startswith("pending: ")
        [delivery] = await api.deliveries()
        assert (delivery["state"], delivery["reason"]) == ("due", "waiting for install")
        assert await api.pool.fetchval("SELECT match_method FROM installs") == "pending"


async def test_an_install_is_told_apart_by_everything_but_ids_of_another_app(api: Api) -> None:
    await api.install()
    body = json.dumps(install_body()).encode()
    response = await api.client.post("/v1/installs", content=body, headers={"Authorization": f"Bearer {OTHER_KEY}"})
    assert response.status_code == 200
    assert await api.count("installs") == 2


def _names(rows: list[Any]) -> list[str]:
    return [row["name"] for row in rows]


async def test_the_install_is_the_event_named_install(api: Api) -> None:
    await api.install()
    assert _names(await api.pool.fetch("SELECT name FROM events")) == ["install"]
