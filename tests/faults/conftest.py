"""Fixtures of the forwarder's tests, for the faults it has to stand."""

from tests.forwarder.conftest import sandbox_url, scene  # noqa: F401
from tests.forwarder.test_worker import keyed_scene, start  # noqa: F401
