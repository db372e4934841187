"""A world for the state machine: the forwarder's application, the click store, the ledger, a worker and the sandbox,
all real, and a model of what must come of what happens in it.
"""

import dataclasses
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from forwarder.delivering.delivery import LEASE_FOR, deliver_batch
from forwarder.jobs.pending_matches import join_missed
from ledger.delivery_claims import CLAIM, SETTLE, STORE_PREPARED
from tests.faults.delivery_oracle import Crash, DoomedPool, drain, reconcile
from tests.forwarder.api import PIXEL, Api, opened_api, settings
from tests.forwarder.delivering.scene import CODE, KEYRING, PIXEL_REF, TOKEN, Sandbox, Scene
from tiktok.events_api import events_client

STEPS = (CLAIM, STORE_PREPARED, SETTLE)


@dataclass
class Person:
    """An install as the model knows it."""

    attributed: bool
    refuses: bool = False
    refused_before: bool = False
    """Consent was withdrawn while some of their events were under way, so either end is right for those."""


@dataclass
class RecordFields:
    """An event as the model knows it."""

    install_id: str
    refuses: bool
    """Its own word on consent."""


class World:
    """Everything, opened once per example."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.events: dict[str, RecordFields] = {}
        self.refused_by_event: set[str] = set()
        """Installs of which an event refused: that is their word, too, for whatever is not sent yet."""
        self.crashes = 0
        self.clicks: list[str] = []
        self._stack = AsyncExitStack()

    async def open(self, database_url: str, redis_url: str, data_dir: Path, sandbox_url: str) -> None:
        enter = self._stack.enter_async_context
        await _empty(database_url)
        self.api: Api = await enter(opened_api(settings(database_url, redis_url, data_dir)))
        client: httpx.AsyncClient = await enter(events_client())
        sandbox = Sandbox(sandbox_url)
        self._stack.push_async_callback(sandbox.close)
        await sandbox.reset()
        self.scene = Scene(self.api.pool, sandbox, client)
        token = KEYRING.encrypt(TOKEN, f"pixel:{PIXEL}:token")
        await self.api.pool.execute("UPDATE pixels SET code = $1, token_encrypted = $2", CODE, token)

    async def close(self) -> None:
        await self._stack.aclose()

    # -- what happens

    async def click(self) -> None:
        self.clicks.append(await self.api.click(ip=f"203.0.113.{len(self.clicks) + 1}", ago_s=60))

    async def install(self, install_id: str, click: int | None, refuses: bool) -> None:
        """The first report of an install stands, however often it comes, but for its word on consent."""
        known = install_id in self.people
        attributed = click is not None and click < len(self.clicks)
        fields: dict[str, Any] = {"click_id": self.clicks[click]} if attributed and click is not None else {}
        answer = await self.api.install(
            install_id=install_id, ip="198.51.100.1", **fields,
            consent={"marketing": "denied" if refuses else "granted"},
        )  # fmt: skip
        if known:
            person = self.people[install_id]
            assert answer["attributed"] in {person.attributed, False}
            person.refused_before = person.refused_before or person.refuses != refuses
            return
        self.people[install_id] = Person(answer["attributed"], refuses, install_id in self.refused_by_event)
        self.events[f"install:{install_id}"] = RecordFields(install_id, False)

    async def event(self, event_id: str, install_id: str, refuses: bool) -> None:
        consent = {"consent": {"marketing": "denied"}} if refuses else {}
        answer = await self.api.events({"event_id": event_id, "install_id": install_id, "name": "purchase", **consent})
        assert answer["accepted"] == (event_id not in self.events)
        if refuses:
            self.refused_by_event.add(install_id)
            if install_id in self.people:
                self.people[install_id].refused_before = True
        if event_id not in self.events:
            self.events[event_id] = RecordFields(install_id, refuses)

    async def change_consent(self, install_id: str, refuses: bool) -> None:
        person = self.people.get(install_id)
        if person is None or person.refuses == refuses:
            return
        person.refuses, person.refused_before = refuses, True
        await self.api.pool.execute(
            "UPDATE installs SET body = body || $2 WHERE install_id = $1",
            install_id,
            {"consent": {"marketing": "denied" if refuses else "granted"}},
        )

    async def deliver(self) -> None:
        await deliver_batch(self.scene.delivery_context, PIXEL_REF)

    async def crash(self, step: int, after: bool) -> None:
        """A worker is killed at one of its statements, if it gets there."""
        pool = DoomedPool(self.api.pool, STEPS[step], after)
        try:
            await deliver_batch(dataclasses.replace(self.scene.delivery_context, pool=pool), PIXEL_REF)
        except Crash:
            self.crashes += 1
            self.scene.clock.now += LEASE_FOR

    async def misbehave(self, **fault: Any) -> None:
        await self.scene.sandbox.fault(**fault)

    def turn(self, seconds: int) -> None:
        self.scene.clock.turn(seconds=seconds)

    # -- what must come of it

    async def settle(self) -> None:
        """Let everything come to its end, and compare it with the model."""
        await self.scene.sandbox.clear_faults()
        await join_missed(self.api.pool, self.scene.clock.now)
        await drain(self.scene)
        states = await reconcile(self.scene, list(self.events), self.crashes)
        ended = {event_id: state for state, events in states.items() for event_id in events}
        for event_id, told in self.events.items():
            assert ended[event_id] in self._possible(told), (event_id, told, ended[event_id])
        await self._only_clicks_have_click_ids()

    def _possible(self, told: RecordFields) -> set[str]:
        person = self.people.get(told.install_id)
        if told.refuses:
            return {"suppressed"}
        if person is None:
            # after the wait for its install
            return {"delivered", "suppressed"} if told.install_id in self.refused_by_event else {"delivered"}
        if person.refused_before:
            return {"delivered", "suppressed"}
        return {"suppressed"} if person.refuses else {"delivered"}

    async def _only_clicks_have_click_ids(self) -> None:
        attributed = {install_id for install_id, person in self.people.items() if person.attributed}
        for event in (await self.scene.sandbox.events())["items"]:
            row = await self.api.pool.fetchrow(
                "SELECT install_id FROM deliveries WHERE event_id = $1", event["event_id"]
            )
            carries = "ttclid" in event["payload"]["user"]
            assert not carries or row["install_id"] in attributed


async def _empty(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("TRUNCATE apps, click_claims, tombstones, alerts, visit_counts, count_drains CASCADE")
    await connection.close()
