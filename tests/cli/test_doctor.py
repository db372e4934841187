"""`signalpost doctor`."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from admin.shown_url import masked
from config.runfile import write_runfile
from ledger.migrate import migrate
from ledger.revisions import knows_revision
from tests.cli.conftest import TOKEN, Cli, Ran, Sql
from tests.engines import SessionEngines
from tests.redis_clients import open_redis


def checks(ran: Ran) -> dict[str, dict[str, Any]]:
    """By name."""
    return {check["name"]: check for check in json.loads(ran.stdout)["checks"]}


@pytest.mark.usefixtures("tiktok")
def test_when_all_is_well_it_ends_with_status_0_in_the_shape_of_the_contract(cli: Cli, app_id: str) -> None:
    ran = cli("doctor", "--json")
    assert ran.status == 0, ran.stdout
    found = ran.value
    assert set(found) == {"ok", "checks", "settings", "processes", "engines"}
    assert found["ok"] is True
    assert all(set(check) == {"name", "ok", "detail", "fix"} and check["ok"] for check in found["checks"])
    assert set(found["engines"]) == {"redis", "postgresql"}
    assert all({"url", "version"} <= set(engine) for engine in found["engines"].values())
    names = set(checks(ran))
    assert {"settings", "data directory", "secret key", "redis", "postgresql", "ledger", "tiktok api"} <= names
    assert {"redis clock", "postgresql clock", "stored secrets"} <= names


def test_engines_that_are_away_are_named_with_the_way_out(cli: Cli, environment: dict[str, str]) -> None:
    environment["REDIS_URL"] = "redis://:hush@127.0.0.1:9/0"
    environment["DATABASE_URL"] = "postgresql://me:hush@127.0.0.1:9/x"
    ran = cli("doctor", "--json")
    assert ran.status == 1
    assert "hush" not in ran.stdout
    found = checks(ran)
    assert not found["redis"]["ok"]
    assert "REDIS_URL" in found["redis"]["fix"]
    assert not found["postgresql"]["ok"]
    assert "DATABASE_URL" in found["postgresql"]["fix"]


def test_without_engines_it_says_how_to_have_them(cli: Cli, environment: dict[str, str]) -> None:
    environment.update(REDIS_URL="", DATABASE_URL="")
    found = checks(cli("doctor", "--json"))
    assert "signalpost up" in found["redis"]["fix"]
    assert "signalpost up" in found["postgresql"]["fix"]


@pytest.mark.parametrize(
    ("name", "bad", "wanted"),
    [
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
        ("appendonly", "no", "yes"),
        ("zset-max-listpack-value", "64", "512"),
    ],
)
def test_a_redis_that_would_lose_clicks_or_waste_memory_is_named(
    cli: Cli, redis_url: str, name: str, bad: str, wanted: str
) -> None:
    with open_redis(redis_url) as client:
        before = client.config_get(name)[name]
        client.config_set(name, bad)
        try:
            found = checks(cli("doctor", "--json"))[f"redis {name}"]
        finally:
            client.config_set(name, before)
    assert (found["ok"], found["detail"].rpartition(": ")[2]) == (False, bad)  # a cluster's has the node before it
    assert f"{name} {wanted}" in found["fix"]


def test_a_held_pixel_is_named_with_the_way_out(cli: Cli, app_id: str, sql: Sql) -> None:
    added = cli("pixel", "add", "--app", app_id, "--code", "C1", "--token", TOKEN, "--no-validate", "--json").value
    sql("UPDATE pixels SET state = 'held', held_reason = 'token revoked'")
    found = checks(cli("doctor", "--json"))[f"pixel {added['pixel_id']}"]
    assert (found["ok"], found["detail"]) == (False, "held: token revoked")
    assert f"signalpost pixel validate {added['pixel_id']}" in found["fix"]


def test_an_api_key_of_before_that_still_opens_is_told_with_its_end_and_is_nothing_wrong(
    cli: Cli, app_id: str, sql: Sql
) -> None:
    name = f"API key of {app_id}"
    assert name not in checks(cli("doctor", "--json"))
    until = cli("app", "rotate-key", app_id, "--keep-old-for", "48", "--json").value["previous_key_until"]
    found = checks(cli("doctor", "--json"))[name]
    assert (found["ok"], found["fix"]) == (True, "")
    assert until[:16].replace("T", " ") in found["detail"]
    sql("UPDATE apps SET previous_key_until = now() - interval '1 second'")
    assert name not in checks(cli("doctor", "--json"))


def test_secrets_that_do_not_open_are_counted(cli: Cli, app_id: str, environment: dict[str, str]) -> None:
    environment["SECRET_KEY"] = "another-secret-key-altogether"
    ran = cli("doctor", "--json")
    assert "another-secret-key" not in ran.stdout
    assert not checks(ran)["stored secrets"]["ok"]


def test_settings_show_where_they_come_from_and_no_secret(
    cli: Cli, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.update(SECRET_KEY="a-secret-key-of-our-own", TIKTOK_APP_SECRET="hush-hush")
    Path(".env").write_text("CLICK_RETENTION_DAYS=14\n")
    ran = cli("doctor", "--json")
    settings = json.loads(ran.stdout)["settings"]
    assert settings["CLICK_RETENTION_DAYS"] == {"value": "14", "origin": ".env"}
    assert settings["SECRET_KEY"] == {"value": "set", "origin": "environment"}
    assert settings["REDIS_BUDGET_MS"] == {"value": "50", "origin": "default"}
    assert "hush-hush" not in ran.stdout + cli("doctor").stdout
    assert "a-secret-key" not in ran.stdout


def test_a_setting_that_cannot_be_used_is_named(cli: Cli, environment: dict[str, str]) -> None:
    environment["REDIRECTOR_PORT"] = "eighty"
    ran = cli("doctor", "--json")
    assert ran.status == 1
    assert "REDIRECTOR_PORT" in checks(ran)["settings"]["detail"]


def test_a_data_directory_open_to_others_is_named(cli: Cli, data_dir: Path) -> None:
    data_dir.chmod(0o755)
    found = checks(cli("doctor", "--json"))["data directory"]
    assert not found["ok"]
    assert "chmod 700" in found["fix"]


def test_a_running_ups_processes_are_asked_whether_they_are_ready(
    cli: Cli, data_dir: Path, tiktok: httpx.Client
) -> None:
    processes = {
        "sandbox": {"pid": 1, "url": str(tiktok.base_url).rstrip("/")},
        "forwarder": {"pid": 2, "url": "http://127.0.0.1:9"},
    }
    write_runfile(
        data_dir, {"pid": os.getpid(), "settings": {}, "processes": processes, "engines": {"redis": {"pid": 7}}}
    )
    ran = cli("doctor", "--json")
    found = json.loads(ran.stdout)
    assert found["processes"] == processes
    assert found["engines"]["redis"]["pid"] == 7
    assert checks(ran)["process sandbox"]["ok"]
    assert not checks(ran)["process forwarder"]["ok"]


def test_looking_makes_nothing(cli: Cli, data_dir: Path, environment: dict[str, str]) -> None:
    environment["DATA_DIR"] = str(data_dir / "not-yet")
    environment["DATABASE_URL"] = ""
    cli("doctor", "--json")
    assert not (data_dir / "not-yet").exists()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hush@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql://me:hush@host/db?sslmode=require", "postgresql://me:***@host/db?sslmode=require"),
        ("postgresql://me@/db?host=/run/pg&password=hush", "postgresql://me@/db?host=/run/pg&password=***"),
        ("unix:///run/redis.sock?db=0", "unix:///run/redis.sock?db=0"),
        ("postgresql://me:hu/s#h?x@y@host/db?a=b", "postgresql://me:***@host/db?a=b"),
        ("redis://:hu/sh@host:6379/0", "redis://:***@host:6379/0"),
        ("redis://host/0?password=hu@sh", "redis://host/0?password=***"),
    ],
)
def test_passwords_in_urls_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_doctor_judges_a_database_url_as_up_does(cli: Cli, environment: dict[str, str], database_url: str) -> None:
    environment["DATABASE_URL"] = f"{database_url}&sslmode=require&channel_binding=require&connection_limit=5"
    found = checks(cli("doctor", "--json"))
    assert found["postgresql"]["ok"]
    assert found["DATABASE_URL"]["detail"].endswith("channel_binding, connection_limit")
    environment["DATABASE_URL"] = "postgresql://me:hu/sh@host:port/db"
    ran = cli("doctor", "--json")
    assert checks(ran)["postgresql"]["detail"].startswith("DATABASE_URL cannot be read: ")
    assert "hu/" not in ran.stdout


def test_a_role_that_may_only_read_is_named_with_the_way_out(
    cli: Cli, environment: dict[str, str], database_url: str, sql: Sql
) -> None:
    reader = f"signalpost_reader_{uuid4().hex}"
    sql(f"CREATE ROLE {reader}")
    try:
        sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
        environment["DATABASE_URL"] = f"{database_url}&options=-c%20role%3D{reader}"
        found = checks(cli("doctor", "--json"))["postgresql rights"]
        assert not found["ok"]
        assert "owner" in found["fix"]
    finally:
        sql(f"DROP OWNED BY {reader}")
        sql(f"DROP ROLE {reader}")


@pytest.mark.parametrize(
    ("revision", "way_out"), [("0011", "signalpost migrate"), ("9999", "install the version that wrote it")]
)
def test_tables_of_another_version_are_named_with_the_way_out(
    cli: Cli, environment: dict[str, str], engines: SessionEngines, revision: str, way_out: str
) -> None:
    environment["DATABASE_URL"] = engines.new_database()
    if knows_revision(revision):
        asyncio.run(migrate(environment["DATABASE_URL"], revision))
    else:
        cli("migrate")
        asyncio.run(_set_revision(environment["DATABASE_URL"], revision))
    assert way_out in checks(cli("doctor", "--json"))["ledger"]["fix"]


async def _set_revision(url: str, revision: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    await connection.close()


def test_a_command_takes_a_database_url_of_a_hoster(cli: Cli, environment: dict[str, str], database_url: str) -> None:
    environment["DATABASE_URL"] = f"{database_url}&sslmode=require&channel_binding=require".replace("ql://", "://")
    assert cli("app", "list", "--json").status == 0


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(cli: Cli, environment: dict[str, str]) -> None:
    environment |= {
        "ALL_PROXY": "socks4://me:hu-sh@proxy:1080",
        "NO_PROXY": "fd00::/8",
        "HTTP_PROXY": "",
        "HTTPS_PROXY": "",
    }
    environment |= {
        "all_proxy": "socks4://me:hu-sh@proxy:1080",
        "no_proxy": "fd00::/8",
        "http_proxy": "",
        "https_proxy": "",
    }
    ran = cli("doctor", "--json")
    assert checks(ran)["proxy"]["detail"].startswith("ALL_PROXY cannot be used: socks4 ")
    assert "hu-sh" not in ran.stdout


def test_a_full_disk_and_a_spool_that_stays_are_rows_with_the_way_out(
    cli: Cli, app_id: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app_id
    assert checks(cli("doctor", "--json"))["spool"]["detail"] == "empty"
    monkeypatch.setattr("config.disk.MIN_FREE_SHARE", 1.1)
    (data_dir / "spool").mkdir(exist_ok=True)
    segment = data_dir / "spool" / "1.spool"
    segment.write_bytes(b"a click")
    os.utime(segment, (1_790_000_000, 1_790_000_000))
    found = checks(cli("doctor", "--json"))
    assert [found[name]["ok"] for name in ("disk", "spool")] == [False, False]
    assert all(found[name]["fix"] for name in ("disk", "spool"))


@pytest.mark.parametrize(
    ("kind", "ok"),
    [("deliveries_late", False), ("clock_differs", False), ("replica_late", False), ("deliveries_dead", True)],
)
def test_what_a_worker_raised_is_a_row_until_it_is_over(cli: Cli, app_id: str, sql: Sql, kind: str, ok: bool) -> None:
    assert checks(cli("doctor", "--json"))["alerts"]["ok"]
    sql(
        "INSERT INTO alerts (alert_key, kind, app_id, pixel_id, message, raised_at, post_at)"
        " VALUES ($1, $2, $3, '', 'it is wrong', now(), now())",
        f"{kind}:thing", kind, app_id,
    )  # fmt: skip
    row = checks(cli("doctor", "--json"))[f"{kind} thing"]
    assert row["ok"] is ok
    assert "it is wrong" in row["detail"]
    assert row["fix"]


@pytest.mark.usefixtures("one_redis")
def test_a_redis_that_takes_no_clicks_is_named(cli: Cli, redis_url: str) -> None:
    with open_redis(redis_url) as client:
        assert checks(cli("doctor", "--json"))["redis writes"]["ok"]
        client.config_set("maxmemory", client.info("memory")["used_memory"])
        try:
            full = checks(cli("doctor", "--json"))["redis writes"]
            client.config_set("maxmemory", 0)
            client.replicaof("127.0.0.1", "1")
            replica = checks(cli("doctor", "--json"))["redis writes"]
        finally:
            client.config_set("maxmemory", 0)
            client.replicaof("NO", "ONE")
    assert (full["ok"], replica["ok"]) == (False, False)
    assert "of maxmemory are used" in full["detail"]
    assert "replica" in replica["detail"]
