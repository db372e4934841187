"""Attacks go to a real redirector, forwarder and console."""

from collections.abc import Iterator

import pytest

from tests.attacks.servers import Server, opened_ledger, running_server
from tests.engines import SessionEngines
from tests.redirector.conftest import redirector, served

__all__ = ["redirector", "served"]


@pytest.fixture(scope="package")
def ledger(engines: SessionEngines) -> Iterator[str]:
    with opened_ledger(engines, "attacks") as url:
        yield url


@pytest.fixture(scope="package")
def forwarder(engines: SessionEngines, ledger: str) -> Iterator[Server]:
    with running_server("forwarder", ledger, engines.valkey.url) as running:
        yield running


@pytest.fixture(scope="package")
def console(engines: SessionEngines, ledger: str) -> Iterator[Server]:
    # a developer app: without one, whoever comes back from a login at TikTok is told 503
    connected = {
        "TIKTOK_APP_ID": "7000000000000000042",
        "TIKTOK_APP_SECRET": "a-secret-of-tests",
        "TIKTOK_API_URL": "http://127.0.0.1:9",
    }
    with running_server("console", ledger, engines.valkey.url, **connected) as running:
        yield running


@pytest.fixture(params=["forwarder", "console"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the two that are no redirector; what that one does with a socket stands in tests/redirector."""
    running: Server = request.getfixturevalue(request.param)
    return running
