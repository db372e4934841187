"""`signalpost backup` and `restore`: what comes back."""

import asyncio
import resource
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from admin.backup_file import BackupReader
from clicks.connection import connect
from clicks.counts import drain, finish_drain
from ledger.counts import add_counts
from ledger.migrate import migrate
from ledger.revisions import head_revision
from ledger.table_copies import Moment, Relation
from redirector.spool import abandoned_segments, read_segment
from tests.cli.backup_scene import Scene, execute, installation, scene
from tests.cli.conftest import TOKEN, Cli
from tests.engines import SessionEngines
from tests.redirector.test_spool import batch

__all__ = ["installation", "scene"]


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


def test_a_ledger_of_partitions_comes_back_as_one(scene: Scene) -> None:
    execute(
        scene.env["DATABASE_URL"],
        "INSERT INTO events (app_id, event_id, name, occurred_at, body) SELECT app_id, 'e1', 'purchase', now(), '{}'"
        " FROM apps",
        "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,"
        " state) SELECT e.app_id, pixel_id, event_key, 'e1', 'e1', 'purchase', 'Purchase', 'dead'"
        " FROM events e JOIN pixels USING (app_id)",
    )
    scene.cli("ledger", "partition")
    execute(scene.env["DATABASE_URL"], "SELECT setval('events_event_key_seq', 19999999)")
    rows = scene.rows()
    scene.back_up_and_move()
    restored = scene.restore()
    assert restored.status == 0, restored.stderr
    assert {table for table in rows if table.startswith("events_to_")} == {"events_to_20000000", "events_to_30000000"}
    assert {table: found for table, found in scene.rows().items() if table != "audit_log"} == {
        table: found for table, found in rows.items() if table != "audit_log"
    }
    execute(
        scene.env["DATABASE_URL"],
        "INSERT INTO events (app_id, event_id, name, occurred_at, body) SELECT app_id, 'e2', 'purchase', now(), '{}'"
        " FROM apps",
        "DELETE FROM events WHERE event_id = 'e1'",
    )
    left = scene.rows()
    assert (len(left["events_to_30000000"]), len(left["deliveries_to_20000000"])) == (1, 0)


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


def test_retention_drops_no_partition_while_it_is_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    copied, refused = Moment.copy, []

    async def while_a_worker_drops(self: Moment, relation: Relation, write: Any) -> int:
        if not refused:
            connection = await asyncpg.connect(scene.env["DATABASE_URL"])
            await connection.execute("SET lock_timeout = '1ms'")
            try:
                await connection.execute("DROP TABLE cold_click_pages_20261001")
            except asyncpg.LockNotAvailableError as error:
                refused.append(error)
            await connection.close()
        return await copied(self, relation, write)

    monkeypatch.setattr(Moment, "copy", while_a_worker_drops)
    assert scene.cli("backup", str(scene.file)).status == 0
    assert refused


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(
    cli: Cli, environment: dict[str, str], engines: SessionEngines, tmp_path: Path
) -> None:
    environment["DATABASE_URL"] = engines.new_database("older")
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
