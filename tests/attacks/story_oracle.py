"""What must hold of a story once all has come to rest.

Every 302 a stored or counted click, none twice; accepted = delivered + dead + suppressed + skipped; one event_id per
conversion, the same bytes on each send, and nothing at TikTok that was not accepted.
"""

import asyncio
import time
from collections import Counter, defaultdict
from typing import Any

import asyncpg
import httpx
import msgspec

from clicks.connection import connect
from clicks.store import ClickStore
from config.secrets import load_keyring
from tests.attacks.story import PATIENCE_S, Story
from tests.forwarder.api import SECRET_KEY

FINAL = {"delivered", "dead", "suppressed", "skipped"}
# what a worker held that was killed, and what TikTok put off, need not wait for its time: nobody else sends it now
HURRY = """
UPDATE deliveries SET next_attempt_at = now() WHERE app_id = $1 AND (
    (state = 'sending' AND next_attempt_at < now() + interval '20 seconds')
    OR (state = 'due' AND next_attempt_at > now() AND EXISTS (
        SELECT FROM attempts a WHERE a.app_id = deliveries.app_id AND a.delivery_id = deliveries.delivery_id)))
"""
ROWS = """
SELECT d.event_id, d.source_event_id, d.state, d.reason FROM deliveries d WHERE d.app_id = $1
"""
VISITS = "SELECT coalesce(sum(visits), 0)::int FROM visit_counts WHERE link = $1"


async def settled(story: Story) -> None:
    """Wait until nothing is under way any more, and compare it all with the model."""
    connection = await asyncpg.connect(story.everything.database_url)
    try:
        rows = await _rows_at_rest(connection, story)
        _are_as_the_model_says(story, rows)
        await _are_at_tiktok_once(story, rows)
        await _clicks_are_stored_once(story)
        await _visits_are_counted(connection, story)
    finally:
        await connection.close()


async def _rows_at_rest(connection: Any, story: Story) -> list[Any]:
    deadline = time.monotonic() + PATIENCE_S * 2
    while True:
        await connection.execute(HURRY, story.app_id)
        rows: list[Any] = await connection.fetch(ROWS, story.app_id)
        if len(rows) >= len(story.events) and {row["state"] for row in rows} <= FINAL:
            return rows
        assert time.monotonic() < deadline, (len(story.events), [dict(row) for row in rows])
        await asyncio.sleep(0.2)


def _are_as_the_model_says(story: Story, rows: list[Any]) -> None:
    ended = {row["source_event_id"]: row["state"] for row in rows}
    assert len(ended) == len(rows)
    assert ended.keys() == story.events.keys()
    wrong = {name: (state, story.ends_of(name)) for name, state in ended.items() if state not in story.ends_of(name)}
    assert not wrong, wrong


async def _are_at_tiktok_once(story: Story, rows: list[Any]) -> None:
    ours = {row["event_id"]: row["state"] for row in rows}
    assert len(ours) == len(rows)
    async with httpx.AsyncClient(base_url=story.everything.sandbox_url, trust_env=False, timeout=60) as client:
        events = (await client.get("/_sandbox/events", params={"limit": 10_000})).json()["items"]
        requests = (await client.get("/_sandbox/requests", params={"limit": 10_000})).json()["items"]
    taken = Counter(event["event_id"] for event in events if event["event_id"] in ours)
    assert {event_id for event_id, state in ours.items() if state == "delivered"} <= taken.keys()
    assert max(taken.values(), default=1) == 1
    sent: dict[str, set[bytes]] = defaultdict(set)
    for request in requests:
        body = msgspec.json.decode(request["body"], type=_Body, strict=False)
        if body.event_source_id == story.pixel_code:
            for row in body.data:
                sent[msgspec.json.decode(row, type=_Row).event_id].add(bytes(row))
    assert sent.keys() <= ours.keys()
    assert all(len(texts) == 1 for texts in sent.values())


class _Body(msgspec.Struct):
    event_source_id: str = ""
    data: list[msgspec.Raw] = []


class _Row(msgspec.Struct):
    event_id: str


async def _clicks_are_stored_once(story: Story) -> None:
    """Those that were spooled are stored soon after Redis is back."""
    deadline = time.monotonic() + PATIENCE_S
    async with connect(story.everything.redis_url) as redis:
        keys = load_keyring(SECRET_KEY, story.everything.directory).derive("address")
        store = ClickStore(redis, keys)
        while True:
            found = [click async for clicks in store.scan(0, 2**53) for click in clicks if click.link == story.slug]
            stored = Counter(click.ttclid for click in found)
            assert max(stored.values(), default=1) == 1
            if story.clicks.keys() <= stored.keys():
                break
            assert time.monotonic() < deadline, story.clicks.keys() - stored.keys()
            await asyncio.sleep(0.2)
    assert len(stored) <= len(story.clicks) + story.unanswered


async def _visits_are_counted(connection: Any, story: Story) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (visits := await connection.fetchval(VISITS, story.slug)) < story.redirects:
        assert time.monotonic() < deadline, (visits, story.redirects)
        await asyncio.sleep(0.2)
    assert visits <= story.redirects + story.unanswered, (visits, story.redirects, story.unanswered)
