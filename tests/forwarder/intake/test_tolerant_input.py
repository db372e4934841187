"""What apps and platforms really send, through the whole forwarder."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.forwarder.api import ANDROID, APP, IP, KEY, PIXEL, Api, opened_api, settings

pytestmark = pytest.mark.anyio

UUID = "3f2a9c1e-7b64-4d0a-9e51-0c8f6d2b7a93"


@pytest.fixture
async def api(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, tmp_path)) as opened:
        yield opened


def counted(field: str, reason: str) -> float:
    labels = {"app": APP, "field": field, "reason": reason}
    return REGISTRY.get_sample_value("signalpost_input_set_aside_total", labels) or 0.0


async def test_one_half_emoji_costs_neither_its_row_nor_the_others(api: Api) -> None:
    raw = (
        rb'[{"event_id": "a", "name": "purchase", "user": {"external_id": "u", "first_name": "Ann \ud83d"}},'
        rb' {"event_id": "b", "name": "purchase", "user": {"external_id": "u"}}]'
    )
    response = await api.post_raw("/v1/events", raw)
    assert (response.status_code, response.json()["accepted"]) == (202, 2)
    body = await api.pool.fetchval("SELECT body FROM events WHERE event_id = 'a'")
    assert body["user"]["first_name"] == "Ann \ufffd"


@pytest.mark.parametrize(
    ("path", "raw", "status"),
    [
        ("/v1/installs", b'{"install_id": "i", "platform": "ios"}', 200),
        ("/v1/events", b'{"event_id": "e", "name": "purchase", "install_id": "i"}', 202),
        ("/v1/events", b' [{"event_id": "e", "name": "purchase", "install_id": "i"}]', 202),
        ("/v1/events", b'[{"event_id": "e", "name": "purchase", "install_id": "i", "value": "x"}]', 422),
    ],
)
async def test_a_byte_order_mark_before_a_body_is_passed_over(api: Api, path: str, raw: bytes, status: int) -> None:
    assert (await api.post_raw(path, b"\xef\xbb\xbf" + raw)).status_code == status


@pytest.mark.parametrize(
    "value", ["undefined", "null", "(null)", "nil", "0", 0, "00000000-0000-0000-0000-000000000000", "{{id}}"]
)
async def test_nobodys_id_is_refused_where_it_must_be_someones(api: Api, value: Any) -> None:
    install = await api.post("/v1/installs", {"install_id": value, "platform": "ios"})
    event = await api.post("/v1/events", {"event_id": value, "name": "purchase", "install_id": "i"})
    of_install = await api.post("/v1/events", {"event_id": "e", "name": "purchase", "install_id": value})
    answers = [(one.status_code, one.json()["error"]["field"]) for one in (install, event, of_install)]
    assert answers == [(422, "install_id"), (422, "event_id"), (422, "install_id")]


async def test_strangers_are_not_joined_by_a_placeholder(api: Api) -> None:
    before = counted("user.external_id", "placeholder")
    await api.install(install_id="first", user={"external_id": "null"})
    answer = await api.post("/v1/events", {"event_id": "e", "name": "purchase", "user": {"external_id": "NULL"}})
    assert answer.status_code == 422
    assert await api.pool.fetchval("SELECT count(*) FROM installs WHERE external_ids <> '{}'") == 0
    assert counted("user.external_id", "placeholder") == before + 2
    await api.services.set_aside.store()
    rows = await api.pool.fetch("SELECT field, reason, times FROM input_set_aside WHERE app_id = $1", APP)
    assert [tuple(row) for row in rows] == [("user.external_id", "placeholder", 2)]


async def test_a_uuid_is_one_install_in_whichever_case_it_comes(api: Api) -> None:
    await api.install(install_id=UUID.upper())
    again = await api.install(install_id=f" {UUID} ")
    assert again["install_id"] == UUID
    event = await api.post("/v1/events", {"event_id": "e", "name": "purchase", "install_id": UUID.upper()})
    assert event.status_code == 202
    assert await api.pool.fetchval("SELECT count(*) FROM installs") == 1
    assert await api.pool.fetchval("SELECT joined FROM events WHERE event_id = 'e'") is True
    shown = await api.client.get(f"/v1/installs/{UUID.upper()}", headers={"Authorization": f"Bearer {KEY}"})
    assert shown.json()["install_id"] == UUID


@pytest.mark.parametrize(
    "ip", ["192.168.1.5", "10.0.0.7", "100.64.3.3", "fe80::1%en0", "fd00::2", "127.0.0.1", "0.0.0.0"]
)
async def test_a_private_address_gives_way_to_the_connections(api: Api, ip: str) -> None:
    click_id = await api.click(ip="198.51.100.9")  # where the test client says it is
    match = (await api.install(ip=ip, ips=[ip]))["match"]
    assert match["click_id"] == click_id
    assert await api.pool.fetchval("SELECT body ->> 'ip' FROM installs") == "198.51.100.9"


@pytest.mark.parametrize("never", ["1970-01-01T00:00:00Z", 0, "0", "0001-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"])
async def test_an_organic_install_is_taken_whatever_its_sdk_writes_for_never(api: Api, never: Any) -> None:
    click_id = await api.click(user_agent=ANDROID, ip=IP)
    organic = {"install_referrer": "utm_source=google-play&utm_medium=organic", "platform": "android"}
    answer = await api.install(**organic, referrer_click_at=never, install_begin_at=never)
    assert answer["match"]["method"] in ("none", "probabilistic"), click_id


@pytest.mark.parametrize("at", ["2026-11-20T13:00Z", "2026-11-20T14:00+01:00", 1.7953632e9])
async def test_times_are_taken_as_java_writes_them(api: Api, at: Any) -> None:
    event = {"event_id": "e", "name": "purchase", "install_id": "i", "occurred_at": at}
    assert (await api.post("/v1/events", event)).status_code == 202


async def test_whole_numbers_of_a_map_are_ids(api: Api) -> None:
    row = b'{"event_id": 1001.0, "name": "purchase", "user": {"external_id": 1.790000000000001E15}, "value": 1.79578E2}'
    assert (await api.post_raw("/v1/events", row)).status_code == 202
    stored = await api.pool.fetchrow("SELECT event_id, external_ids, value FROM events")
    assert (stored["event_id"], stored["external_ids"], float(stored["value"])) == (
        "1001",
        ["1790000000000001"],
        179.578,
    )
    lost = await api.post_raw("/v1/events", b'{"event_id": 1.8446744073709552E19, "name": "x", "install_id": "i"}')
    assert (lost.status_code, lost.json()["error"]["field"]) == (422, "event_id")
    assert "digits" in lost.json()["error"]["message"]


async def test_a_country_is_stored_as_its_code(api: Api) -> None:
    await api.install(install_id="i", user={"country": "United States"})
    await api.install(install_id="j", user={"country": "atlantis"})
    stored = await api.pool.fetch("SELECT body -> 'user' ->> 'country' AS country FROM installs ORDER BY install_id")
    assert [row["country"] for row in stored] == ["us", None]


async def test_pixels_are_sent_no_placeholder(api: Api) -> None:
    await api.install(install_id="i", user={"email": "null", "external_id": ["undefined", "u-1"], "city": "(null)"})
    body = await api.pool.fetchval("SELECT body FROM installs")
    assert body["user"] == {"external_id": ["u-1"]}
    assert [row["pixel_id"] for row in await api.deliveries()] == [PIXEL]
