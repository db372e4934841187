"""An installation with something of everything in it, and empty engines to restore it into."""

import asyncio
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from redirector.spool import Spool
from tests.cli.conftest import PIXEL_CODE, TOKEN, Cli, Ran
from tests.engines import SessionEngines
from tests.redirector.test_spool import batch
from tests.redis_clients import open_redis

MB = 1024 * 1024
Rows = dict[str, list[Any]]


def rows_of(url: str) -> Rows:
    """Every row of every table, as text."""

    async def ask() -> Rows:
        connection = await asyncpg.connect(url)
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = {
            name: sorted(row[0] for row in await connection.fetch(f'SELECT t::text FROM ONLY "{name}" t'))  # noqa: S608
            for (name,) in names
        }
        await connection.close()
        # its number says only that something changed, and filling the tables does
        return found | {"directory_version": []}

    return asyncio.run(ask())


def keys_of(url: str) -> dict[bytes, Any]:
    """Every key with its content and the second in which it expires; not what the ledger publishes."""
    with open_redis(url) as client:
        read: dict[bytes, Callable[[bytes], Any]] = {
            b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            b"hash": client.hgetall,
            b"string": client.get,
        }
        return {
            key: (read[client.type(key)](key), client.expiretime(key))
            for key in client.scan_iter()
            if not key.startswith(b"{links}") or key == b"{links}:clicks"
        }


def execute(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@pytest.fixture
def installation(cli: Cli, app_id: str, environment: dict[str, str], data_dir: Path) -> str:
    """An app with link and pixel, clicks of all sorts of keys, a partition, an event with its delivery, a spool."""
    cli("link", "create", "--app", app_id, "--slug", "spring")
    cli("pixel", "add", "--app", app_id, "--code", PIXEL_CODE, "--token", TOKEN, "--no-validate")
    execute(
        environment["DATABASE_URL"],
        "CREATE TABLE cold_click_pages_20261001 PARTITION OF cold_click_pages"
        " FOR VALUES FROM ('2026-10-01') TO ('2026-10-02')",
        f"INSERT INTO cold_click_pages VALUES ('{app_id}', '2026-10-01', '\\x00', '\\xff', 2, '\\x5c0a09')",  # noqa: S608
        f"INSERT INTO cold_clicks VALUES ('{app_id}', '2026-10-02', '\\x01', '\\x0a5c2e0a', NULL)",  # noqa: S608
        "INSERT INTO ad_names (kind, id, name) VALUES ('ad', '1', E'tab\\t, line\\n, \\\\. and ü')",
        "INSERT INTO tombstones (hash) VALUES ('\\xabcd')",
    )
    with open_redis(environment["REDIS_URL"]) as client:
        for number in range(500):
            client.zadd(b"c:" + number.to_bytes(6), {secrets.token_bytes(40): 1_790_000_000_000 + number})
        client.zadd(b"c:sixby6", {secrets.token_bytes(300): 1_790_000_000_000 + n for n in range(3_000)})
        client.pexpire(b"c:sixby6", 86_400_000)
        client.hset("{counts}:texts:2950", mapping={bytes([n]): bytes([n]) * 90 for n in range(200)})
        client.hset("{counts}:names", "ad:1", "Summer")
        client.setbit("{counts}:applied:w", 17, 1)
        client.hset("{counts}", "q2000000\x1fclick\x1fspring\x1fios\x1f\x1f\x1f", 3)
        client.hset("{links}:clicks", "spring", 9)
        client.set(b"erased:" + b"0123456789abcdef", b"", ex=1_000)
    spool = Spool(data_dir / "spool", MB)
    spool.append(batch(1))
    spool.append(batch(2))
    spool.close()
    return app_id


@dataclass
class Scene:
    """An installation, a backup's file, and empty engines for a restore."""

    cli: Cli
    env: dict[str, str]
    """Of the commands."""
    file: Path
    app_id: str
    engines: SessionEngines

    def key(self) -> Path:
        return Path(self.env["DATA_DIR"]) / "secret_key"

    def move(self) -> None:
        """Make the commands' installation an empty one, under the same key."""
        name = f"restored_{secrets.token_hex(4)}"
        self.engines.empty_redis()
        target = self.file.parent / name
        target.mkdir(mode=0o700)
        shutil.copy(self.key(), target)
        self.env |= {"DATABASE_URL": self.engines.new_database("restored"), "DATA_DIR": str(target)}

    def back_up_and_move(self, *options: str) -> None:
        assert self.cli("backup", str(self.file), *options).status == 0
        self.move()

    def restore(self) -> Ran:
        return self.cli("restore", str(self.file))

    def rows(self) -> Rows:
        return rows_of(self.env["DATABASE_URL"])

    def keys(self) -> dict[bytes, Any]:
        return keys_of(self.env["REDIS_URL"])


@pytest.fixture
def scene(cli: Cli, environment: dict[str, str], installation: str, engines: SessionEngines, tmp_path: Path) -> Scene:
    return Scene(cli, environment, tmp_path / "monday.backup", installation, engines)
