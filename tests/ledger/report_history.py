"""What may happen to an app's figures, one step at a time, by the functions that intake and the worker call."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from ledger.counts import add_counts
from ledger.erasure import erase, erase_click
from ledger.events import NewEvent, join_events
from ledger.installs import Install, get_installs, pending_installs, update_matches
from ledger.pool import open_pool
from ledger.refund_events import Refunds, TakenBack, take_back
from ledger.report_deltas import counted_anew
from ledger.report_roll_ups import NOTHING, add_up
from ledger.report_zones import begin_anew
from ledger.retention import delete_old
from ledger.stored_events import store_events
from ledger.stored_installs import NewInstalls, store_installs

# the clocks of Berlin are set back on the morning of the 25th of October, those of New York a week later
BEGIN = datetime(2026, 10, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ADDER = "report_history_adder"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Visits:
    begins_s: int
    visits: int
    kind: str
    link: str
    campaign_id: str = "c1"
    platform: str = "ios"
    adgroup_id: str = ""
    ad_id: str = "a1"
    creative_id: str = "k1"


@dataclass(frozen=True)
class History:
    pool: Any
    url: str
    app_id: str

    @property
    def link(self) -> str:
        return f"link-of-{self.app_id}"

    def at(self, quarters: int) -> datetime:
        return BEGIN + timedelta(minutes=15 * quarters, seconds=7)

    def click(self, number: int) -> dict[str, Any]:
        return {"click_id": f"{self.app_id}-{number}", "campaign_id": f"c{number % 2}", "ad_id": f"a{number % 3}"} | {
            "link": self.link
        }

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def install(self, number: int, quarters: int, method: str) -> None:
        """An install whose match is `method`; the events that waited for it join."""
        click = self.click(number) if method == "referrer" else None
        at, name = self.at(quarters), f"i{number}"
        row = Install(
            self.app_id, name, "ios", at, at, {"device": {"locale": ("de-DE", "en_GB", "eo")[number % 3]}}, method,
            None, "", {}, click["click_id"] if click else None, click, (f"p{number % 2}",),
        )  # fmt: skip
        async with self.transaction() as connection:
            won = await store_installs(connection, NewInstalls([row]))
            if won:
                await join_events(connection, [(self.app_id, name, row.external_ids)])

    async def match(self) -> None:
        """The worker matches what waits."""
        async with self.transaction() as connection:
            waiting = await pending_installs(connection, self.app_id, 10, NOW)
            clicks = [self.click(int(install.install_id[1:])) for install in waiting]
            matched = [
                msgspec.structs.replace(install, match_method="referrer", click_id=click["click_id"], click=click)
                for install, click in zip(waiting, clicks, strict=True)
            ]
            async with counted_anew(connection, [install.key for install in matched]):
                await update_matches(connection, matched)

    async def event(self, number: int, install: int, quarters: int, what: tuple[str, str, str | None]) -> None:
        """An event of an install that may not be there yet; `what` is its source, name and value."""
        source, name, value = what
        known = await get_installs(self.pool, [(self.app_id, f"i{install}")])
        event = NewEvent(
            self.app_id, f"e{number}", source, name, f"i{install}", (), self.at(quarters), self.at(quarters),
            Decimal(value) if value else None, ("EUR", "USD", None)[number % 3] if value else None,
            {"proceeds": "0.70"} if source != "sdk" else {}, bool(known), (), f"s{install}",
        )  # fmt: skip
        async with self.transaction() as connection:
            await store_events(connection, [event])

    async def take_back(self, install: int, amount: str | None) -> None:
        """What was refunded to an install is taken back, in part or all."""
        of = Refunds(self.app_id, f"s{install}", ("stripe_refund",))
        async with self.transaction() as connection:
            await take_back(connection, TakenBack(of, Decimal(amount) if amount else None, NOW))

    async def drain(self, number: int, quarters: int, visits: int) -> None:
        begins_s = int(self.at(quarters).timestamp()) // 900 * 900
        rows = [Visits(begins_s, visits, kind, self.link) for kind in ("click", "bot")]
        await add_counts(self.pool, f"{self.app_id}-{number}", rows)

    async def erase(self, install: int) -> None:
        async with self.transaction() as connection:
            await erase(connection, b"key", self.app_id, install_id=f"i{install}")

    async def erase_person(self, person: int) -> None:
        async with self.transaction() as connection:
            await erase(connection, b"key", self.app_id, external_id=f"p{person}")

    async def erase_click(self, number: int) -> None:
        async with self.transaction() as connection:
            await erase_click(connection, self.app_id, self.click(number)["click_id"])

    async def retain(self, quarters: int) -> None:
        """What is older is deleted, and reports keep it."""
        await delete_old(self.pool, 0, self.at(quarters))

    async def set(self, key: str, value: str) -> None:
        await self.pool.execute(
            "UPDATE apps SET settings = settings || jsonb_build_object($2::text, $3::text) WHERE app_id = $1",
            self.app_id, key, value,
        )  # fmt: skip

    async def add_up(self) -> None:
        while await add_up(self.pool, NOW) != NOTHING:
            pass

    async def add_up_once(self) -> None:
        """One chunk, or one part of what is built anew."""
        await add_up(self.pool, NOW)

    async def count_anew(self) -> None:
        await begin_anew(self.pool, self.app_id)

    async def add_up_and_die(self, after_ms: int) -> None:
        """A worker whose connections are ended while it adds up."""
        doomed = await open_pool(self.url, 1, {"application_name": ADDER})
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            adding = asyncio.ensure_future(add_up(doomed, NOW))
            await asyncio.sleep(after_ms / 1000)
            await self.pool.fetch(KILL, ADDER)
            await adding
        doomed.terminate()


@asynccontextmanager
async def history(url: str) -> AsyncIterator[History]:
    """Of an app of its own, in Berlin."""
    pool = await open_pool(url, 4)
    app_id = f"app_{uuid.uuid4().hex[:12]}"
    try:
        await pool.execute(
            "INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted, settings)"
            """ VALUES ($1, 'A', $2, '', '{"timezone": "Europe/Berlin"}')""",
            app_id, app_id.encode(),
        )  # fmt: skip
        await pool.execute("INSERT INTO links (slug, app_id) VALUES ($1, $2)", f"link-of-{app_id}", app_id)
        yield History(pool, url, app_id)
    finally:
        await pool.close()
