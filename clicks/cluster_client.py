"""redis-py's client of a cluster, with what it lacks where nodes die.

* Its failures are `RedisError`s, as a single server's are.
* A pipeline that meets a dead node looks up who has taken its place. redis-py does that for single commands, and for
  pipelines only where it may retry, which would hold visitors up.
* It opens while the first primary of the map is dead. redis-py asks just that one which commands there are.
* DBSIZE is the sum of all primaries, as documented; redis-py 8.1 asks one of them.
* Its nodes are remembered.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterPipeline
from redis.cluster import PRIMARY
from redis.exceptions import (
    ClusterDownError,
    ConnectionError,  # noqa: A004
    RedisClusterException,
    RedisError,
    SlotNotCoveredError,
    TimeoutError,  # noqa: A004
)

from clicks.seen_nodes import SeenNodes

LOOK_TIMEOUT_S = 5.0
OF_A_NODE = (ConnectionError, TimeoutError, ClusterDownError, SlotNotCoveredError, OSError)


class Cluster(RedisCluster):
    """The client."""

    seen: SeenNodes | None = None
    _looking: asyncio.Task[None] | None = None

    async def initialize(self, *args: Any, **kwargs: Any) -> "Cluster":
        is_due = self._initialize
        with _as_connection_error():
            try:
                await super().initialize(*args, **kwargs)
            except OF_A_NODE as error:
                await self._initialize_by_another(error)
        if is_due and self.seen is not None:
            self.seen.write([(str(node.host), int(node.port)) for node in self.get_nodes()])
        return self

    async def _initialize_by_another(self, error: Exception) -> None:
        await self.nodes_manager.initialize()
        for node in self.nodes_manager.get_nodes_by_server_type(PRIMARY):
            try:
                await self.commands_parser.initialize(node)
            except OF_A_NODE:
                continue
            self.nodes_manager.default_node = node
            self._initialize = False
            return
        raise error

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        with _as_connection_error():
            return await super().execute_command(*args, **kwargs)

    async def dbsize(self, **options: Any) -> int:
        return int(await super().dbsize(**{"target_nodes": RedisCluster.PRIMARIES, **options}))

    def pipeline(self, transaction: Any = None, shard_hint: Any = None) -> ClusterPipeline:  # noqa: ARG002
        return _Pipeline(self, transaction)  # type: ignore[abstract]  # of no method, and redis-py makes its own, too

    def look_anew(self) -> None:
        """Find out who has the slots now, in the background: a node that hangs may be asked, too."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                await self.initialize()
                await self.nodes_manager.initialize()
        except (RedisError, RedisClusterException, OSError):  # asyncio's TimeoutError is an OSError
            return  # the next failure looks again

    async def aclose(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await super().aclose()


class _Pipeline(ClusterPipeline):
    async def execute(self, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            with _as_connection_error():
                return await super().execute(*args, **kwargs)
        except OF_A_NODE:
            client = self.cluster_client
            assert isinstance(client, Cluster)  # noqa: S101 - it has made the pipeline
            client.look_anew()
            raise


@contextmanager
def _as_connection_error() -> Iterator[None]:
    try:
        yield
    except RedisClusterException as error:  # no node answers, or a slot is nobody's: redis-py has it under no roof
        raise ConnectionError(str(error)) from error
