"""A whole Signalpost, as `signalpost up --demo` runs it, shared by the journeys of one module."""

from collections.abc import Iterator

import pytest

from tests.cli.running_up import environment, running_up
from tests.engines import short_directory
from tests.journeys.traveller import Signalpost


@pytest.fixture(scope="module")
def everything() -> Iterator[Signalpost]:
    with short_directory() as directory:
        env = environment(directory) | {"TRUSTED_PROXIES": "127.0.0.0/8"}
        with running_up(env, "--demo", "--no-history") as up:
            yield Signalpost(up)


@pytest.fixture
def signalpost(everything: Signalpost) -> Iterator[Signalpost]:
    """The running Signalpost with a sandbox that has seen nothing yet."""
    everything.reset_sandbox()
    yield everything
    everything.reset_sandbox()
