"""A session on the real engines, as acts are given it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from admin.apps import create_app
from admin.session import Session, open_session
from config.settings import AllSettings
from tests.account_sandbox import AccountSandbox, account_sandbox, connected_settings


@pytest.fixture
async def session(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Session]:
    settings = AllSettings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=data_dir,
        public_url="https://go.example.com",
        tiktok_api_url="http://127.0.0.1:9",
    )
    async with open_session(settings, actor="cli:anna") as opened:
        yield opened


@pytest.fixture
def sandbox() -> Iterator[AccountSandbox]:
    """TikTok's account side, where nobody has an account yet."""
    with account_sandbox() as running:
        yield running


@pytest.fixture
def connectable(session: Session, sandbox: AccountSandbox) -> Session:
    """The session of an installation with a developer app, at the sandbox."""
    return replace(session, settings=connected_settings(session.settings, sandbox))


@pytest.fixture
async def app_id(connectable: Session) -> str:
    return (await create_app(connectable, "Tea Timer", {}))["app_id"]
