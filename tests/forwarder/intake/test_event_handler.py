"""Events over real engines: kept once, good rows kept beside bad ones, routed to their pixels."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.pixels import PixelSettings, update_pixel
from tests.forwarder.api import APP, PIXEL, Api, add_pixel, opened_api, settings
from tests.layouts import ON_BOTH

pytestmark = [pytest.mark.anyio, ON_BOTH]

GOOD = {"event_id": "e", "install_id": "i-1", "name": "purchase"}


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


async def test_good_rows_are_kept_when_others_are_refused(api: Api) -> None:
    answer = await api.events(
        {**GOOD, "event_id": "a"},
        {**GOOD, "event_id": "b", "value": "1,000"},
        {**GOOD, "event_id": "a"},
        {"event_id": "c", "install_id": "i-1"},
        {**GOOD, "event_id": "d", "value": "9.99", "currency": "eur"},
    )
    assert (answer["accepted"], answer["duplicates"]) == (2, 1)
    assert [(row["index"], row["field"]) for row in answer["rejected"]] == [(1, "value"), (3, "name")]
    rows = await api.pool.fetch("SELECT event_id, value, currency FROM events ORDER BY event_id")
    assert [tuple(row) for row in rows] == [("a", None, None), ("d", Decimal("9.99"), "EUR")]


async def test_a_single_object_is_taken_like_a_list_of_one(api: Api) -> None:
    response = await api.post("/v1/events", GOOD)
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})


async def test_the_same_event_again_is_a_duplicate_and_sent_once(api: Api) -> None:
    await api.events(GOOD)
    assert (await api.events(GOOD))["duplicates"] == 1
    assert len(await api.deliveries()) == 1


async def test_one_event_sent_fifty_times_at_once_is_kept_once(api: Api) -> None:
    answers = await asyncio.gather(*(api.events(GOOD) for _ in range(50)))
    assert (sum(a["accepted"] for a in answers), sum(a["duplicates"] for a in answers)) == (1, 49)
    assert [await api.count("events"), len(await api.deliveries())] == [1, 1]


async def test_when_every_row_is_refused_the_answer_is_422_and_lists_them(api: Api) -> None:
    response = await api.post("/v1/events", [{**GOOD, "value": -5}, {**GOOD, "currency": "USD<"}])
    assert response.status_code == 422
    assert response.json()["error"]["field"] == "value"
    assert [row["field"] for row in response.json()["rejected"]] == ["value", "currency"]
    assert await api.count("events") == 0


async def test_a_thousand_events_go_in_one_list_and_one_more_is_refused(api: Api) -> None:
    rows = [{**GOOD, "event_id": f"e{number}"} for number in range(1001)]
    assert (await api.events(*rows[:1000]))["accepted"] == 1000
    response = await api.post("/v1/events", rows)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_many_events")


async def test_an_event_of_a_known_person_takes_the_id_of_their_latest_install(api: Api) -> None:
    await api.install(install_id="old", user={"external_id": "u-1"})
    await api.install(install_id="new", user={"external_id": "u-1"})
    await api.events({"event_id": "e", "name": "purchase", "user": {"external_id": "u-1"}})
    row = await api.pool.fetchrow("SELECT install_id, joined FROM events WHERE event_id = 'e'")
    assert tuple(row) == ("new", True)


async def test_an_event_for_an_unknown_install_waits_an_hour_for_it(api: Api) -> None:
    await api.events(GOOD)
    [delivery] = await api.deliveries()
    assert (delivery["state"], delivery["reason"]) == ("due", "waiting for install")
    waits = delivery["next_attempt_at"] - datetime.now(UTC)
    assert timedelta(minutes=59) < waits <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({}, "due", ""),
        ({"name": "level_up"}, "skipped", "not mapped"),
        ({"consent": {"marketing": "denied"}}, "suppressed", "consent denied"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "dead", "event older than event_max_age_days"),
    ],
    ids=["mapped", "unmapped", "denied", "too old"],
)
async def test_an_event_of_a_known_install_gets_its_first_state(
    api: Api, fields: dict[str, Any], state: str, reason: str
) -> None:
    await api.install()
    await api.events({**GOOD, **fields})
    delivery = (await api.deliveries())[-1]
    assert (delivery["state"], delivery["reason"]) == (state, reason)


async def test_every_enabled_pixel_gets_a_delivery_of_its_own(api: Api) -> None:
    await add_pixel(api.pool, api.keyring, "px_bbbbbbbbbbbb")
    await api.pool.execute("UPDATE pixels SET enabled = false WHERE pixel_id = $1", PIXEL)
    await api.services.directory.refresh()
    await api.events(GOOD)
    assert [delivery["pixel_id"] for delivery in await api.deliveries()] == ["px_bbbbbbbbbbbb"]


async def test_a_mapping_made_while_the_forwarder_runs_holds_within_seconds(api: Api) -> None:
    await api.pool.execute("INSERT INTO mappings VALUES ($1, '', 'level_up', 'ViewContent')", APP)
    await api.services.directory.refresh()
    await api.events({**GOOD, "name": "level_up"})
    assert [delivery["target_event"] for delivery in await api.deliveries()] == ["ViewContent"]


async def test_a_pixel_added_later_is_not_sent_what_was_before_it(api: Api) -> None:
    await api.install(install_id="i-1")
    await api.events({"event_id": "before", "install_id": "i-1", "name": "purchase"})
    await add_pixel(api.pool, api.keyring, "px_bbbbbbbbbbbb")
    await api.services.directory.refresh()
    await api.events({"event_id": "after", "install_id": "i-1", "name": "purchase"})
    sent = [(row["source_event_id"], row["pixel_id"]) for row in await api.deliveries()]
    assert [pixel for event, pixel in sent if event == "before"] == [PIXEL]
    assert [pixel for event, pixel in sent if event == "after"] == [PIXEL, "px_bbbbbbbbbbbb"]


async def test_a_pixel_of_the_old_names_is_sent_them_under_an_id_of_their_own(api: Api) -> None:
    await add_pixel(api.pool, api.keyring, "px_bbbbbbbbbbbb")
    await update_pixel(api.pool, (APP, "px_bbbbbbbbbbbb"), settings=PixelSettings(event_names="legacy"))
    await api.services.directory.refresh()
    await api.events({"event_id": "e", "name": "purchase", "user": {"external_id": "u"}})
    rows = await api.deliveries()
    assert [row["target_event"] for row in rows] == ["Purchase", "CompletePayment"]
    assert len({row["event_id"] for row in rows}) == 2
