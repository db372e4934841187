"""`signalpost backup` and `restore`: what comes back, and what is refused."""

import asyncio
import resource
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis as redis_client

from admin.backup_file import BackupReader
from clicks.connection import connect
from clicks.counts import drain, finish_drain
from ledger.counts import add_counts
from ledger.migrate import head_revision, migrate
from redirector.spool import Spool, abandoned_segments, read_segment
from tests.cli.conftest import PIXEL_CODE, TOKEN, Cli, Ran
from tests.engines import SessionEngines
from tests.redirector.test_spool import batch

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
    with redis_client.Redis.from_url(url) as client:
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
    with redis_client.Redis.from_url(environment["REDIS_URL"]) as client:
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
        self.engines.portal.call(self.engines.admin.execute, f"CREATE DATABASE {name}")
        self.engines.empty_redis()
        target = self.file.parent / name
        target.mkdir(mode=0o700)
        shutil.copy(self.key(), target)
        self.env |= {"DATABASE_URL": self.engines.postgresql.database_url(name), "DATA_DIR": str(target)}

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


def test_everything_comes_back_as_it_was(scene: Scene) -> None:
    rows, keys = scene.rows(), scene.keys()
    told = scene.cli("backup", str(scene.file), "--json").value
    scene.move()
    assert scene.cli("restore", str(scene.file), "--json").value["keys"] == told["keys"]
    assert scene.keys() == keys
    assert scene.rows() == rows
    assert scene.cli("app", "show", scene.app_id, "--json").value["links"] == 1
    spooled = [one for _, fd in abandoned_segments(Path(scene.env["DATA_DIR"]) / "spool") for one in read_segment(fd)]
    assert spooled == [batch(1), batch(2)]


def test_new_rows_get_numbers_that_none_had(scene: Scene) -> None:
    before = len(scene.rows()["audit_log"])
    scene.back_up_and_move()
    scene.restore()
    scene.cli("app", "set", scene.app_id, "name=Coffee Timer")
    assert len(scene.rows()["audit_log"]) == before + 1


def test_a_backup_is_readable_by_its_owner_alone_and_never_written_over(scene: Scene) -> None:
    scene.cli("backup", str(scene.file))
    assert scene.file.stat().st_mode & 0o777 == 0o600
    content = scene.file.read_bytes()
    again = scene.cli("backup", str(scene.file))
    assert (again.status, again.stderr) == (1, f"file: {scene.file} exists already: choose another name\n")
    assert scene.file.read_bytes() == content


def test_a_full_disk_is_told_as_such_and_leaves_no_file(scene: Scene) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        refused = scene.cli("backup", str(scene.file))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.status == 1
    assert refused.stderr.startswith(f"file: {scene.file}: it cannot be written: ")
    assert list(scene.file.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(scene: Scene) -> None:
    refused = scene.cli("backup", str(scene.file.parent / "none" / "a.backup"))
    assert (refused.status, "cannot be written: No such file" in refused.stderr) == (1, True)


def test_a_ledger_that_goes_away_is_not_taken_for_redis(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any) -> None:
        raise ConnectionResetError("the server went away")

    monkeypatch.setattr("ledger.table_copies.Moment.layout", gone)
    refused = scene.cli("backup", str(scene.file))
    assert refused.status == 1
    assert refused.stderr.startswith("PostgreSQL did not give its tables")
    assert not scene.file.exists()


def test_no_token_and_no_secret_key_lies_in_it_as_it_is(scene: Scene) -> None:
    scene.cli("backup", str(scene.file))
    secret = scene.key().read_bytes()
    with scene.file.open("rb") as opened:
        reader = BackupReader(opened)
        content = b"".join(chunk for section in reader.sections() for chunk in section.chunks)
    assert TOKEN.encode() not in content
    assert secret not in content
    assert b"spring" in content  # it would be found


def test_under_another_key_it_is_refused_and_nothing_is_written(scene: Scene) -> None:
    scene.back_up_and_move()
    scene.env["SECRET_KEY"] = "another key of thirty characters"
    refused = scene.restore()
    assert refused.status == 1
    assert "the backup was made under another key" in refused.stderr
    assert scene.rows() == {"directory_version": []}


def test_without_any_key_it_is_refused_and_none_is_made(scene: Scene) -> None:
    scene.back_up_and_move()
    key = scene.key()
    key.unlink()
    assert "made under another key" in scene.restore().stderr
    assert not key.exists()


def test_a_key_that_came_with_it_opens_what_is_encrypted(scene: Scene) -> None:
    secret = scene.key().read_text()
    scene.back_up_and_move("--with-secret-key")
    key = scene.key()
    key.unlink()
    assert scene.restore().status == 0
    assert key.read_text() == secret
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_behind_a_new_one_on_the_list_will_do(scene: Scene) -> None:
    scene.back_up_and_move()
    old = scene.key().read_text()
    scene.env["SECRET_KEY"] = f"another key of thirty characters,{old}"
    assert scene.restore().status == 0


@pytest.mark.parametrize("what", ["DATABASE_URL", "REDIS_URL", "DATA_DIR"])
def test_a_target_that_holds_something_is_refused(scene: Scene, what: str) -> None:
    scene.back_up_and_move()
    if what == "DATABASE_URL":
        execute(scene.env["DATABASE_URL"], "CREATE TABLE somebodys (number int)")
    elif what == "REDIS_URL":
        with redis_client.Redis.from_url(scene.env["REDIS_URL"]) as client:
            client.zadd("c:sixbyt", {"a": 1})
    else:
        Spool(Path(scene.env["DATA_DIR"]) / "spool", MB).append(batch(1))
    refused = scene.restore()
    assert refused.status == 1
    assert refused.stderr.startswith(f"{what}: ")
    assert "apps" not in scene.rows()


@pytest.mark.parametrize("section", ["redis/clicks", "ledger", "ledger/links"])
def test_a_damaged_file_is_refused_before_anything_is_written_and_says_where(scene: Scene, section: str) -> None:
    scene.cli("backup", str(scene.file))
    content = bytearray(scene.file.read_bytes())
    words = content.index(f'"name":"{section}"'.encode())
    content[content.index(b"D", words) + 20] ^= 0x10  # in the first of its data
    scene.file.write_bytes(content)
    scene.move()
    refused = scene.restore()
    assert refused.status == 1
    assert f"damaged in the section {section} (" in refused.stderr
    assert "nothing was restored" in refused.stderr
    assert scene.rows() == {"directory_version": []}
    assert scene.keys() == {}


def test_a_backup_of_a_later_version_is_refused(scene: Scene) -> None:
    execute(scene.env["DATABASE_URL"], "UPDATE alembic_version SET version_num = '9999'")
    try:
        scene.cli("backup", str(scene.file))
    finally:
        execute(scene.env["DATABASE_URL"], "DROP TABLE alembic_version")  # so that no other test gets this database
    scene.move()
    refused = scene.restore()
    assert (refused.status, "install that one" in refused.stderr) == (1, True)


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    cli: Cli, environment: dict[str, str], engines: SessionEngines, tmp_path: Path
) -> None:
    name = f"older_{secrets.token_hex(4)}"
    engines.portal.call(engines.admin.execute, f"CREATE DATABASE {name}")
    environment["DATABASE_URL"] = engines.postgresql.database_url(name)
    asyncio.run(migrate(environment["DATABASE_URL"], "0011"))  # before cold clicks, for one
    execute(environment["DATABASE_URL"], "INSERT INTO ad_names (kind, id, name) VALUES ('ad', '1', 'Summer')")
    scene = Scene(cli, environment, tmp_path / "old.backup", "", engines)
    scene.back_up_and_move()
    assert scene.restore().status == 0
    rows = scene.rows()
    assert (rows["alembic_version"], rows["cold_clicks"]) == ([f"({head_revision()})"], [])
    assert len(rows["ad_names"]) == 1


def test_visits_that_a_worker_moves_meanwhile_are_counted_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from admin import backup as module

    copied, calls = module.copied_counts, []

    async def while_a_worker_drains(redis: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            await drain_counts(scene.env["DATABASE_URL"], redis)
        return await copied(redis)

    monkeypatch.setattr(module, "copied_counts", while_a_worker_drains)
    scene.cli("backup", str(scene.file))
    assert len(calls) == 2
    scene.move()
    scene.restore()
    asyncio.run(drained(scene.env))
    counted = [row for row in scene.rows()["visit_counts"] if "spring" in row]
    assert [row.rstrip(")").rsplit(",", 1)[1] for row in counted] == ["3"]


async def drained(env: dict[str, str]) -> None:
    redis = connect(env["REDIS_URL"])
    await drain_counts(env["DATABASE_URL"], redis)
    await redis.aclose()


async def drain_counts(database_url: str, redis: Any) -> None:
    """What the worker does every two seconds."""
    pool = await asyncpg.create_pool(database_url, min_size=1, max_size=1)
    found = await drain(redis)
    if found is not None:
        await add_counts(pool, found.drain_id, found.counts)
        await finish_drain(redis, found)
    await pool.close()


def test_where_nothing_is_there_is_nothing_to_back_up(cli: Cli, environment: dict[str, str], tmp_path: Path) -> None:
    environment |= {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(tmp_path / "none")}
    refused = cli("backup", str(tmp_path / "a.backup"))
    assert refused.status == 1
    assert "start `signalpost up`" in refused.stderr
    assert list(tmp_path.iterdir()) == []
