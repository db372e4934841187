"""Fixtures every test may use."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from clicks.redis_url import read_redis_url
from ledger.partitions import Layout
from loadtests import ports
from tests.clicks.cluster import Cluster, running_cluster
from tests.engines import SessionEngines, session_engines, short_directory
from tests.given_engines import GivenRedis

# A busy machine is slow to make examples and to run them: no test is decided by its time. The same commit tries the
# same examples each time; EXAMPLES=<n> draws new ones, n for each test that names no number of its own.
EXAMPLES = int(os.environ.get("TEST_EXAMPLES") or 0)
settings.register_profile(
    "signalpost",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not EXAMPLES,
    max_examples=EXAMPLES or 100,
)
settings.load_profile("signalpost")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def uncached_loggers() -> Iterator[None]:
    """A logger that kept its first set-up would write where a test before told it to."""
    configure = structlog.configure

    def without_cache(**options: Any) -> None:
        configure(**{**options, "cache_logger_on_first_use": False})

    structlog.configure = without_cache
    yield
    structlog.configure = configure


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a command or process sets up within a test ends with it, so that the order of tests says nothing."""
    root = logging.getLogger()
    before, handlers, level = structlog.get_config(), root.handlers[:], root.level
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = handlers, level


@pytest.fixture(scope="session")
def engines() -> Iterator[SessionEngines]:
    """The session's Valkey and PostgreSQL; most tests want `redis_url` or `database_url` instead."""
    with session_engines() as started:
        yield started


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The session's Redis Cluster of three nodes; most tests want `cluster_url` instead."""
    with running_cluster() as started:
        yield started


@pytest.fixture
def cluster_url(cluster: Cluster) -> str:
    """A real cluster without a key in it."""
    return cluster.empty()


@pytest.fixture
def redis_url(engines: SessionEngines) -> str:
    """A real Valkey without a key in it."""
    return engines.empty_redis()


@pytest.fixture
def one_redis(redis_url: str) -> None:
    """For a test of what is done with a single server alone."""
    if read_redis_url(redis_url).is_cluster:
        pytest.skip("is about one Redis server: tests/clicks/test_cluster.py has what a cluster does in its place")


@pytest.fixture
def own_redis(engines: SessionEngines) -> None:
    """For a test that reconfigures Redis, or asks how it is set up."""
    if isinstance(engines.valkey, GivenRedis):
        pytest.skip("needs one Redis that the tests have started: this test reconfigures it")


@pytest.fixture
def layout(request: pytest.FixtureRequest) -> Layout:
    """How the ledger of `database_url` lies; `tests.layouts.ON_BOTH` asks for one after the other."""
    given: Layout = getattr(request, "param", os.environ.get("TEST_LAYOUT") or "plain")
    return given


@pytest.fixture
def database_url(engines: SessionEngines, layout: Layout) -> Iterator[str]:
    """A migrated ledger without a row in it, in a real PostgreSQL."""
    with engines.empty_database(layout) as url:
        yield url


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty DATA_DIR, its path short enough for the engines' sockets."""
    with short_directory() as directory:
        yield directory


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on, nor on its metrics' port."""
    return ports.free_port()
