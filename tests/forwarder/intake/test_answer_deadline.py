"""Every request is answered in time: 503 while the ledger is locked or stopped, and sent again it is stored once."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs

from config.secrets import Keyring, load_keyring
from forwarder.app import build_app
from forwarder.intake.answer_deadline import ANSWER_WITHIN_S
from ledger.migrate import migrate
from ledger.pool import open_pool
from stack.engines.postgresql import PostgreSQL
from stack.engines.valkey import Valkey
from tests.engines import start_engine, stop_engine
from tests.forwarder.api import APP, KEY, fill_ledger, install_body, settings, signed
from tests.forwarder.intake.webhooks.fixtures import cases
from tests.forwarder.intake.webhooks.posting import proof, set_up

pytestmark = pytest.mark.anyio

WITHIN_S = 1.0
SLACK_S = 1.5  # this machine is shared
LOCK = """
DO $$ BEGIN EXECUTE (SELECT 'LOCK TABLE ' || string_agg(format('%I', tablename), ',') || ' IN ACCESS EXCLUSIVE MODE'
    FROM pg_tables WHERE schemaname = 'public'); END $$
"""
WEBHOOK = json.dumps(next(iter(cases("revenuecat").values()))["body"]).encode()
BEARER = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


@dataclass
class Served:
    """The application behind a socket, as apps see it, and its ledger."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool
    keyring: Keyring

    async def ask_everything(self, number: int = 0) -> list[httpx.Response]:
        """One request of each kind, all at once."""
        install = json.dumps(install_body(install_id=f"i-{number}")).encode()
        event = json.dumps({"event_id": f"e-{number}", "install_id": "before", "name": "purchase"}).encode()
        revenuecat = proof("revenuecat", WEBHOOK) | {"Content-Type": "application/json"}
        ask, plain = self.client.request, BEARER
        return await asyncio.gather(
            ask("POST", "/v1/installs", content=install, headers=plain),
            ask("POST", "/v1/installs", content=install, headers=plain),
            ask("POST", "/v1/installs", content=install, headers=signed(install, n=f"nonce-{number}")),
            ask("POST", "/v1/events", content=event, headers=plain),
            ask("POST", f"/v1/webhooks/revenuecat/{APP}", content=WEBHOOK, headers=revenuecat),
            ask("GET", "/v1/installs/before", headers=plain),
            ask("DELETE", "/v1/installs/unknown", headers=plain),
            ask("DELETE", "/v1/installs?external_id=unknown", headers=plain),
        )

    async def is_taken_once(self, number: int) -> None:
        """What was answered 503 is taken when it comes again, signed with the same nonce, too."""
        again = await self.ask_everything(number)
        assert [answer.status_code for answer in again] == [200, 200, 200, 202, 200, 200, 404, 404]
        assert [answer.json()["match"]["method"] for answer in again[:3]] == ["none"] * 3
        answer = again[3].json()
        assert answer["accepted"] + answer["duplicates"] == 1
        counted = """
            SELECT e.event_id, count(*) AS deliveries FROM events e JOIN deliveries USING (app_id, event_key)
            WHERE e.event_id LIKE '%-' || $1 GROUP BY e.app_id, e.event_key
        """
        rows = await self.pool.fetch(counted, str(number))
        assert {row["deliveries"] for row in rows} == {1}
        assert await self.pool.fetchval("SELECT count(*) FROM installs WHERE install_id = $1", f"i-{number}") == 1
        assert await self.pool.fetchval("SELECT count(*) FROM webhook_bodies") == 1


@asynccontextmanager
async def served(
    database_url: str, redis_url: str, data_dir: Path, within_s: float = WITHIN_S
) -> AsyncIterator[Served]:
    own = settings(database_url, redis_url, data_dir)
    keyring = load_keyring(own.secret_key, own.data_dir)
    pool = await open_pool(database_url, 4)
    app = build_app(own, within_s)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http="forwarder.intake.protocol:IntakeProtocol", log_config=None, ws="none")
    )
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # they are pytest's
    try:
        await fill_ledger(pool, keyring)
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            one = Served(client, pool, keyring)
            await set_up(one, "revenuecat")  # type: ignore[arg-type]  # has what it needs
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 -- uvicorn says it by a flag alone
                await asyncio.sleep(0.01)
            client.base_url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            body = install_body(install_id="before")
            assert (await client.post("/v1/installs", json=body, headers=BEARER)).status_code == 200
            yield one
            server.should_exit = True
            await serving
    finally:
        pool.terminate()


async def all_are_503(one: Served, number: int, within_s: float = WITHIN_S + SLACK_S) -> None:
    began = time.monotonic()
    answers = await one.ask_everything(number)
    assert time.monotonic() - began < within_s
    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert {answer.headers["retry-after"] for answer in answers} == {"2"}


async def test_while_all_tables_are_locked_every_request_is_answered_in_time(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    async with served(database_url, redis_url, data_dir) as one:
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.execute(LOCK)
            for _ in range(3):  # one stuck batch must not be in the way of what comes next
                await all_are_503(one, 1)
        await other.close()
        await one.is_taken_once(1)


async def test_with_its_real_deadline_a_locked_ledger_is_answered_within_ten_seconds(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    async with served(database_url, redis_url, data_dir, ANSWER_WITHIN_S) as one:
        other = await asyncpg.connect(database_url)
        async with other.transaction():
            await other.execute(LOCK)
            await all_are_503(one, 1, 10)
        await other.close()
        await one.is_taken_once(1)


def of(process: subprocess.Popen[bytes]) -> list[int]:
    """The server's processes: the first one and its children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [process.pid, *map(int, children.split())]


def signal_all(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


async def test_while_postgresql_is_stopped_every_request_is_answered_in_time(redis_url: str, data_dir: Path) -> None:
    engine = PostgreSQL(data_dir)
    process = await asyncio.to_thread(start_engine, engine)
    stopped: list[int] = []
    try:
        url = engine.database_url("postgres")
        await migrate(url)
        async with served(url, redis_url, data_dir) as one:
            stopped = of(process)
            signal_all(stopped, signal.SIGSTOP)
            for _ in range(2):
                await all_are_503(one, 1)
            assert (await one.client.get("/healthz")).status_code == 200
            assert (await one.client.get("/readyz")).status_code == 503
            signal_all(stopped, signal.SIGCONT)
            await one.is_taken_once(1)
    finally:
        signal_all(stopped, signal.SIGCONT)
        stop_engine(engine, process)


async def test_a_redis_that_hangs_makes_an_install_wait_for_its_match_and_nothing_else(
    database_url: str, data_dir: Path
) -> None:
    engine = Valkey(data_dir)
    process = await asyncio.to_thread(start_engine, engine)
    try:
        async with served(database_url, engine.url, data_dir, ANSWER_WITHIN_S) as one:
            process.send_signal(signal.SIGSTOP)
            raw = json.dumps(install_body(install_id="i-1")).encode()
            began = time.monotonic()
            answer = await one.client.post("/v1/installs", content=raw, headers=signed(raw))
            assert time.monotonic() - began < ANSWER_WITHIN_S
            assert answer.json()["match"]["reason"].startswith("pending")
            process.send_signal(signal.SIGCONT)
    finally:
        process.send_signal(signal.SIGCONT)
        stop_engine(engine, process)


async def test_a_body_that_comes_slowly_is_not_cut_short_by_the_deadline(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        raw = json.dumps(install_body(install_id="slow")).encode()
        for start in range(0, len(raw), 40):
            yield raw[start : start + 40]
            await asyncio.sleep(0.1)

    async with served(database_url, redis_url, data_dir, 0.3) as one:
        answer = await one.client.post("/v1/installs", content=slowly(), headers=BEARER)
        assert answer.status_code == 200, answer.text


async def test_a_ledger_restarted_under_load_is_said_in_one_line(redis_url: str, data_dir: Path) -> None:
    engine = PostgreSQL(data_dir)
    process = await asyncio.to_thread(start_engine, engine)
    statuses: Counter[int] = Counter()

    async def load(one: Served, worker: int, until: asyncio.Event) -> None:
        number = 0
        while not until.is_set():
            answers = await one.ask_everything(1000 * (worker + 1) + number)
            statuses.update(answer.status_code for answer in answers)
            number += 1

    try:
        url = engine.database_url("postgres")
        await migrate(url)
        async with passing_over_what_asyncpg_forgets(), served(url, redis_url, data_dir, ANSWER_WITHIN_S) as one:
            over = asyncio.Event()
            with capture_logs() as lines:
                loading = [asyncio.create_task(load(one, worker, over)) for worker in range(4)]
                await asyncio.sleep(0.5)
                for _ in range(3):
                    await terminate_backends(url)
                    await asyncio.sleep(0.1)
                for stop in (signal.SIGINT, signal.SIGQUIT):  # as pg_ctl -m fast and immediate
                    process.send_signal(stop)
                    await asyncio.to_thread(process.wait)
                    await asyncio.sleep(0.5)
                    process = await asyncio.to_thread(start_engine, engine)
                await asyncio.sleep(0.5)
                over.set()
                await asyncio.gather(*loading)
    finally:
        if process.poll() is None:
            stop_engine(engine, process)
    assert set(statuses) <= {200, 202, 404, 503}
    assert statuses[503]
    said = [line for line in lines if line["log_level"] in {"warning", "error"}]
    assert [line["event"] for line in said] == ["engine away, trying again until it is back"]


@asynccontextmanager
async def passing_over_what_asyncpg_forgets() -> AsyncIterator[None]:
    """Now and then asyncpg 0.32 drops a future of a connection that is lost while it opens; asyncio tells of it when
    it is collected. Of the outage itself that says nothing new.
    """
    loop = asyncio.get_running_loop()
    usual = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        is_forgotten = context["message"] == "Future exception was never retrieved"
        if is_forgotten and isinstance(context.get("exception"), asyncpg.ConnectionDoesNotExistError):
            return
        if usual is not None:
            usual(loop, context)

    loop.set_exception_handler(handle)
    try:
        yield
        gc.collect()
    finally:
        loop.set_exception_handler(usual)


async def terminate_backends(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    await connection.close()
