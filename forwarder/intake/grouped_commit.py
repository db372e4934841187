"""A group commit for each shard group of the ledger: where one is down or late, the apps of the others are not."""

import asyncio
from collections.abc import Callable
from typing import Generic

from forwarder.intake.group_commit import GroupCommit, Item, Result, always
from ledger.shard_groups import GroupOf


class GroupedCommit(Generic[Item, Result]):
    """Hands each item to the group commit of its app's shard group, so that no batch spans two.

    Each has its own batches in flight and its own limit of what waits. On one PostgreSQL there is one.

    Args:
        group_of: the shard group that an app lies in.
        app_of: the app of an item.
        group_commit: makes that of a shard group, when the first of its items comes.
    """

    def __init__(
        self, group_of: GroupOf, app_of: Callable[[Item], str], group_commit: Callable[[], GroupCommit[Item, Result]]
    ) -> None:
        self._group_of = group_of
        self._app_of = app_of
        self._group_commit = group_commit
        self._groups: dict[int, GroupCommit[Item, Result]] = {}

    async def submit(self, item: Item, still_admitted: Callable[[], None] = always) -> Result:
        """See GroupCommit."""
        return await self.enqueue(item, still_admitted)

    def enqueue(self, item: Item, still_admitted: Callable[[], None] = always) -> asyncio.Future[Result]:
        """See GroupCommit."""
        shards = self._group_of(self._app_of(item))
        group = self._groups.get(shards)
        if group is None:
            group = self._groups[shards] = self._group_commit()
        return group.enqueue(item, still_admitted)

    async def drain(self) -> None:
        """Return when nothing is in flight."""
        for group in list(self._groups.values()):
            await group.drain()
