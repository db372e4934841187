"""An app that is connected to an account of the sandbox's, whose spend is imported into a real ledger."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from ad_accounts.import_context import ImportContext
from ad_accounts.import_turn import import_turn
from ad_accounts.quota import Quota
from config.secrets import Keyring
from ledger.advertisers import SeenAdvertiser, put_advertisers, select_advertiser
from ledger.apps import App, AppSettings, insert_app
from ledger.grants import NewGrant, access_record, store_grant
from ledger.pool import open_pool
from ledger.spend_progress import DueImport, SpendProgress, due_imports, get_progress
from sandbox.app import create_app
from tests.sandbox.accounts.examples import ACCESS, AD, ADVERTISER, an_account, an_advertiser
from tiktok.business_api import BusinessApi

APP = "app_aaaaaaaaaaaa"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)  # 11:00 in Berlin
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))
BASE = "https://go.example.com"


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """Unix s."""
        return self.now.timestamp()

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def spent(hour: str, spend: str, ad_id: str = AD, **more: Any) -> dict[str, Any]:
    """A row of the sandbox's: `hour` is `2026-11-20 09` in the account's zone, or has an offset."""
    text = f"{hour}:00:00" if len(hour) == 13 else hour
    return {"ad_id": ad_id, "hour": text, "spend": spend, "impressions": 100, "clicks": 3, **more}


class ImportScene:
    """One advertiser of one app."""

    def __init__(self, pool: Any, client: httpx.AsyncClient, clock: Clock) -> None:
        self.pool = pool
        self.client = client
        self.clock = clock
        self.outcomes: list[str] = []
        self.context = self.new_context()

    def new_context(self, **changes: Any) -> ImportContext:
        """As another process would have it."""
        fields: dict[str, Any] = {
            "pool": self.pool,
            "api": BusinessApi(self.client, "http://sandbox.test"),
            "keyring": KEYRING,
            "quota": Quota(self.clock, sleep=self.sleep, per_minute=100_000, per_second=100_000),
            "clock": self.clock,
            "public_base": BASE,
            "counted": self.outcomes.append,
        }
        return ImportContext(**{**fields, **changes})

    async def sleep(self, seconds: float) -> None:
        """The clock is turned instead."""
        self.clock.turn(seconds=seconds)

    async def connect(
        self, app_id: str = APP, opened_at: datetime | None = OPENED, zone: str = "Europe/Berlin"
    ) -> None:
        await insert_app(
            self.pool, App(app_id, app_id, AppSettings(), app_id.encode(), b"", {}, datetime(2026, 1, 1, tzinfo=UTC))
        )
        token = KEYRING.encrypt(ACCESS, access_record(app_id))
        await store_grant(self.pool, NewGrant(app_id, token, None, None, ("4",)), self.clock())
        seen = SeenAdvertiser(ADVERTISER, "Tea", "EUR", zone, "STATUS_ENABLE", "ADMIN", opened_at)
        await put_advertisers(self.pool, app_id, [seen], self.clock())
        async with self.pool.acquire() as connection, connection.transaction():
            await select_advertiser(connection, app_id, ADVERTISER, self.clock())

    async def load(self, *rows: Mapping[str, Any], **changes: Any) -> None:
        """The account at the sandbox, anew, with these rows of spend."""
        account = an_account(an_advertiser(**{"spend": list(rows), **changes}))
        answer = await self.client.post("/_sandbox/accounts", json=account)
        assert answer.status_code == 201, answer.text
        await self.client.post("/_sandbox/grants", json={"access_token": ACCESS})

    async def correct(self, **correction: Any) -> None:
        answer = await self.client.post("/_sandbox/spend", json={"advertiser_id": ADVERTISER, **correction})
        assert answer.status_code == 201, answer.text

    async def fault(self, **fault: Any) -> None:
        answer = await self.client.post("/_sandbox/faults", json=fault)
        assert answer.status_code in (200, 201), answer.text

    async def due(self) -> list[DueImport]:
        return await due_imports(self.pool, self.clock())

    async def turn(self, context: ImportContext | None = None) -> None:
        """One turn, due or not."""
        await import_turn(context or self.context, DueImport(ADVERTISER, APP))

    async def turns(self, most: int = 40) -> int:
        """Turns until nothing is due; how many."""
        for number in range(most):
            due = await self.due()
            if not due:
                return number
            for one in due:
                await import_turn(self.context, one)
        raise AssertionError(f"still due after {most} turns")

    async def progress(self) -> SpendProgress:
        found = await get_progress(self.pool, ADVERTISER)
        assert found is not None
        return found

    async def days(self, ad_id: str | None = None) -> dict[date, Decimal]:
        """Stored spend by day, of one ad or of all."""
        rows = await self.pool.fetch(
            "SELECT day, sum(spend) AS spend FROM ad_days WHERE ($1::text IS NULL OR ad_id = $1) GROUP BY day", ad_id
        )
        return {row["day"]: row["spend"] for row in rows}

    async def hours(self, day: date) -> dict[str, Decimal]:
        """Stored spend by hour: `23:00` of UTC, with the day where it is another -> spend."""
        rows = await self.pool.fetch(
            "SELECT begins_at, sum(spend) AS spend FROM ad_hours WHERE day = $1 GROUP BY begins_at ORDER BY begins_at",
            day,
        )
        return {f"{row['begins_at'].astimezone(UTC):%m-%d %H:%M}": row["spend"] for row in rows}

    async def asked(self, path: str = "/report/integrated/get/") -> list[dict[str, str]]:
        """Queries of every call of this path that the sandbox had."""
        answer = await self.client.get("/_sandbox/requests", params={"limit": 1000})
        return [one for one in answer.json()["items"] if path in one["path"]]


@asynccontextmanager
async def import_scene(database_url: str, clock: Clock | None = None) -> AsyncIterator[ImportScene]:
    """With an empty ledger and a sandbox in this process."""
    clock = clock or Clock()
    app = create_app(clock=clock.seconds)
    pool = await open_pool(database_url, max_size=4)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.test") as client:
        try:
            yield ImportScene(pool, client, clock)
        finally:
            await pool.close()
