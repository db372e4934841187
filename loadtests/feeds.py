"""What open live feeds cost the console: `python -m loadtests.feeds`, beside a running `signalpost up --demo`.

Signs in, opens one feed and then many, lets events come in, and reads the console's memory and processor time from the
system. Writes `loadtests/results/feeds.md`. It takes about two minutes and knows nothing of ours but the outer surface.
"""

import argparse
import asyncio
import json
import random
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import psutil

from loadtests.cores import choose_cores
from loadtests.machine import describe_machine

RESULT = Path(__file__).parent / "results" / "feeds.md"
STREAM = {"accept": "text/event-stream"}
CLICKS = re.compile(r"\bclicks? on\b")
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"
)
AT = re.compile(r'<time datetime=\\"([^"\\]+)')


class Feed:
    """One open feed and what it has received."""

    def __init__(self) -> None:
        self.items = 0
        self.delays: list[float] = []
        """Seconds from an item's own time to its arrival here."""
        self.opened = asyncio.Event()
        self.clicked = asyncio.Event()
        """A line of clicks has come."""

    async def read(self, client: httpx.AsyncClient, path: str) -> None:
        async with client.stream("GET", path, headers=STREAM, timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    self._take(line)

    def _take(self, line: str) -> None:
        if not self.opened.is_set():
            self.opened.set()
            return
        now = time.time()
        if CLICKS.search(line):
            self.clicked.set()
        self.items += json.loads(line[5:])["count"]
        self.delays += [now - datetime.fromisoformat(at).timestamp() for at in AT.findall(line)]


@asynccontextmanager
async def opened(client: httpx.AsyncClient, path: str, number: int) -> AsyncIterator[list[Feed]]:
    feeds = [Feed() for _ in range(number)]
    tasks = [asyncio.create_task(feed.read(client, path)) for feed in feeds]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(feed.opened.wait() for feed in feeds))
        yield feeds
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def core(console: psutil.Process, seconds: float) -> float:
    """Share of a core that the process takes for so long."""
    before, began = sum(console.cpu_times()[:2]), time.monotonic()
    await asyncio.sleep(seconds)
    return float(sum(console.cpu_times()[:2]) - before) / (time.monotonic() - began)


def megabytes(console: psutil.Process) -> float:
    return float(console.memory_info().rss) / 1e6


async def post_events(url: str, key: str, rate: float, seconds: float) -> int:
    sent, began = 0, time.monotonic()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        while time.monotonic() - began < seconds:
            body = {"event_id": secrets.token_hex(8), "install_id": "none-yet", "name": "opened"}
            answer = await client.post("/v1/events", json=body, headers={"authorization": f"Bearer {key}"})
            answer.raise_for_status()
            sent += 1
            await asyncio.sleep(max(0.0, began + sent / rate - time.monotonic()))
    return sent


async def click_delays(url: str, feed: Feed, number: int) -> list[float]:
    """Seconds from a click's answer to its line in the feed, one click after another at no fixed beat."""
    delays: list[float] = []
    async with httpx.AsyncClient(trust_env=False, headers={"user-agent": PHONE}) as phone:
        for _ in range(number):
            await asyncio.sleep(random.uniform(0.2, 2.2))
            feed.clicked.clear()
            answer = await phone.get(url, params={"ttclid": secrets.token_hex(16)})
            assert answer.status_code == httpx.codes.FOUND, answer.text  # noqa: S101
            answered = time.monotonic()
            async with asyncio.timeout(30):
                await feed.clicked.wait()
            delays.append(time.monotonic() - answered)
    return sorted(delays)


async def measure(given: argparse.Namespace) -> list[tuple[str, str]]:
    data = Path(given.data_dir)
    demo, run = json.loads((data / "demo.json").read_text()), json.loads((data / "run.json").read_text())
    ours = run["processes"]["console"]
    console, path = psutil.Process(ours["pid"]), f"/apps/{demo['app_id']}/live/items"
    limits = httpx.Limits(max_connections=None)
    rows: list[tuple[str, str]] = []
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=ours["url"], trust_env=False, limits=limits)
        )
        rows.append(("memory before anybody opens a page", f"{megabytes(console):.0f} MB"))
        signed_in = await client.post("/login", data={"email": given.email, "password": given.password})
        assert signed_in.status_code == httpx.codes.SEE_OTHER, signed_in.text  # noqa: S101
        rows.append(("idle, no feed", percent(await core(console, given.seconds))))
        async with opened(client, path, 1) as (feed,):
            rows.append(("one feed, nothing happens", percent(await core(console, given.seconds))))
            clicks = await click_delays(f"{run['processes']['redirector']['url']}/{demo['slug']}", feed, given.clicks)
            shown = ", ".join(f"{at:.2f} s" for at in spread(clicks))
            rows.append((f"{given.clicks} clicks, from answered to shown: median, p99, most", shown))
        async with opened(client, path, given.feeds) as feeds:
            quiet = await core(console, given.seconds)
            rows.append((f"{given.feeds} feeds, nothing happens", each(quiet, given.feeds)))
            cost, sent = await asyncio.gather(
                core(console, given.seconds),
                post_events(run["processes"]["forwarder"]["url"], demo["api_key"], given.rate, given.seconds),
            )
            await asyncio.sleep(3)
            delays = sorted(delay for feed in feeds for delay in feed.delays)
            fewest = min(feed.items for feed in feeds)
            rows += [
                (f"{given.feeds} feeds, {given.rate:g} events/s", each(cost, given.feeds)),
                ("events sent, and received by the feed with the fewest", f"{sent}, {fewest}"),
                ("from received to shown: median, p99, most", ", ".join(f"{at:.2f} s" for at in spread(delays))),
                (f"memory with {given.feeds} feeds", f"{megabytes(console):.0f} MB"),
            ]
    return rows


def each(cost: float, feeds: int) -> str:
    return f"{percent(cost)}: {percent(cost / feeds)} each"


def spread(delays: list[float]) -> tuple[float, float, float]:
    return delays[len(delays) // 2], delays[int(len(delays) * 0.99)], delays[-1]


def percent(share: float) -> str:
    return f"{share:.2%} of a core"


def written(rows: list[tuple[str, str]]) -> str:
    seen = describe_machine(choose_cores())
    head = (
        f"{seen.at}, commit {seen.commit}, {seen.cores} x {seen.processor}, {seen.system}, Python {seen.python};\n"
        f"load before: {seen.load_before:.1f}. Everything, the readers included, shares the machine, unpinned.\n"
        "Made by `python -m loadtests.feeds`. Processor time is the console's alone."
    )
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(["# Open live feeds: what they cost the console", "", head, "", "| | |", "|---|---|", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", default="var")
    parser.add_argument("--email", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--clicks", type=int, default=20, help="one after another")
    parser.add_argument("--rate", type=float, default=5.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    text = written(asyncio.run(measure(parser.parse_args())))
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
