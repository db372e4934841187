"""A session on the real engines, as acts are given it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from admin.session import Session, open_session
from config.settings import AllSettings


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
