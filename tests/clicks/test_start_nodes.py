"""A cluster is found although the hosts of the URL are gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError  # noqa: A004

from clicks.connection import connect
from tests.clicks.cluster import Cluster

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def stand_in(port: int) -> AsyncIterator[int]:
    """A host of the cluster that dies at the end of the block: it passes everything on to `port`."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError, BrokenPipeError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, back), copy(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_one_start_node_that_answers_is_enough(cluster: Cluster, cluster_url: str) -> None:
    async with connect(f"redis+cluster://127.0.0.1:1,127.0.0.1:2,127.0.0.1:{cluster.nodes[1].port}") as redis:
        assert await redis.set("key", "value")


async def test_the_nodes_last_seen_are_asked_where_the_named_one_has_died(
    cluster: Cluster, cluster_url: str, data_dir: Path
) -> None:
    async with stand_in(cluster.nodes[0].port) as port:
        url = f"redis+cluster://127.0.0.1:{port}"
        async with connect(url, data_dir=data_dir) as redis:
            await redis.set("key", "value")
    async with connect(url, data_dir=data_dir) as redis:
        assert await redis.get("key") == b"value"
    with pytest.raises(ConnectionError):
        async with connect(url) as redis:
            await redis.get("key")
