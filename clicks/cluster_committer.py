"""Applying batches of clicks to a cluster: one connection and one write per node, all nodes at once.

A script may only touch one slot, so each address key is a call of its own; the calls for one node travel together. The
counts travel with them: rows and counts are each applied once, in whatever order and however often they are sent.
"""

import asyncio
from collections import defaultdict

from redis.crc import key_slot
from redis.exceptions import MovedError

from clicks.batch import Batch, Call, Row, apply_call, rows_call
from clicks.cluster_client import Cluster
from clicks.keys import COUNTS
from clicks.replicas import ReplicaPolicy
from clicks.script_connection import ScriptConnection
from clicks.shared_strings import SharedStrings

COUNTS_SLOT = key_slot(COUNTS)


class ClusterCommitter:
    """Applies one batch at a time. Not for concurrent use."""

    def __init__(
        self, redis: Cluster, retention_s: int, texts: SharedStrings, replicas: ReplicaPolicy | None = None
    ) -> None:
        """`texts` are those that the records of the batches refer to."""
        self._redis = redis
        self._replicas = replicas or ReplicaPolicy()
        self._retention_s = retention_s
        self._texts = texts
        self._connections: dict[str, ScriptConnection] = {}  # by the node's name

    async def apply(self, batch: Batch) -> None:
        """As `ClickStore.apply`. Slots that have moved are looked up once; one that is just moving is a failure.

        Behind a failure it is looked up who has the slots now: a replica may have taken a dead node's place.

        Raises:
            redis.exceptions.RedisError, OSError: a node is away or refuses.
        """
        try:
            are_there = await self._apply(batch)
        except BaseException:  # also a deadline's: whoever waits calls it off
            self._texts.doubt()
            self._redis.look_anew()
            raise
        if not are_there or self._texts.has_lost:
            await self._texts.put_back(is_gone=not are_there)

    async def _apply(self, batch: Batch) -> bool:
        """Whether the texts that the records refer to are there."""
        await self._redis.initialize()
        calls = self._calls(batch)
        try:
            return await self._run(calls)
        except MovedError:
            await self._redis.nodes_manager.initialize()
            return await self._run(calls)

    async def aclose(self) -> None:
        for connection in self._connections.values():
            await connection.close()

    def _calls(self, batch: Batch) -> dict[int, Call]:
        """The calls by slot."""
        by_slot: dict[int, list[Row]] = defaultdict(list)
        for row in batch.rows:
            by_slot[key_slot(row.key)].append(row)
        calls = {slot: rows_call(rows, self._retention_s) for slot, rows in by_slot.items() if slot != COUNTS_SLOT}
        # a click whose address shares the counts' slot goes with them
        calls[COUNTS_SLOT] = apply_call(
            Batch(batch.writer, batch.number, by_slot.get(COUNTS_SLOT, []), batch.counts),
            self._retention_s,
            self._texts.witness,
        )
        return calls

    async def _run(self, calls: dict[int, Call]) -> bool:
        """Whether the texts that the records refer to are there."""
        by_node: dict[str, list[Call]] = defaultdict(list)
        for slot, call in calls.items():
            by_node[self._node_name(slot)].append(call)
        # every answer is waited for, also behind a failure: a connection must be at rest when the next batch comes
        outcomes = await asyncio.gather(
            *(self._connections[name].run(node_calls) for name, node_calls in by_node.items()), return_exceptions=True
        )
        are_there = True
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            are_there = are_there and all(outcome)
        return are_there

    def _node_name(self, slot: int) -> str:
        node = self._redis.nodes_manager.get_node_from_slot(slot)
        name: str = node.name
        if name not in self._connections:
            self._connections[name] = ScriptConnection(node.acquire_connection, self._replicas.of_a_server())
        return name
