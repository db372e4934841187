"""A Redis Cluster for tests: it ends with them, also where they are killed."""

from collections.abc import Iterator
from contextlib import contextmanager

from loadtests import valkey_cluster
from loadtests.valkey_cluster import Cluster
from tests.engines import ended_with_us, short_directory

__all__ = ["Cluster", "running_cluster"]


@contextmanager
def running_cluster(replicated: bool = False) -> Iterator[Cluster]:
    """Three nodes, `replicated` with a replica each, for as long as the block runs."""
    with (
        short_directory() as directory,
        valkey_cluster.running_cluster(directory, replicated=replicated) as cluster,
        ended_with_us([node.process for node in [*cluster.nodes, *cluster.replicas]]),
    ):
        yield cluster
