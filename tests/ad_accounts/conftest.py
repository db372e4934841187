"""`scene`: a connected app, an account at a sandbox in this process, a real ledger."""

from collections.abc import AsyncIterator

import pytest

from tests.ad_accounts.import_scene import ImportScene, import_scene


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[ImportScene]:
    async with import_scene(database_url) as opened:
        await opened.connect()
        yield opened
