"""Does a long queue slow the sending? `python -m loadtests.queue_depth [--deep 1000000]`

A real `signalpost up --demo` is started, its pixel disabled, a backlog put into the ledger by SQL, the pixel enabled,
and what the sandbox takes is counted over a window: once with a short backlog, once with a long one, once more with a
short one, so that a machine that slows down meanwhile shows. Writes `results/delivery.md`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from loadtests.cores import choose_cores, cpu_seconds
from loadtests.machine import Machine, describe_machine
from loadtests.product import Product

RESULT = Path(__file__).parent / "results" / "delivery.md"
SHALLOW = 80_000
WARM_S = 3.0
WINDOW_S = 12.0
IDLE_LIMIT_S = 60.0
INSTALLS = 1_000
ALLOWED_SLOWDOWN = 0.20

USER_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
PUT_INSTALLS = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id, click)
SELECT $1, 'load-' || n, 'ios', now(), $2::jsonb, 'click_id', 'load-' || n,
    jsonb_build_object('click_id', lpad(n::text, 22, '0'), 'at_ms', extract(epoch FROM now())::bigint * 1000,
        'link', $3::text, 'ttclid', 'E.C.P.' || repeat(md5(n::text), 10), 'ip', '203.0.113.7', 'user_agent', $4::text,
        'languages', 'en-GB', 'query', 'campaign_id=1&ad_id=2', 'ttp', null)
FROM generate_series(0, $5::integer - 1) n
ON CONFLICT DO NOTHING
"""
PUT_EVENTS = """
INSERT INTO events (app_id, event_id, name, install_id, occurred_at, value, currency, body, joined)
SELECT $1, $2::text || n, 'purchase', 'load-' || n % $3::integer, now(), 9.99, 'EUR',
    '{"properties": {"order_id": "o1", "contents": [{"content_id": "sku1", "price": 9.99, "quantity": 1}]}}', true
FROM generate_series(1, $4::integer) n
"""
PUT_DELIVERIES = """
INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event, install_id,
    state, next_attempt_at)
SELECT e.app_id, $2, e.event_key, md5(e.event_id), e.event_id, e.name, 'Purchase', e.install_id, 'due',
    now() - e.event_key % 3600 * interval '1 second'
FROM events e WHERE e.app_id = $1 AND e.name = 'purchase'
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One window of sending."""

    backlog: int
    rate: float
    """Deliveries per second."""
    cpu_us: float
    """Of the worker, per delivery."""


class QueueBench:
    """The ledger of a running product, filled and emptied by SQL."""

    def __init__(self, product: Product, connection: asyncpg.Connection) -> None:
        self._product, self._connection = product, connection
        self._sandbox = f"http://127.0.0.1:{product.contestant('sandbox', '/').port}/_sandbox"
        self._worker = product.pid("worker")
        self._round = 0

    async def measure(self, backlog: int) -> Measured:
        """Fill, send for a while, stop."""
        await self._fill(backlog)
        self._ask("reset", {})
        await self._connection.execute("UPDATE pixels SET enabled = true")
        await asyncio.sleep(WARM_S)
        taken, used, begun = self._taken(), cpu_seconds(self._worker), time.monotonic()
        await asyncio.sleep(WINDOW_S)
        seconds, taken = time.monotonic() - begun, self._taken() - taken
        used = cpu_seconds(self._worker) - used
        await self._connection.execute("UPDATE pixels SET enabled = false")
        await self._until_idle()
        return Measured(backlog, taken / seconds, used / max(1, taken) * 1e6)

    async def _fill(self, backlog: int) -> None:
        self._round += 1
        demo = self._product.demo
        await self._connection.execute("UPDATE pixels SET enabled = false")
        await self._until_idle()
        await self._connection.execute("TRUNCATE events CASCADE")
        body = json.dumps({"ip": "203.0.113.7", "user_agent": USER_AGENT, "user": {"email": "someone@example.com"}})
        app = demo["app_id"]
        await self._connection.execute(PUT_INSTALLS, app, body, demo["slug"], USER_AGENT, INSTALLS, timeout=600)
        await self._connection.execute(PUT_EVENTS, app, f"load-{self._round}-", INSTALLS, backlog, timeout=600)
        await self._connection.execute(PUT_DELIVERIES, app, demo["pixel_id"], timeout=600)
        await self._connection.execute("ANALYZE events, deliveries, installs", timeout=600)
        await self._connection.execute("CHECKPOINT", timeout=600)

    async def _until_idle(self) -> None:
        """What is in flight when the pixel is disabled comes to its end."""
        deadline = time.monotonic() + IDLE_LIMIT_S
        while await self._connection.fetchval("SELECT EXISTS (SELECT FROM deliveries WHERE state = 'sending')"):
            if time.monotonic() > deadline:
                raise TimeoutError("deliveries are still being sent a minute after their pixel was disabled")
            await asyncio.sleep(0.2)

    def _taken(self) -> int:
        with urllib.request.urlopen(f"{self._sandbox}/events?limit=1") as answer:  # noqa: S310 - our own address
            return int(json.load(answer)["total"])

    def _ask(self, what: str, body: object) -> None:
        request = urllib.request.Request(f"{self._sandbox}/{what}", json.dumps(body).encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 - our own address


async def run(deep: int) -> list[Measured]:
    """A short, a long and again a short backlog."""
    with tempfile.TemporaryDirectory(prefix="sp-") as directory, Product(Path(directory)) as product:
        connection = await asyncpg.connect(product.database_url, command_timeout=600)
        try:
            bench = QueueBench(product, connection)
            return [await bench.measure(backlog) for backlog in (SHALLOW, deep, SHALLOW)]
        finally:
            await connection.close()


def report(measured: list[Measured], machine: Machine) -> str:
    """The table as Markdown."""
    shallow = statistics.mean(m.rate for m in measured if m.backlog == SHALLOW)
    deep = next(m.rate for m in measured if m.backlog != SHALLOW)
    rows = "\n".join(f"| {m.backlog:,} | {m.rate:,.0f} | {m.cpu_us:.0f} |" for m in measured)
    return f"""# Delivery: does a long queue slow the sending?

{machine.at}, commit {machine.commit}, {machine.cores} x {machine.processor}, {machine.system}, Python {machine.python};
load before: {machine.load_before:.1f}. Worker, sandbox, Redis and PostgreSQL share the machine; nothing is pinned.
Made by `python -m loadtests.queue_depth`.

| pending deliveries | deliveries/s | worker CPU us per delivery |
|---:|---:|---:|
{rows}

With the long queue: {deep / shallow:.0%} of the rate with the short one (the aim: at least {1 - ALLOWED_SLOWDOWN:.0%}).
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deep", type=int, default=1_000_000, help="deliveries of the long queue (%(default)s)")
    options = parser.parse_args()
    machine = describe_machine(choose_cores())
    text = report(asyncio.run(run(options.deep)), machine)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
