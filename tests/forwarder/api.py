"""The forwarder's web application over real engines, with an app, a pixel, and clicks as a redirector would have stored
them.
"""

import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from clicks.address import AddressHasher, packed_address
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.connection import connect
from clicks.record import PLATFORMS
from clicks.store import ClickStore
from config.secrets import Keyring, load_keyring
from config.settings import ForwarderSettings
from forwarder.app import build_app
from forwarder.services import Services
from ledger.apps import App, AppSettings, hash_api_key, insert_app
from ledger.pixels import NewPixel, insert_pixel, token_record
from ledger.pool import open_pool
from tests.clicks.records import Visit, encode

SECRET_KEY = "a secret key for tests"
APP, KEY, PIXEL = "app_aaaaaaaaaaaa", "sp_" + "a" * 40, "px_aaaaaaaaaaaa"
OTHER_APP, OTHER_KEY = "app_bbbbbbbbbbbb", "sp_" + "b" * 40
IP = "203.0.113.7"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1 musical_ly_41.9.0 BytedanceWebview/d8a21c6"  # noqa: E501
ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-A536B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36 trill_350703"  # noqa: E501
AD = (
    "campaign_id=17&campaign_name=Spring&adgroup_id=18&adgroup_name=All&ad_id=19&ad_name=Blue"
    "&ttclid=E.C.P.abcdefghijklmnop"
)


@dataclass
class Api:
    """A running application and what lies behind it."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool
    store: ClickStore
    keyring: Keyring
    services: Services
    _numbers: "count[int]" = field(default_factory=count)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers={"Authorization": f"Bearer {KEY}", **headers})

    async def post_raw(self, path: str, body: bytes) -> httpx.Response:
        return await self.client.post(path, content=body, headers={"Authorization": f"Bearer {KEY}"})

    async def install(self, **fields: Any) -> dict[str, Any]:
        """A stored install's answer; an iPhone's unless told otherwise."""
        response = await self.post("/v1/installs", install_body(**fields))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def events(self, *rows: dict[str, Any]) -> dict[str, Any]:
        response = await self.post("/v1/events", list(rows))
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def click(self, **fields: Any) -> str:
        """Store a click as a redirector does; its id. `ago_s` = seconds before now."""
        at_ms = int((time.time() - fields.pop("ago_s", 60)) * 1000)
        user_agent = fields.pop("user_agent", IPHONE)
        platform = fields.pop("platform", "android" if "Android" in user_agent else "ios")
        packed = packed_address(fields.pop("ip", IP))
        assert packed is not None
        hasher = AddressHasher(self.keyring.derive("address")[0])
        click = ClickId(at_ms, hasher.hash(packed), os.urandom(5))
        record = encode(
            Visit(
                click.random, PLATFORMS.index(platform), packed, b"spring", fields.pop("app_id", APP).encode(),
                user_agent.encode(), b"en-GB", fields.pop("query", AD).encode(), None,
            )
        )  # fmt: skip
        assert not fields, fields
        await self.store.apply(
            Batch("test", next(self._numbers), [Row(clicks_key(click.address_hash), at_ms, record)], {})
        )
        return click.text()

    async def deliveries(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch("SELECT * FROM deliveries ORDER BY delivery_id")
        return [dict(row) for row in rows]

    async def count(self, table: str) -> int:
        number: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        return number


def install_body(**fields: Any) -> dict[str, Any]:
    body = {
        "install_id": "i-1", "platform": "ios", "ip": IP, "device": {"os_version": "18.6.2"},
        "consent": {"marketing": "granted"}, "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    return {key: value for key, value in (body | fields).items() if value is not None}


def android(**fields: Any) -> dict[str, Any]:
    return {"platform": "android", "device": {"os_version": "14", "model": "SM-A536B"}, **fields}


def referrer(click_id: str) -> str:
    return f"click_id={click_id}&utm_source=tiktok&utm_medium=paid&utm_campaign={quote('Spring')}"


def signed(body: bytes, key: str = KEY, app_id: str = APP, **parts: str) -> dict[str, str]:
    """The headers of a signed request; `t`, `n` and `v1` can be given."""
    at, nonce = parts.get("t", str(int(time.time()))), parts.get("n", os.urandom(8).hex())
    digest = hmac.new(key.encode(), f"{at}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Signalpost-App": app_id, "Signalpost-Signature": f"t={at},n={nonce},v1={parts.get('v1', digest)}"}


def settings(database_url: str, redis_url: str, data_dir: Path, **values: Any) -> ForwarderSettings:
    given: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "data_dir": data_dir,
        "secret_key": SECRET_KEY,
    }
    return ForwarderSettings(**(given | values))


@asynccontextmanager
async def opened_api(app_settings: ForwarderSettings, fill: bool = True) -> AsyncIterator[Api]:
    """The application of these settings in this process, spoken to without a socket."""
    keyring = load_keyring(app_settings.secret_key, app_settings.data_dir)
    pool = await open_pool(app_settings.database_url, 4)
    redis = connect(app_settings.redis_url)
    try:
        if fill:
            await fill_ledger(pool, keyring)
        app = build_app(app_settings)
        async with app.router.lifespan_context(app) as opened:
            state: Any = opened
            transport = httpx.ASGITransport(
                _with_state(app, state), raise_app_exceptions=False, client=("198.51.100.9", 1)
            )
            async with httpx.AsyncClient(transport=transport, base_url="http://forwarder") as client:
                yield Api(client, pool, ClickStore(redis, keyring.derive("address")), keyring, state["services"])
    finally:
        await redis.aclose()
        await pool.close()


def _with_state(app: Any, state: Any) -> Any:
    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return with_state


async def fill_ledger(pool: asyncpg.Pool, keyring: Keyring) -> None:
    """Two apps; the first has a pixel."""
    for app_id, key in ((APP, KEY), (OTHER_APP, OTHER_KEY)):
        encrypted = keyring.encrypt(key, f"app:{app_id}:api_key")
        await insert_app(pool, App(app_id, app_id, AppSettings(), hash_api_key(key), encrypted, {}, datetime.now(UTC)))
    await add_pixel(pool, keyring, PIXEL)


async def add_pixel(pool: asyncpg.Pool, keyring: Keyring, pixel_id: str) -> None:
    token = keyring.encrypt("token", token_record(pixel_id))
    await insert_pixel(pool, NewPixel(pixel_id, APP, "C" * 20, "Pixel", token, "", "ok"))
