"""All of Signalpost with its ledger behind PgBouncer in transaction mode: the same journeys, and every command."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from anyio.from_thread import start_blocking_portal

from stack.engines.postgresql import DATABASE, PostgreSQL
from tests.cli.running_up import environment, running_up, signalpost
from tests.engines import FAST, short_directory, start_engine, stop_engine
from tests.journeys.test_click_to_conversion import (
    test_android_click_becomes_conversions_that_carry_its_ttclid,
    test_report_counts_the_clicks_and_the_installs_of_a_campaign,
    test_storm_of_one_install_is_one_conversion_and_one_answer,
)
from tests.journeys.test_live_feed import (
    test_a_click_its_install_and_the_delivered_postback_are_seen_within_two_seconds,
)
from tests.journeys.test_subscription_platform import (
    test_a_trial_that_revenuecat_reports_becomes_a_conversion_of_the_click,
)
from tests.journeys.traveller import Signalpost, new_ttclid, play_referrer, until
from tests.pooler import Pooler, running_pooler

__all__ = [
    "test_a_click_its_install_and_the_delivered_postback_are_seen_within_two_seconds",
    "test_a_trial_that_revenuecat_reports_becomes_a_conversion_of_the_click",
    "test_android_click_becomes_conversions_that_carry_its_ttclid",
    "test_report_counts_the_clicks_and_the_installs_of_a_campaign",
    "test_storm_of_one_install_is_one_conversion_and_one_answer",
]

SHARED = "pgbouncer=true"
SESSIONS = 4  # for a forwarder, a worker, a console and commands, whose pools could hold forty


@dataclass(frozen=True)
class Behind:
    """A pooler and the engine behind it."""

    pooler: Pooler
    new_database: Callable[[str], None]


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    with short_directory() as directory, start_blocking_portal() as portal:
        engine = PostgreSQL(directory, FAST)
        process = start_engine(engine)

        async def create(name: str) -> None:
            connection = await asyncpg.connect(engine.database_url("postgres"))
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()

        try:
            with running_pooler(engine.socket_directory, default_pool_size=SESSIONS) as pooler:
                yield Behind(pooler, lambda name: portal.call(create, name))
        finally:
            stop_engine(engine, process)


@pytest.fixture(scope="module")
def everything(behind: Behind) -> Iterator[Signalpost]:
    behind.new_database(DATABASE)
    with short_directory() as directory:
        env = environment(directory) | {
            "TRUSTED_PROXIES": "127.0.0.0/8",
            "DATABASE_URL": behind.pooler.url(DATABASE, SHARED),
        }
        with running_up(env, "--demo", "--no-history") as up:
            yield Signalpost(up)


def test_doctor_finds_nothing_wrong_with_the_ledger(signalpost: Signalpost) -> None:
    checks = signalpost.command("doctor")["checks"]
    ok = {check["name"]: check["ok"] for check in checks}
    assert [ok[name] for name in ("postgresql", "ledger", "postgresql clock", "pooler")] == [True] * 4


def test_lists_exports_and_erasure(signalpost: Signalpost) -> None:
    redirect = signalpost.click(new_ttclid(), "8.8.7.1", campaign_id="778001")
    install = signalpost.install("8.8.7.1", install_referrer=play_referrer(redirect))["install_id"]
    signalpost.event(install, "sign_up")
    until(lambda: signalpost.received("CompleteRegistration"))
    exported = {what: lines_of(signalpost, what) for what in ("clicks", "installs", "events", "deliveries")}
    assert all(install in exported[what] for what in ("installs", "events", "deliveries"))
    assert "778001" in exported["clicks"]
    app_id = signalpost.demo["app_id"]
    signalpost.command("erase", "--app", app_id, "--install-id", install)
    assert all(install not in lines_of(signalpost, what) for what in exported)
    assert install not in json.dumps(signalpost.command("delivery", "list", "--limit", "200"))


def lines_of(on: Signalpost, what: str) -> str:
    done = signalpost(on.up.env, "export", what)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_backup_made_through_it_is_restored_through_it(
    everything: Signalpost, behind: Behind, tmp_path: Path
) -> None:
    install = everything.install("8.8.7.9")["install_id"]
    file = tmp_path / "pooled.backup"
    done = signalpost(everything.up.env, "backup", str(file), "--json")
    assert done.returncode == 0, done.stderr
    behind.new_database("restored")
    with short_directory() as directory:
        (directory / "secret_key").write_bytes((Path(everything.up.env["DATA_DIR"]) / "secret_key").read_bytes())
        env = environment(directory) | {"DATABASE_URL": behind.pooler.url("restored", SHARED)}
        done = signalpost(env, "restore", str(file))
        assert done.returncode == 0, done.stderr
        assert install in signalpost(env, "export", "installs").stdout
