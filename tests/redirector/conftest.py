"""One redirector for a package's tests over HTTP; each begins with an empty Redis (the links stay in the process)."""

from collections.abc import Iterator

import pytest

from tests.engines import SessionEngines, short_directory
from tests.redirector.serving import UNHURRIED, Redirector, publish, running, wait_for
from tests.redirector.wire import ask


@pytest.fixture(scope="package")  # it writes to the session's Redis for as long as it runs
def served(engines: SessionEngines) -> Iterator[Redirector]:
    publish(engines.valkey.url)
    with (
        short_directory() as directory,
        running(engines.valkey.url, directory, TRUSTED_PROXIES="127.0.0.0/8", **UNHURRIED) as started,
    ):
        yield started


@pytest.fixture
def redirector(served: Redirector, redis_url: str) -> Redirector:
    """A ready redirector with `serving.LINKS`, and no click or count stored yet."""

    def serves_its_links() -> bool:
        return ask(served.port, "/no-ttp/stores").status == 200

    if not serves_its_links():  # it follows this Redis: an earlier test's redirector had other links published there
        publish(redis_url)
        wait_for(serves_its_links)
    return served
