"""A ledger with an app and a pixel in it, the sandbox in TikTok's place, and a clock that is turned by hand."""

import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from config.secrets import Keyring
from config.settings import WorkerSettings
from forwarder.delivering.delivery import Batch, DeliveryContext, deliver_batch
from forwarder.worker_metrics import WorkerMetrics
from ledger.delivery_views import DeliveryDetail, show_delivery
from ledger.pixels import token_record, update_pixel
from ledger.pool import open_pool
from tiktok.events_api import EventsApi, events_client

APP, PIXEL, CODE, TOKEN = "app_aaaaaaaaaaaa", "px_aaaaaaaaaaaa", "CABCDEFGHIJKLMNOPQRS", "a" * 40
PUBLIC = "https://go.example.com"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
CLICK: dict[str, Any] = {
    "click_id": "0" * 22, "at_ms": 1, "link": "spring", "app_id": APP, "platform": "ios", "ip": "203.0.113.7",
    "user_agent": IPHONE, "languages": "en-GB,en;q=0.9", "query": "campaign_id=1&ttclid=E.C.P.abc", "ttp": None,
    "ttclid": "E.C.P.abc", "macros_unexpanded": [],
}  # fmt: skip
PIXEL_REF = (APP, PIXEL)
KEYRING = Keyring((b"k" * 32,))


class Clock:
    """The time as the worker sees it; it stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **span: float) -> None:
        self.now += timedelta(**span)


class Sandbox:
    """The sandbox's control endpoints."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.AsyncClient(base_url=url, trust_env=False)

    async def reset(self) -> None:
        await self._post("reset", {"pixels": True})
        await self.add_pixel(CODE, TOKEN)

    async def add_pixel(self, code: str, token: str) -> None:
        await self._post("pixels", {"code": code, "token": token, "advertiser_id": "7000000000000000001"})

    async def fault(self, **fields: Any) -> None:
        await self._post("faults", {"endpoint": "event/track", **fields})

    async def clear_faults(self) -> None:
        (await self._client.delete("/_sandbox/faults")).raise_for_status()

    async def revoke(self) -> None:
        await self._post("tokens/revoke", {"token": TOKEN})

    async def restore(self) -> None:
        await self._post("tokens/restore", {"token": TOKEN})

    async def events(self) -> dict[str, Any]:
        return await self._get("events", limit=1000)

    async def requests(self) -> list[dict[str, Any]]:
        return (await self._get("requests", limit=1000))["items"]  # type: ignore[no-any-return]

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        (await self._client.post(f"/_sandbox/{path}", json=body)).raise_for_status()

    async def _get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self._client.get(f"/_sandbox/{path}", params=query)
        answer.raise_for_status()
        return answer.json()  # type: ignore[no-any-return]


class Scene:
    """What a test of the worker works with."""

    def __init__(self, pool: asyncpg.Pool, sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        self.pool, self.sandbox, self.clock = pool, sandbox, Clock()
        self.client, self.metrics = client, WorkerMetrics()
        self.delivery_context = self.context_sending_to(sandbox.url)

    def context_sending_to(self, url: str, deadline_s: float = 5.0) -> DeliveryContext:
        api = EventsApi(self.client, url, deadline_s)
        return DeliveryContext(
            self.pool, api, KEYRING, WorkerSettings(public_url=PUBLIC), self.metrics, self.clock, lambda: 0.0
        )

    def context_answered_by(self, handler: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> DeliveryContext:
        """One whose requests end in a function of the test's, which decides what happens on their way."""
        api = EventsApi(httpx.AsyncClient(transport=httpx.MockTransport(handler)), "http://tiktok.test")
        return dataclasses.replace(self.delivery_context, api=api)

    async def end_sessions(self) -> None:
        """What a restart of PostgreSQL does to everyone connected to it."""
        await self.pool.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        await self.pool.expire_connections()

    async def set_app(self, **settings: Any) -> None:
        await self.pool.execute("UPDATE apps SET settings = $1", settings)

    async def set_pixel(self, **columns: Any) -> None:
        await update_pixel(self.pool, PIXEL_REF, **columns)

    async def pixel(self) -> asyncpg.Record:
        return await self.pool.fetchrow("SELECT * FROM pixels")

    async def install(self, install_id: str = "i1", click: dict[str, Any] | None = None, **body: Any) -> None:
        await self.pool.execute(
            """INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click, click_id)
            VALUES ($1, $2, 'ios', $3, $4, $5, $6, $7)
            ON CONFLICT (app_id, install_id) DO UPDATE SET body = excluded.body, click = excluded.click""",
            APP, install_id, self.clock.now, body, "click_id" if click else "none", click, click and click["click_id"],
        )  # fmt: skip

    async def event(self, event_id: str, install_id: str | None = "i1", **columns: Any) -> int:
        fields = {"occurred_at": self.clock.now, "value": None, "currency": None, "external_ids": [], "body": {}}
        fields |= columns
        key: int = await self.pool.fetchval(
            """INSERT INTO events (app_id, event_id, name, install_id, occurred_at, value, currency, external_ids, body)
            VALUES ($1, $2, 'purchase', $3, $4, $5, $6, $7, $8) RETURNING event_key""",
            APP, event_id, install_id, fields["occurred_at"], fields["value"], fields["currency"],
            fields["external_ids"], fields["body"],
        )  # fmt: skip
        return key

    async def delivery(self, event_id: str, install_id: str | None = "i1", **columns: Any) -> str:
        """An event with its delivery, due now unless `due_at` says otherwise. Returns the delivery's id."""
        due_at = columns.pop("due_at", self.clock.now)
        reason = columns.pop("reason", "")
        event_key = await self.event(event_id, install_id, **columns)
        number = await self.pool.fetchval(
            """INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event,
                target_event, install_id, state, reason, next_attempt_at)
            VALUES ($1, $2, $3, $4, $5, 'purchase', 'Purchase', $6, 'due', $7, $8) RETURNING delivery_id""",
            APP, PIXEL, event_key, f"sent-{event_id}", event_id, install_id, reason, due_at,
        )  # fmt: skip
        return str(number)

    async def deliveries(self, count: int, **columns: Any) -> list[str]:
        return [await self.delivery(f"e{number}", **columns) for number in range(count)]

    async def show(self, delivery_id: str) -> DeliveryDetail:
        detail = await show_delivery(self.pool, delivery_id)
        assert detail is not None
        return detail

    async def state(self, delivery_id: str) -> tuple[str, str]:
        item = (await self.show(delivery_id)).item
        return item.state, item.reason

    async def states(self) -> dict[str, int]:
        rows = await self.pool.fetch("SELECT state, count(*) AS count FROM deliveries GROUP BY state")
        return {row["state"]: row["count"] for row in rows}


@contextlib.asynccontextmanager
async def opened_scene(database_url: str, sandbox_url: str) -> AsyncIterator[Scene]:
    pool = await open_pool(database_url, 8)
    sandbox = Sandbox(sandbox_url)
    try:
        await sandbox.reset()
        await add_app_and_pixel(pool)
        async with events_client() as client:
            yield Scene(pool, sandbox, client)
    finally:
        await sandbox.close()
        await pool.close()


async def add_app_and_pixel(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ($1, 'App', '\\x01', '\\x01')", APP
    )
    await pool.execute("INSERT INTO links (slug, app_id) VALUES ('spring', $1)", APP)
    token = KEYRING.encrypt(TOKEN, token_record(PIXEL))
    await pool.execute(
        "INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ($1, $2, $3, $4)", PIXEL, APP, CODE, token
    )


def rows_of_request(request: dict[str, Any]) -> Sequence[str]:
    """The event ids a request held, as the sandbox received them."""
    return [row["event_id"] for row in json.loads(request["body"])["data"]]


async def deliver(scene: Scene) -> Batch:
    """One batch of the pixel."""
    return await deliver_batch(scene.delivery_context, PIXEL_REF)
