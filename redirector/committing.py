"""Where a redirector's batches go: live ones and those from the spool, each over connections of its own."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from clicks.batch import Batch
from clicks.cluster_client import Cluster
from clicks.cluster_committer import ClusterCommitter
from clicks.committer import Committer
from clicks.replicas import ReplicaPolicy
from clicks.shared_strings import SharedStrings
from clicks.store import DAY_S, ClickStore
from config.settings import RedirectorSettings

COMMIT_TIMEOUT_S = 1.0  # a live commit is given up by its own budget long before; this bounds replays


class Committing:
    """The committers of one process."""

    def __init__(self, redis: Redis | Cluster, texts: SharedStrings, settings: RedirectorSettings) -> None:
        """`texts` are those that the records of the batches refer to."""
        self.replicas = ReplicaPolicy(settings.redis_wait_replicas, settings.redis_budget_ms // 2)
        kind: Any = ClusterCommitter if isinstance(redis, Cluster) else Committer
        retention_s = settings.click_retention_days * DAY_S
        self.live = kind(redis, retention_s, texts, self.replicas)
        self._spooled = kind(redis, retention_s, texts, self.replicas)

    async def replay(self, store: ClickStore, batch: Batch) -> int:
        """A spooled batch waits for replicas, too: the spool forgets it afterwards. How many rows were left out."""
        return await store.replay(batch, self._apply_spooled)

    async def _apply_spooled(self, batch: Batch) -> None:
        async with asyncio.timeout(COMMIT_TIMEOUT_S):
            await self._spooled.apply(batch)

    async def aclose(self) -> None:
        await self.live.aclose()
        await self._spooled.aclose()
