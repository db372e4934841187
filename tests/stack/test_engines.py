"""The embedded engines, started and stopped for real."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from stack.engines.account import let_through
from stack.engines.errors import EngineError, last_log_line, telling_line
from stack.engines.leftover import remove_dead_locks, stop_leftover
from stack.engines.postgresql import PostgreSQL
from stack.engines.sockets import MAX_SOCKET_PATH_BYTES, socket_directory
from stack.engines.valkey import Valkey
from tests.engines import FAST, start_engine, start_program, stop_engine, wait_until_ready
from tests.redirector.serving import wait_for
from tests.redis_clients import open_redis
from tests.zombies import dead_but_not_reaped


def query(url: str, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_the_redis_of_a_test_is_empty(redis_url: str) -> None:
    with open_redis(redis_url) as client:
        assert client.dbsize() == 0


def test_the_ledger_of_a_test_is_migrated(database_url: str) -> None:
    assert query(database_url, "SELECT count(*) FROM deliveries") == 0


def test_valkey_finds_its_data_again_after_a_restart(data_dir: Path) -> None:
    for expected in (None, b"stays"):
        valkey = Valkey(data_dir)
        process = start_engine(valkey)
        with open_redis(valkey.url) as client:
            assert client.get("key") == expected
            client.set("key", "stays")
        stop_engine(valkey, process)
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("maxmemory-policy", "noeviction"),
        ("save", ""),
        ("port", "0"),
        ("unixsocketperm", "700"),
        ("zset-max-listpack-value", "1024"),
        ("zset-max-listpack-entries", "128"),
    ],
)
@pytest.mark.usefixtures("own_redis")
def test_valkey_runs_with_the_setting(redis_url: str, name: str, value: str) -> None:
    with open_redis(redis_url) as client:
        assert client.config_get(name) == {name: value}


def test_postgresql_finds_its_data_again_after_a_restart(data_dir: Path) -> None:
    for expected in (None, "postgres"):
        postgresql = PostgreSQL(data_dir, FAST)
        process = start_engine(postgresql)
        asyncio.run(postgresql.create_database())
        assert query(postgresql.url, "SELECT tableowner FROM pg_tables WHERE tablename = 'stays'") == expected
        query(postgresql.url, "CREATE TABLE IF NOT EXISTS stays ()")
        stop_engine(postgresql, process)
        assert process.returncode == 0


def test_postgresql_listens_on_no_network_address(engines: object, database_url: str) -> None:
    assert query(database_url, "SELECT current_setting('listen_addresses')") == ""


def test_postgresql_keeps_an_answered_event_by_default(data_dir: Path) -> None:
    command = " ".join(PostgreSQL(data_dir).prepare().command)
    assert "synchronous_commit=on" in command
    assert "fsync=off" not in command


def test_the_engines_an_up_left_behind_are_stopped_before_new_ones_start(data_dir: Path) -> None:
    for engine in (Valkey(data_dir), PostgreSQL(data_dir, FAST)):
        orphan = start_engine(engine)
        process = start_engine(engine)
        assert orphan.wait(10) == 0
        assert process.pid != orphan.pid
        assert engine.ready()
        stop_engine(engine, process)


def test_postgresql_starts_after_it_was_killed(data_dir: Path) -> None:
    postgresql = PostgreSQL(data_dir, FAST)
    killed = start_engine(postgresql)
    killed.kill()
    killed.wait()
    wait_for(lambda: not postgresql.ready())  # its children hold the socket until they notice
    stop_engine(postgresql, start_engine(postgresql))


def locks_of(postgresql: PostgreSQL) -> list[Path]:
    return [postgresql.pidfile, postgresql.socket_directory / ".s.PGSQL.5432.lock"]


def killed_with_locks(postgresql: PostgreSQL) -> None:
    """A server that was killed and left its lock files."""
    process = start_engine(postgresql)
    process.kill()
    process.wait()
    wait_for(lambda: not postgresql.ready())
    assert all(lock.exists() for lock in locks_of(postgresql))


def rewrite(lock: Path, number: int) -> None:
    _, _, rest = lock.read_text().partition("\n")
    lock.write_text(f"{number}\n{rest}")


@pytest.mark.parametrize("which", [[0], [1], [0, 1]], ids=["postmaster.pid", "the socket's lock", "both"])
def test_postgresql_starts_where_a_lock_names_a_process_that_is_dead_but_not_reaped(
    data_dir: Path, which: list[int]
) -> None:
    postgresql = PostgreSQL(data_dir, FAST)
    killed_with_locks(postgresql)
    with dead_but_not_reaped() as number:
        for index in which:
            rewrite(locks_of(postgresql)[index], number)
        stop_engine(postgresql, start_engine(postgresql))


def test_postgresql_starts_where_its_locks_name_a_stranger_who_is_left_alone(data_dir: Path) -> None:
    postgresql = PostgreSQL(data_dir, FAST)
    killed_with_locks(postgresql)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        for lock in locks_of(postgresql):
            rewrite(lock, stranger.pid)
        stop_engine(postgresql, start_engine(postgresql))
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_the_locks_of_a_server_that_lives_stay(data_dir: Path) -> None:
    postgresql = PostgreSQL(data_dir, FAST)
    process = start_engine(postgresql)
    remove_dead_locks(postgresql.cluster, *locks_of(postgresql))
    assert all(lock.exists() for lock in locks_of(postgresql))
    stop_engine(postgresql, process)


@pytest.mark.parametrize("content", ["", "no number\n"])
def test_a_lock_that_cannot_be_understood_is_left_to_postgresql(tmp_path: Path, content: str) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(content)
    remove_dead_locks(tmp_path, lock)
    assert lock.read_text() == content


def test_valkey_starts_where_its_pidfile_names_a_process_that_is_dead_but_not_reaped(data_dir: Path) -> None:
    valkey = Valkey(data_dir)
    valkey.prepare()
    with dead_but_not_reaped() as number:
        valkey.pidfile.write_text(f"{number}\n")
        stop_engine(valkey, start_engine(valkey))


def test_a_process_that_merely_took_over_the_number_is_left_alone(tmp_path: Path) -> None:
    pidfile = tmp_path / "engine.pid"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        pidfile.write_text(f"{stranger.pid}\n")
        assert not stop_leftover("Valkey", pidfile, tmp_path, signal.SIGTERM)
        assert psutil.pid_exists(stranger.pid)
        stranger.communicate(b"\n")
    assert stranger.returncode == 0


def test_a_cluster_left_half_made_is_made_anew(data_dir: Path) -> None:
    postgresql = PostgreSQL(data_dir, FAST)
    unfinished = postgresql.directory / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgresql.prepare()
    assert (postgresql.cluster / "global" / "pg_control").exists()
    assert not unfinished.exists()


def test_an_engine_that_does_not_start_says_why_in_its_log(data_dir: Path) -> None:
    valkey = Valkey(data_dir)
    valkey.prepare()
    program = valkey.prepare()
    (valkey.directory / "valkey.conf").write_text("no-such-directive 1\n")
    process = start_program(program)
    with pytest.raises(EngineError, match="did not start"):
        wait_until_ready(valkey, process)
    assert "Bad directive" in last_log_line(valkey.log)


@pytest.mark.parametrize(
    ("lines", "telling"),
    [
        (["LOG:  starting", "FATAL:  no space", "LOG:  database system is shut down", ""], "FATAL:  no space"),
        (["# Bad", ">>> 'no-such-directive 1'", "Bad directive or wrong number of arguments"], None),
        (["PANIC:  first", "FATAL:  last", "child process exited"], "FATAL:  last"),
        (["", "  "], ""),
        ([], ""),
    ],
    ids=["a farewell", "nothing grave", "two grave ones", "blank", "none"],
)
def test_the_line_that_tells_why_an_engine_gave_up(lines: list[str], telling: str | None) -> None:
    assert telling_line(lines) == (lines[-1] if telling is None else telling)


def test_both_engines_start_in_a_directory_whose_path_is_too_long_for_a_socket(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e f" * 20)
    deep.mkdir(parents=True, mode=0o700)
    valkey, postgresql = Valkey(deep), PostgreSQL(deep, FAST)
    for engine, short in ((valkey, valkey.socket.parent), (postgresql, postgresql.socket_directory)):
        stop_engine(engine, start_engine(engine))
        assert len(os.fsencode(short)) < MAX_SOCKET_PATH_BYTES
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
        short.rmdir()


def test_a_socket_directory_prepared_by_somebody_else_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * MAX_SOCKET_PATH_BYTES)
    short = socket_directory(directory, "s")
    short.rmdir()
    short.symlink_to(tmp_path)
    try:
        with pytest.raises(EngineError, match="belongs to another user"):
            socket_directory(directory, "s")
    finally:
        short.unlink()


def test_a_closed_directory_on_the_way_is_opened_for_passing_through_only(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    (closed / "data").mkdir(mode=0o700)
    let_through(closed / "data")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701
    assert stat.S_IMODE((closed / "data").stat().st_mode) == 0o700
