"""The application with every provider set up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.forwarder.api import Api, opened_api, settings
from tests.forwarder.intake.webhooks.fixtures import PROVIDERS
from tests.forwarder.intake.webhooks.posting import connect


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        await connect(opened, *PROVIDERS)
        yield opened
