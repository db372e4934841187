"""Fixtures of the forwarder's tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.forwarder.delivering.scene import Scene, opened_scene
from tests.forwarder.running_sandbox import running_sandbox


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The sandbox in a process of its own."""
    with running_sandbox() as url:
        yield url


@pytest.fixture
async def scene(database_url: str, sandbox_url: str) -> AsyncIterator[Scene]:
    """A ledger with one app and one pixel, and the sandbox that takes what is sent to it."""
    async with opened_scene(database_url, sandbox_url) as opened:
        yield opened
