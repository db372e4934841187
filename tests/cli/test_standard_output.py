"""An answer that cannot be written is a sentence, and what a locale cannot show is spelled out."""

import json

import pytest

from tests.cli.conftest import Cli, Sql
from tests.cli.shell import ended


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at the end", "at once"])
@pytest.mark.parametrize("shown", ["", " --json"], ids=["table", "json"])
def test_a_full_disk_behind_standard_output_is_said(environment: dict[str, str], shown: str, unbuffered: str) -> None:
    full = ended(environment, f"signalpost app create Tea{shown} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert full.returncode == 1
    assert full.stderr.decode().startswith("standard output cannot be written (No space left on device)")
    assert b"Traceback" not in full.stderr


def test_a_reader_that_went_away_is_no_error_to_read(environment: dict[str, str]) -> None:
    assert ended(environment, "signalpost mapping presets | true").stderr == b""


def test_a_closed_standard_output_keeps_nothing_from_being_done(cli: Cli, environment: dict[str, str]) -> None:
    closed = ended(environment, "signalpost app create Tea >&-")
    assert (closed.returncode, closed.stderr) == (0, b"")
    assert [item["name"] for item in cli("app", "list", "--json").value["items"]] == ["Tea"]


def test_what_a_locale_cannot_show_is_spelled_out(cli: Cli, environment: dict[str, str]) -> None:
    cli("app", "create", "caf\u00e9 \u65e5")
    shown = ended(environment, "signalpost app list", PYTHONIOENCODING="latin-1")
    assert b"caf\xe9 \\u65e5" in shown.stdout


def test_json_is_utf_8_whatever_the_locale(cli: Cli, environment: dict[str, str]) -> None:
    cli("app", "create", "caf\u00e9 \u65e5")
    shown = ended(environment, "signalpost app list --json", PYTHONIOENCODING="latin-1")
    assert [item["name"] for item in json.loads(shown.stdout.decode())["items"]] == ["caf\u00e9 \u65e5"]


@pytest.mark.parametrize(("given", "said"), [("</dev/null", "had none"), ("<&-", "is closed")], ids=["empty", "closed"])
@pytest.mark.parametrize(
    "command",
    [
        "user create anna@example.com --role owner --password-stdin",
        "pixel add --app {app_id} --code C9PIXEL0000000000001 --token -",
        "pixel set px_none token=-",
    ],
    ids=["password", "new pixel", "pixel"],
)
def test_a_secret_that_standard_input_does_not_have_is_refused(
    environment: dict[str, str], app_id: str, command: str, given: str, said: str
) -> None:
    field = "password" if "password" in command else "token"
    refused = ended(environment, f"signalpost {command.format(app_id=app_id)} {given}")
    assert (refused.returncode, refused.stderr.decode().strip()) == (1, f"{field}: standard input {said}")


def test_a_secret_that_is_not_utf_8_is_refused(environment: dict[str, str], sql: Sql) -> None:
    command = "signalpost user create anna@example.com --role owner --password-stdin"
    refused = ended(environment, f"printf '\\377\\376kettle-on-the-stove' | {command}")
    assert (refused.returncode, refused.stderr.strip()) == (1, b"password: standard input is not text in UTF-8")
    assert sql("SELECT email FROM users") == []
