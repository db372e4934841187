"""The `signalpost` command as a whole."""

import json
import subprocess
import sys

import pytest

from cli.__main__ import COMMANDS, main
from cli.lazy import load
from tests.cli.conftest import Cli

# What makes a start slow, and no list of commands needs.
HEAVY = ("asyncpg", "redis", "sqlalchemy", "httpx", "uvicorn", "pydantic", "cryptography")


def test_help_lists_every_command(cli: Cli) -> None:
    shown = cli("--help")
    assert shown.status == 0
    assert all(name in shown.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_can_be_loaded_and_says_what_it_does(name: str) -> None:
    command = load(name, COMMANDS[name])
    assert command.name == name
    assert command.help


def test_help_loads_nothing_that_is_slow() -> None:
    ask = f"import sys, cli.__main__; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_unknown_command_is_wrong_usage(cli: Cli) -> None:
    refused = cli("fly")
    assert refused.status == 2
    assert "fly" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["mapping", "presets", "--json"], ["mapping", "--json", "presets"]], ids=["last", "before the verb"]
)
def test_json_may_stand_anywhere_after_the_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["items"]


LISTS = (
    "link list", "pixel list", "webhook list", "delivery list", "delivery replay --state dead --since 24h", "report",
    "report --cohorts", "report --signals", "export events", "mapping show", "tiktok advertisers",
    "match explain some-install", "match stats",
)  # fmt: skip


@pytest.mark.parametrize("command", LISTS)
def test_an_app_that_is_not_there_is_refused_and_has_not_nothing(cli: Cli, command: str) -> None:
    refused = cli(*command.split(), "--app", "app_mistyped")
    assert (refused.status, refused.stdout) == (1, "")
    assert "there is no app 'app_mistyped'" in refused.stderr


@pytest.mark.parametrize("command", ["delivery list", "delivery replay --state dead --since 24h"])
def test_a_pixel_that_is_not_there_is_refused_and_has_not_nothing(cli: Cli, command: str) -> None:
    refused = cli(*command.split(), "--pixel", "px_mistyped", "--json")
    assert (refused.status, refused.stdout) == (1, "")
    assert "there is no pixel 'px_mistyped'" in refused.stderr
