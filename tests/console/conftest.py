"""The console in this process, over a real ledger, with the sandbox in TikTok's place."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from admin.apps import create_app
from admin.session import Session, open_session
from config.settings import AllSettings
from console.app import build_app
from console.metrics import ConsoleMetrics
from tests.account_sandbox import AccountSandbox, account_sandbox, connected_settings


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        yield running


@pytest.fixture
def settings(database_url: str, data_dir: Path, sandbox: AccountSandbox) -> AllSettings:
    settings = AllSettings(
        database_url=database_url,
        data_dir=data_dir,
        console_url="https://console.example.com",
        secret_key="an-old-secret-key-0123456789",
    )
    return connected_settings(settings, sandbox)


@pytest.fixture
async def session(settings: AllSettings) -> AsyncIterator[Session]:
    async with open_session(settings, actor="cli:anna") as opened:
        yield opened


@pytest.fixture
async def app_id(session: Session) -> str:
    return (await create_app(session, "Tea <Timer>", {}))["app_id"]


@pytest.fixture
def metrics() -> ConsoleMetrics:
    return ConsoleMetrics()


@pytest.fixture
async def console(settings: AllSettings, metrics: ConsoleMetrics) -> AsyncIterator[httpx.AsyncClient]:
    async with opened_console(settings, metrics) as client:
        yield client


@asynccontextmanager
async def opened_console(settings: AllSettings, metrics: ConsoleMetrics) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(settings, metrics)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(with_state, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://console.example.com") as client:
            yield client
