"""A command that PostgreSQL fails under ends with a sentence, not with a traceback."""

import pytest

from tests.cli.conftest import Cli

READ_ONLY = "options=-c%20default_transaction_read_only%3Don"
CHANGES = (
    "app create Tea", "app set {app_id} name=Tea", "app rotate-key {app_id}", "link create --app {app_id}",
    "mapping set --app {app_id} a=Purchase", "user create anna@example.com --role owner", "reencrypt", "demo clear",
    "report --recount --app {app_id}", "erase --app {app_id} --install-id none", "ledger partition",
    "delivery replay --state dead --since 1h", "tiktok disconnect --app {app_id}",
)  # fmt: skip


@pytest.mark.parametrize("command", CHANGES)
def test_what_cannot_be_written_is_refused_with_the_way_out(
    cli: Cli, environment: dict[str, str], database_url: str, app_id: str, command: str
) -> None:
    environment["DATABASE_URL"] = f"{database_url}&{READ_ONLY}"
    refused = cli(*command.format(app_id=app_id).split())
    assert refused.status == 1
    assert refused.stdout == ""
    assert refused.stderr
    assert "read-only" not in refused.stderr or "lead DATABASE_URL to the primary" in refused.stderr


def test_what_is_only_read_is_shown_all_the_same(cli: Cli, environment: dict[str, str], database_url: str) -> None:
    environment["DATABASE_URL"] = f"{database_url}&{READ_ONLY}"
    assert cli("app", "list", "--json").status == 0


@pytest.mark.parametrize(
    "command", ["app show", "link show", "user disable", "match stats --app", "delivery list --event"]
)
def test_an_argument_that_is_not_utf_8_is_refused(cli: Cli, command: str) -> None:
    refused = cli(*command.split(), "\udcff")
    assert (refused.status, "UTF-8" in refused.stderr) == (1, True)
