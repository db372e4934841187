"""`signalpost ledger`: how the ledger lies."""

import json

import asyncpg
import pytest

from tests.cli.conftest import Cli
from tests.engines import SessionEngines


@pytest.fixture(autouse=True)
def own_ledger(engines: SessionEngines, environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = engines.migrated_database(engines.name("cli"))


def test_partition_says_what_it_does_and_that_it_is_done(cli: Cli) -> None:
    done = cli("ledger", "partition", "--json")
    assert done.value == {"first_partition_below": 20_000_000, "partitions": 2}
    assert "the tables become partitions" in done.stderr


def test_a_second_time_it_is_refused(cli: Cli) -> None:
    cli("ledger", "partition")
    refused = cli("ledger", "partition")
    assert (refused.status, "there is nothing to do" in refused.stderr) == (1, True)


def test_it_stands_in_the_audit_log(cli: Cli, engines: SessionEngines, environment: dict[str, str]) -> None:
    cli("ledger", "partition")

    async def acts() -> list[str]:
        connection = await asyncpg.connect(environment["DATABASE_URL"])
        found = [row["act"] for row in await connection.fetch("SELECT act FROM audit_log")]
        await connection.close()
        return found

    assert engines.portal.call(acts) == ["ledger.partition"]


def test_doctor_says_how_much_room_there_is(cli: Cli) -> None:
    cli("ledger", "partition")
    checks = {check["name"]: check for check in json.loads(cli("doctor", "--json").stdout)["checks"]}
    assert checks["ledger partitions"]["ok"]
    assert "2, with room for 29,999,999 events more" in checks["ledger partitions"]["detail"]
