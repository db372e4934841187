"""`signalpost user`."""

import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from tests.cli.conftest import Cli


def test_a_user_is_created_listed_and_disabled(cli: Cli) -> None:
    made = cli("user", "create", "Anna@Example.com", "--role", "owner", "--json").value
    assert (made["email"], made["role"]) == ("anna@example.com", "owner")
    assert len(made["password"]) >= 12
    cli("user", "create", "ben@example.com", "--role", "viewer")
    assert [item["email"] for item in cli("user", "list", "--json").value["items"]] == [
        "anna@example.com",
        "ben@example.com",
    ]
    assert cli("user", "disable", "ben@example.com", "--json").value["disabled_at"]
    refused = cli("user", "disable", "anna@example.com")
    assert refused.status == 1
    assert "only owner" in refused.stderr


def test_a_password_comes_from_standard_input(environment: dict[str, str]) -> None:
    def create(words: str) -> tuple[int, str]:
        arguments = ["user", "create", "anna@example.com", "--role", "owner", "--password-stdin", "--json"]
        result = CliRunner().invoke(app, arguments, env=environment, input=words)
        return result.exit_code, result.stdout + result.stderr

    assert create("")[0] == 1
    assert "password: standard input had none" in create("\n")[1]
    assert "must have 10" in create("short\n")[1]
    status, printed = create("kettle-on-the-stove\n")
    assert status == 0
    assert "password" not in printed


@pytest.mark.parametrize("role", ["king", ""])
def test_a_role_that_is_none_is_refused(cli: Cli, role: str) -> None:
    refused = cli("user", "create", "anna@example.com", "--role", role)
    assert refused.status == 1
    assert "role: must be one of viewer, editor, owner" in refused.stderr
