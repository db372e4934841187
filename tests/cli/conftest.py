"""Fixtures that run commands in this process, on the real engines, with settings of their own."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from cli.__main__ import app
from ledger.pool import open_pool
from sandbox.memory import Limits
from sandbox.server import configured
from sandbox.tokens import Pixel

PUBLIC_URL = "https://go.example.com"
PIXEL_CODE = "C9PIXEL0000000000001"
TOKEN = "a-token-of-the-events-api-0123456789"


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """The one JSON value it printed."""
        assert self.status == 0, self.stderr
        return json.loads(self.stdout)


Cli = Callable[..., Ran]
Sql = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def environment(
    database_url: str, redis_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, str]:
    """The environment of the commands; a test may change it."""
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data_dir),
        "PUBLIC_URL": PUBLIC_URL,
        "TIKTOK_API_URL": "http://127.0.0.1:9",
    }


@pytest.fixture
def cli(environment: dict[str, str]) -> Cli:
    """Run one command: `cli("app", "list", "--json")`."""

    def run(*arguments: str) -> Ran:
        result = CliRunner().invoke(app, arguments, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def sql(database_url: str) -> Sql:
    """Ask or change the ledger behind the commands' back."""

    def run(statement: str, *arguments: Any) -> list[dict[str, Any]]:
        async def ask() -> list[dict[str, Any]]:
            pool = await open_pool(database_url, max_size=1)
            try:
                return [dict(row) for row in await pool.fetch(statement, *arguments)]
            finally:
                await pool.close()

        return asyncio.run(ask())

    return run


@pytest.fixture
def app_id(cli: Cli) -> str:
    """An app with a page in both stores."""
    created = cli(
        "app", "create", "Tea Timer", "--ios-app-id", "1234567890", "--android-package", "com.example.tea", "--json"
    )
    found: str = created.value["app_id"]
    return found


@pytest.fixture
def tiktok(environment: dict[str, str]) -> Iterator[httpx.Client]:
    """The sandbox, served on loopback and set as TIKTOK_API_URL; it knows PIXEL_CODE with TOKEN."""
    server = uvicorn.Server(configured(Limits(), Pixel(PIXEL_CODE, TOKEN)))
    server.config.port = 0
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    environment["TIKTOK_API_URL"] = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=environment["TIKTOK_API_URL"], trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join(20)
