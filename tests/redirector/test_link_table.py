import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from clicks.connection import connect
from clicks.links import Link, Table, publish_links
from redirector.link_table import LinkTable

pytestmark = pytest.mark.anyio

SPRING = Link("spring", "app_1", fallback_url="https://example.com")
OFF = Link("off", "app_1", enabled=False)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    opened: Any = connect(redis_url)
    async with opened:
        yield opened


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncIterator[Redis]:
    """A Redis that is not there."""
    opened = connect(f"unix://{tmp_path}/none.sock", timeout_s=0.5)
    assert isinstance(opened, Redis)
    async with opened:
        yield opened


async def commands(client: Redis) -> int:
    return sum(row["calls"] for name, row in (await client.info("commandstats")).items() if name == "cmdstat_get")


async def test_the_published_table_is_served_and_kept_in_the_file(
    client: Redis, nowhere: Redis, tmp_path: Path
) -> None:
    await publish_links(client, [SPRING, OFF])
    assert await LinkTable(client, tmp_path / "links.json").refresh()
    without_redis = LinkTable(nowhere, tmp_path / "links.json")
    assert not without_redis.is_loaded
    without_redis.load_file()
    assert without_redis.is_loaded
    assert not await without_redis.refresh()
    assert without_redis.by_slug == {b"spring": SPRING, b"off": OFF}
    assert (without_redis.get(b"spring"), without_redis.get(b"off")) == (SPRING, None)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'[{"slug": 1}]', b"\xff\xfe", b"[" * 10_000])
async def test_a_file_that_cannot_be_read_is_no_reason_not_to_start(
    client: Redis, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "links.json").write_bytes(content)
    table = LinkTable(client, tmp_path / "links.json")
    table.load_file()
    assert not table.is_loaded
    await publish_links(client, [SPRING])
    assert await table.refresh()
    assert table.get(b"spring") == SPRING
    assert msgspec.json.decode((tmp_path / "links.json").read_bytes(), type=Table) == Table([SPRING])


async def test_without_file_and_redis_it_is_not_loaded(nowhere: Redis, tmp_path: Path) -> None:
    table = LinkTable(nowhere, tmp_path / "links.json")
    table.load_file()
    assert not await table.refresh()
    assert not table.is_loaded


async def test_a_file_that_cannot_be_written_is_no_reason_not_to_serve(client: Redis, tmp_path: Path) -> None:
    await publish_links(client, [SPRING])
    table = LinkTable(client, tmp_path / "no" / "such" / "directory.json")
    assert await table.refresh()
    assert table.get(b"spring") == SPRING


async def test_a_redis_that_lost_its_data_does_not_take_the_links_away(client: Redis, tmp_path: Path) -> None:
    await publish_links(client, [SPRING])
    table = LinkTable(client, tmp_path / "links.json")
    await table.refresh()
    await client.flushall()
    assert await table.refresh()
    assert table.get(b"spring") == SPRING


async def test_a_table_that_cannot_be_read_leaves_the_last_one_in_place(client: Redis, tmp_path: Path) -> None:
    await publish_links(client, [SPRING])
    table = LinkTable(client, tmp_path / "links.json")
    await table.refresh()
    await client.hset("{links}", "spring", b'{"slug": 5}')
    await client.set("{links}:version", "of a later program")
    assert not await table.refresh()
    assert table.get(b"spring") == SPRING


async def test_the_generation_changes_with_the_table_only(client: Redis, tmp_path: Path) -> None:
    table = LinkTable(client, tmp_path / "links.json")
    await publish_links(client, [SPRING])
    await table.refresh()
    generation = table.generation
    await table.refresh()
    assert table.generation == generation
    await publish_links(client, [OFF])
    await table.refresh()
    assert table.generation != generation


async def test_a_link_published_just_now_is_found_on_its_first_click(client: Redis, tmp_path: Path) -> None:
    table = LinkTable(client, tmp_path / "links.json")
    await table.refresh()
    await publish_links(client, [SPRING])
    assert await table.get_fresh(b"spring") == SPRING


async def test_guessing_slugs_asks_redis_at_most_ten_times_a_second(client: Redis, tmp_path: Path) -> None:
    table = LinkTable(client, tmp_path / "links.json")
    before, started = await commands(client), time.monotonic()
    for number in range(2_000):
        assert await table.get_fresh(f"guess-{number}".encode()) is None
    allowed = (time.monotonic() - started) / 0.1 + 1
    assert await commands(client) - before <= allowed


async def never_answer(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def test_unknown_slugs_do_not_wait_in_line_for_a_redis_that_hangs(tmp_path: Path) -> None:
    hanging = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = hanging.sockets[0].getsockname()[1]
    client = connect(f"redis://127.0.0.1:{port}", timeout_s=1.0)
    table = LinkTable(client, tmp_path / "links.json")
    started = time.monotonic()
    for _ in range(4):
        assert await table.get_fresh(b"unknown") is None
        await asyncio.sleep(0.1)
    assert time.monotonic() - started < 3.0  # one after another they would take a second each, and more behind them
    hanging.close()
    await client.aclose()
