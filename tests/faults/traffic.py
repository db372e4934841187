"""Phones and apps: clicks, installs and events at a set rate, whether they are answered or not, and what came back."""

import asyncio
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.redirector.serving import ttclid
from tests.redirector.wire import Reply, read_reply, request

NO_ANSWER = 0
IDLE_S = 1.0  # a connection unused for longer is not trusted to be still open
ACCEPTED = {200, 202}


@dataclass(frozen=True, slots=True)
class Target:
    """Where the traffic goes."""

    redirector: int
    forwarder: int
    slug: str
    api_key: str


@dataclass(slots=True)
class Click:
    ttclid: str
    at: float
    """Of the monotonic clock: when it was due."""
    status: int = NO_ANSWER
    latency_s: float = 0.0
    """From when it was due."""
    click_id: str = ""


@dataclass(slots=True)
class Post:
    """An install or an event. `source_event_id` is what the ledger calls it by."""

    kind: Literal["install", "event"]
    source_event_id: str
    body: dict[str, Any]
    at: float
    statuses: list[int] = field(default_factory=list)
    """Of each time it was sent."""
    latency_s: float = 0.0
    accepted: bool = False


class Traffic:
    """Runs in a thread; the lists are read once it has stopped."""

    def __init__(
        self, target: Target, seed: int, per_second: float = 100.0, shares: tuple[float, float] = (0.8, 0.07)
    ) -> None:
        """`shares`: of clicks and of installs; the rest are events."""
        self.clicks: list[Click] = []
        self.posts: list[Post] = []
        self._target = target
        self._seed = seed
        self._random = random.Random(seed)
        self._per_second = per_second
        self._clicks, self._clicks_and_installs = shares[0], sum(shares)
        self._stopping = threading.Event()
        self._idle: dict[int, list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]]] = {}
        self._referrers: list[str] = []
        self._installs: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        self._stopping.clear()
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def send_again(self) -> None:
        """What was refused or not answered, as an app does: until it is taken, ten times at most."""

        async def run() -> None:
            for _ in range(10):
                waiting = [post for post in self.posts if not post.accepted]
                if not waiting:
                    break
                await asyncio.gather(*(self._post(post) for post in waiting[:50]))
                await asyncio.sleep(0.5)
            self._close()

        asyncio.run(run())

    async def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(self._one(due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            due += self._random.expovariate(self._per_second)
        await asyncio.gather(*self._tasks)
        self._close()

    def _close(self) -> None:
        for idle in self._idle.values():
            for _, _, writer in idle:
                writer.transport.abort()
        self._idle.clear()

    async def _one(self, due: float) -> None:
        draw = self._random.random()
        if draw < self._clicks:
            await self._click(due)
        elif draw < self._clicks_and_installs or not self._installs:
            await self._install(due)
        else:
            await self._event(due)

    async def _click(self, due: float) -> None:
        number = len(self.clicks)
        click = Click(ttclid(self._seed * 1_000_000 + number), due)
        self.clicks.append(click)
        query = f"campaign_id=17&campaign_name=Summer&ad_id=18&ttclid={click.ttclid}"
        forwarded = f"X-Forwarded-For: 8.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        sent = request(f"/{self._target.slug}?{query}", forwarded)
        reply = await self._ask(self._target.redirector, sent)
        click.latency_s = time.monotonic() - due
        if reply is None:
            return
        click.status = reply.status
        if reply.status == 302:
            click.click_id = reply.click_id
            self._referrers.append(parse_qs(urlsplit(reply.location).query)["referrer"][0])

    async def _install(self, due: float) -> None:
        install_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        body: dict[str, Any] = {"install_id": install_id, "platform": "android", "ip": "9.9.9.9"}
        if self._referrers:
            body["install_referrer"] = self._referrers.pop(self._random.randrange(len(self._referrers)))
        self._installs.append(install_id)
        post = Post("install", f"install:{install_id}", body, due)
        self.posts.append(post)
        await self._post(post)

    async def _event(self, due: float) -> None:
        event_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        install_id = self._random.choice(self._installs)
        body = {"event_id": event_id, "install_id": install_id, "name": "purchase", "value": "9.99", "currency": "EUR"}
        post = Post("event", event_id, body, due)
        self.posts.append(post)
        await self._post(post)

    async def _post(self, post: Post) -> None:
        body = json.dumps(post.body).encode()
        began = time.monotonic()
        head = (
            f"POST /v1/{post.kind}s HTTP/1.1\r\nHost: app.test\r\nAuthorization: Bearer {self._target.api_key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reply = await self._ask(self._target.forwarder, head.encode() + body)
        post.statuses.append(reply.status if reply else NO_ANSWER)
        post.latency_s = max(post.latency_s, time.monotonic() - began)
        post.accepted = post.accepted or (reply is not None and reply.status in ACCEPTED)

    async def _ask(self, port: int, sent: bytes) -> Reply | None:
        """The reply; None where there is none, or no whole one, within ten seconds."""
        writer = None
        try:
            reader, writer = await self._connection(port)
            writer.write(sent)
            reply = await read_reply(reader)
        except (OSError, EOFError, TimeoutError, ValueError):
            if writer is not None:
                writer.transport.abort()
            return None
        if reply.header("connection") == "close":
            writer.transport.abort()
        else:
            self._idle.setdefault(port, []).append((time.monotonic(), reader, writer))
        return reply

    async def _connection(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        idle = self._idle.setdefault(port, [])
        while idle:
            since, reader, writer = idle.pop()
            if time.monotonic() - since < IDLE_S and not reader.at_eof():
                return reader, writer
            writer.transport.abort()
        return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 10)
