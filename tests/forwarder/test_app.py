"""The application's edges: refusals in one shape, health, its description, engines that go away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from forwarder import app as app_module
from forwarder.intake import body as intake_body
from forwarder.intake.event_request import Properties
from loadtests.ports import free_port
from tests.forwarder.api import KEY, SECRET_KEY, Api, install_body, opened_api, settings

pytestmark = pytest.mark.anyio

BEARER = {"Authorization": f"Bearer {KEY}"}
START_TIMEOUT_S = 20.0


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/redoc", "/metrics", "/debug", "/.env", "/.git/config", "/v1", "/v2/events"],
)
async def test_a_path_that_leads_nowhere_is_a_404_in_the_shape_of_every_error(api: Api, path: str) -> None:
    response = await api.client.get(path, headers=BEARER)
    assert response.status_code == 404
    assert set(response.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/events", "POST"),
        ("PUT", "/v1/installs", "DELETE, POST"),
        ("TRACE", "/v1/installs/i-1", "DELETE, GET, HEAD"),
        ("OPTIONS", "/healthz", "GET, HEAD"),
        ("FOO", "/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_answered_is_a_405_with_allow(
    api: Api, method: str, path: str, allowed: str
) -> None:
    response = await api.client.request(method, path, headers=BEARER)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert response.json()["error"]["code"] == "method_not_allowed"


REFUSED_BODIES: dict[str, tuple[bytes, dict[str, str], int]] = {
    "empty": (b"", {}, 400),
    "not json": (b"{", {}, 400),
    "not utf-8": (b'{"install_id": "\xff"}', {}, 400),
    "utf-8 broken in a field nobody reads": (b'{"x": "\xff"}', {}, 400),
    "NaN": (b'{"install_id": NaN}', {}, 400),
    "nested without end": (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}, 400),
    "larger than 1 MiB": (b'"' + b"x" * (1 << 20) + b'"', {}, 413),
    "a form": (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    "text": (b"{}", {"Content-Type": "text/plain"}, 415),
    "compressed": (b"{}", {"Content-Encoding": "gzip"}, 415),
    "101 headers": (b"{}", {f"X-{number}": "1" for number in range(101)}, 431),
    "33 KiB of headers": (b"{}", {"X-Large": "x" * 33 * 1024}, 431),
    "a list": (b"[]", {}, 422),
    "null": (b"null", {}, 422),
    "an empty object": (b"{}", {}, 422),
}


@pytest.mark.parametrize("case", REFUSED_BODIES)
async def test_a_body_that_cannot_be_read_is_refused_and_leaves_no_row(api: Api, case: str) -> None:
    raw, headers, status = REFUSED_BODIES[case]
    response = await api.client.post("/v1/installs", content=raw, headers={**BEARER, **headers})
    assert response.status_code == status
    assert response.json()["error"]["message"]
    assert await api.count("installs") == 0


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'[{"event_id": "a"}, {"value": NaN}]', "invalid character at byte 30, where NaN and Infinity are no values"),
        (b'[{"value": -Infinity}]', "where NaN and Infinity are no values"),
        (b'[{"value": Infinity}]', "where NaN and Infinity are no values"),
        (b'[{"event_id": "a"}', "it ends too early"),
        (b"", "it ends too early"),
        (b'[{"event_id": "a"},]', "trailing comma in array at byte 19"),
        (b'{"event_id": "a", "name": "n"}\n{}', "trailing characters at byte 32"),
        (b"[{'event_id': 'a'}]", "expected '\"' at byte 2"),
        (b'[{"properties": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}]", "it is nested too deeply"),
    ],
)
async def test_a_body_that_is_no_json_is_told_what_stands_in_the_way_and_where(api: Api, raw: bytes, said: str) -> None:
    response = await api.client.post("/v1/events", content=raw, headers=BEARER)
    assert response.status_code == 400
    message = response.json()["error"]["message"]
    assert message.startswith("the body is not JSON in UTF-8: ")
    assert said in message


async def test_json_without_a_content_type_is_taken(api: Api) -> None:
    content = json.dumps(install_body()).encode()
    assert (await api.client.post("/v1/installs", content=content, headers=BEARER)).status_code == 200


async def test_a_body_that_never_ends_is_given_up_after_its_deadline(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_body, "DEADLINE_S", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    response = await api.client.post("/v1/installs", content=dripping(), headers=BEARER)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "body_timeout")


async def test_the_description_names_every_path_and_field(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()
    assert set(document["paths"]) == {
        "/v1/installs", "/v1/installs/{install_id}", "/v1/reports", "/v1/events", "/healthz", "/readyz",
        "/v1/webhooks/{provider}/{app_id}",
    }  # fmt: skip
    for name in ("/healthz", "/readyz"):
        for answer in document["paths"][name]["get"]["responses"].values():
            assert answer["content"]["application/json"]["schema"]["required"] == ["ok"]
    schemas = document["components"]["schemas"]
    assert {"install_id", "platform", "device", "consent", "user"} <= set(schemas["InstallRequest"]["properties"])
    assert schemas["EventRequest"]["required"] == ["event_id", "name"]
    own = next(one for one in schemas["EventRequest"]["properties"]["properties"]["anyOf"] if one["type"] == "object")
    assert set(own["properties"]) == set(Properties.__struct_fields__)
    assert {one["type"] for one in own["properties"]["contents"]["anyOf"]} == {"array", "object", "null"}
    assert own["maxProperties"] == 200
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert references <= set(schemas)


async def test_it_is_ready_with_both_engines(api: Api) -> None:
    assert (await api.client.get("/healthz")).json() == {"ok": True}
    response = await api.client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "postgresql": "ok", "redis": "ok"})


async def test_without_redis_it_is_ready_and_says_what_waits(database_url: str, data_dir: Path) -> None:
    async with opened_api(settings(database_url, f"unix://{data_dir}/nobody", data_dir)) as api:
        response = await api.client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ok": True,
        "postgresql": "ok",
        "redis": "away: installs are taken and matched once it is back",
    }


async def test_without_postgresql_nothing_is_taken_and_the_client_is_told_to_retry(api: Api) -> None:
    await api.services.pool.close()
    response = await api.post("/v1/installs", install_body())
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0
    response = await api.client.get("/readyz")
    assert (response.status_code, response.json()["ok"]) == (503, False)
    assert response.json()["postgresql"] == "away: nothing is taken"
    assert (await api.client.get("/healthz")).status_code == 200


@contextmanager
def forwarder_process(environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-m", "forwarder"], env=os.environ | environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_TIMEOUT_S)


async def answered(client: httpx.AsyncClient, path: str) -> httpx.Response:
    with anyio.fail_after(START_TIMEOUT_S):
        while True:
            try:
                return await client.get(path)
            except httpx.TransportError:
                await anyio.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
async def test_the_process_serves_hides_what_it_is_and_counts_on_another_port(
    database_url: str, redis_url: str, data_dir: Path, workers: int
) -> None:
    async with opened_api(settings(database_url, redis_url, data_dir)):
        pass  # fills the ledger
    port = free_port()
    environment = {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": str(data_dir), "SECRET_KEY": SECRET_KEY,
        "FORWARDER_PORT": str(port), "FORWARDER_WORKERS": str(workers),
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with forwarder_process(environment) as process:
        async with httpx.AsyncClient(base_url=url, headers=BEARER, trust_env=False) as client:
            ready = await answered(client, "/readyz")
            assert (ready.status_code, "server" in ready.headers) == (200, False)
            bodies = [install_body(install_id=f"i-{number}") for number in range(20)]
            responses = await asyncio.gather(*(client.post("/v1/installs", json=body) for body in bodies))
            assert {response.status_code for response in responses} == {200}
            assert (await client.get("/metrics")).status_code == 404
            metrics = (await client.get(f"http://127.0.0.1:{port + 1000}/metrics")).text
    assert 'signalpost_installs_total{app="app_aaaaaaaaaaaa",method="none"} 20.0' in metrics
    assert process.returncode in (0, -signal.SIGTERM)


def test_without_engines_it_says_what_to_do_and_ends(data_dir: Path) -> None:
    environment: dict[str, Any] = {**os.environ, "DATA_DIR": str(data_dir), "REDIS_URL": "", "DATABASE_URL": ""}
    ended = subprocess.run(
        [sys.executable, "-m", "forwarder"], env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.returncode, ended.stderr.strip()) == (1, "no Redis: set REDIS_URL or start `signalpost up`")


async def test_what_takes_a_cancellation_for_something_else_is_ended_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app_module, "CANCEL_AGAIN_S", 0.01)
    swallowed = 0

    async def work() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.sleep(3_600)

    refreshing = asyncio.gather(work())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await app_module._end(refreshing)
    assert (refreshing.done(), swallowed) == (True, 2)
