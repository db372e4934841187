"""`signalpost match stats`."""

from typing import Any

import msgspec
import pytest

from forwarder.matching.observation import Observation
from forwarder.matching.statistics import Learned
from tests.cli.conftest import Cli, Sql


@pytest.fixture
def learned(cli: Cli, sql: Sql) -> str:
    """An app, and statistics of ten installs."""
    app_id: str = cli("app", "create", "Runner", "--json").value["app_id"]
    state = Learned()
    for _ in range(10):
        state.observe(
            Observation(app_id=app_id, platform="ios", values={"os:ios": "26.1"}, explained=0.5, click_to_install_s=300)
        )
    for key in ("", app_id):
        sql("INSERT INTO match_statistics (app_id, state) VALUES ($1, $2)", key, msgspec.to_builtins(state))
    return app_id


def test_stats_shows_what_was_learned_of_all_apps_and_of_one(cli: Cli, learned: str) -> None:
    for arguments in ((), ("--app", learned)):
        shown: dict[str, Any] = cli("match", "stats", *arguments, "--json").value
        assert shown["installs"] == 10
        assert shown["values"]["os:ios"] == [{"value": "26.1", "share": 1.0}]
        assert 0.3 < shown["platforms"]["ios"]["expected_share_of_ad_installs"] < 0.7
        assert shown["last_7_days"]["installs"] == 0


def test_stats_reads_as_tables(cli: Cli, learned: str) -> None:
    ran = cli("match", "stats", "--app", learned)
    assert ran.status == 0
    assert "os:ios: 26.1 100.0%" in ran.stdout


def test_stats_before_the_first_install_are_the_priors(cli: Cli) -> None:
    assert cli("match", "stats", "--json").value["installs"] == 0


def test_stats_of_an_app_that_is_not_there_are_refused(cli: Cli) -> None:
    ran = cli("match", "stats", "--app", "app_nobody")
    assert (ran.status, "there is no app 'app_nobody'" in ran.stderr) == (1, True)
