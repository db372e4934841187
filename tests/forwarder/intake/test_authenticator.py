"""Keys and signatures: who may ask, and one answer to everybody else."""

import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.forwarder.api import APP, KEY, OTHER_APP, OTHER_KEY, Api, install_body, opened_api, settings, signed

pytestmark = pytest.mark.anyio

BODY = json.dumps(install_body()).encode()


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        yield opened


async def post(api: Api, headers: dict[str, str], body: bytes = BODY, path: str = "/v1/installs") -> httpx.Response:
    return await api.client.post(path, content=body, headers=headers)


def _without_signature() -> dict[str, str]:
    return {"Signalpost-App": APP}


def _upper() -> dict[str, str]:
    headers = signed(BODY)
    head, _, digest = headers["Signalpost-Signature"].rpartition("=")
    return {**headers, "Signalpost-Signature": f"{head}={digest.upper()}"}


def _truncated() -> dict[str, str]:
    headers = signed(BODY)
    return {**headers, "Signalpost-Signature": headers["Signalpost-Signature"][:-1]}


REFUSED: dict[str, Callable[[], dict[str, str]]] = {
    "nothing": dict,
    "app but no signature": _without_signature,
    "unknown key": lambda: {"Authorization": "Bearer sp_" + "x" * 40},
    "empty key": lambda: {"Authorization": "Bearer "},
    "basic": lambda: {"Authorization": f"Basic {KEY}"},
    "key of another app": lambda: {"Authorization": f"Bearer {OTHER_KEY}", "Signalpost-App": APP},
    "signed with another key": lambda: signed(BODY, key=OTHER_KEY),
    "signed for another app": lambda: signed(BODY, app_id=OTHER_APP),
    "signed for an unknown app": lambda: signed(BODY, app_id="app_zzzzzzzzzzzz"),
    "signature of another body": lambda: signed(BODY + b" "),
    "a plain hash": lambda: signed(BODY, v1=hashlib.sha256(BODY).hexdigest()),
    "truncated": _truncated,
    "upper case": _upper,
    "too old": lambda: signed(BODY, t=str(int(time.time()) - 301)),
    "too new": lambda: signed(BODY, t=str(int(time.time()) + 302)),
    "no nonce": lambda: signed(BODY, n=""),
    "not a signature": lambda: {"Signalpost-App": APP, "Signalpost-Signature": "v1"},
    "bad signature beside a good key": lambda: {**_truncated(), "Authorization": f"Bearer {KEY}"},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_who_is_not_let_in_gets_the_same_401_and_leaves_no_row(api: Api, case: str) -> None:
    response = await post(api, REFUSED[case]())
    assert response.status_code == 401
    assert response.json() == (await post(api, {})).json()
    assert response.headers["www-authenticate"] == "Bearer"
    assert await api.count("installs") == 0


async def test_a_key_in_the_query_string_opens_nothing(api: Api) -> None:
    for name in ("api_key", "key", "access_token", "token"):
        assert (await post(api, {}, path=f"/v1/installs?{name}={KEY}")).status_code == 401


async def test_a_signed_request_is_taken(api: Api) -> None:
    assert (await post(api, signed(BODY))).status_code == 200
    assert await api.count("installs") == 1


async def test_a_signature_holds_for_the_bytes_alone(api: Api) -> None:
    reordered = json.dumps(dict(reversed(install_body().items()))).encode()
    assert (await post(api, signed(BODY), reordered)).status_code == 401


async def test_a_signed_request_that_is_replayed_is_a_409_and_changes_nothing(api: Api) -> None:
    headers = signed(BODY)
    assert (await post(api, headers)).status_code == 200
    replayed = await post(api, headers)
    assert (replayed.status_code, replayed.json()["error"]["code"]) == (409, "nonce_used")
    assert await api.count("events") == 1


async def test_a_nonce_is_each_apps_own(api: Api) -> None:
    assert (await post(api, signed(BODY, n="same"))).status_code == 200
    assert (await post(api, signed(BODY, key=OTHER_KEY, app_id=OTHER_APP, n="same"))).status_code == 200


async def test_a_signed_get_and_delete_sign_an_empty_body(api: Api) -> None:
    await api.install()
    assert (await api.client.get("/v1/installs/i-1", headers=signed(b""))).status_code == 200
    assert (await api.client.delete("/v1/installs/i-1", headers=signed(b""))).status_code == 200


async def test_without_redis_a_signed_install_is_still_taken(database_url: str, data_dir: Path) -> None:
    async with opened_api(settings(database_url, f"unix://{data_dir}/nobody", data_dir)) as api:
        assert (await post(api, signed(BODY))).status_code == 200


async def test_a_rotated_key_stops_working_and_the_new_one_works(api: Api) -> None:
    new = "sp_" + "n" * 40
    encrypted = api.keyring.encrypt(new, f"app:{APP}:api_key")
    await api.pool.execute(
        "UPDATE apps SET api_key_hash = $2, api_key_encrypted = $3 WHERE app_id = $1",
        APP, hashlib.sha256(new.encode()).digest(), encrypted,
    )  # fmt: skip
    await api.services.directory.refresh()
    assert (await post(api, {"Authorization": f"Bearer {KEY}"})).status_code == 401
    assert (await post(api, {"Authorization": f"Bearer {new}"})).status_code == 200
    assert (await post(api, signed(BODY, key=KEY))).status_code == 401
