"""Rules 5 and 6: no trace of a person in logs, metrics, states, alerts and errors, and after an erasure nowhere.

The log level is `debug`. That the canary is found where it may be shows that the search can find it.
"""

from pathlib import Path

import pytest

from tests.cli.running_up import environment, running_up
from tests.engines import short_directory
from tests.journeys.traveller import Signalpost
from tests.privacy.canaries import EMAIL, PERSONAL, QUERY_VALUE, SECRETS, TTCLID, found_in
from tests.privacy.canary_journey import Canary, Evidence, alert_receiver, backup_text, gather, ledger_text

ANYTHING = PERSONAL | SECRETS
ALLOWED = {"match_statistics": {"user agent"}}
"""How often a model of phone was seen, by its name: a fact about phones, which the canary's alone is."""


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    found = Evidence()
    with (
        short_directory() as directory,
        alert_receiver(found.alerts) as alerts,
        (directory / "up.log").open("wb") as log,
    ):
        env = environment(directory / "data") | {
            "TRUSTED_PROXIES": "127.0.0.0/8", "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
            "ALERT_WEBHOOK_URL": alerts, "ALERT_WEBHOOK_ALLOW_PRIVATE": "true",
        }  # fmt: skip
        with running_up(env, "--demo", "--no-history", log=log) as up:
            signalpost = Signalpost(up)
            _travel(signalpost, found, directory / "after.backup")
            keys = {"api key": signalpost.demo["api_key"]}
        found.log = (directory / "up.log").read_text()
        found.log += "".join(path.read_text(errors="replace") for path in sorted((directory / "data").rglob("*.log")))
        assert keys["api key"] not in found.log + found.metrics + found.backup
    return found


def _travel(signalpost: Signalpost, found: Evidence, backup: Path) -> None:
    ledger, canary = signalpost.database_url(), Canary(signalpost, found)
    redirect = canary.click()
    canary.visit()
    canary.report(redirect)
    canary.err()
    canary.sign_in()
    canary.suffer(ledger)
    gather(canary, ledger)
    canary.erase()
    assert canary.find() == []
    found.left = ledger_text(ledger)
    found.backup = backup_text(signalpost, backup)


def test_the_search_finds_the_canary_where_it_may_be(evidence: Evidence) -> None:
    assert found_in(evidence.kept["installs"], PERSONAL) >= {"address", "e-mail", "person", "install", "ttclid"}
    assert found_in(evidence.kept["deliveries"], PERSONAL) >= {"hashed e-mail", "hashed telephone"}


@pytest.mark.parametrize("process", ["up", "redirector", "forwarder", "worker", "console"])
def test_each_process_has_written_to_the_log_that_is_searched(evidence: Evidence, process: str) -> None:
    assert f'"process": "{process}"' in evidence.log


def test_no_log_of_ours_or_of_an_engine_names_the_canary(evidence: Evidence) -> None:
    told = [line for line in evidence.log.splitlines() if found_in(line, ANYTHING)]
    assert told == []


def test_no_metric_names_the_canary(evidence: Evidence) -> None:
    assert "signalpost_installs_total" in evidence.metrics
    assert found_in(evidence.metrics, ANYTHING) == set()


def test_no_state_of_a_process_and_no_check_of_doctor_names_the_canary(evidence: Evidence) -> None:
    assert '"checks"' in evidence.states
    assert found_in(evidence.states, ANYTHING) == set()


def test_no_alert_names_the_canary_though_tiktok_did(evidence: Evidence) -> None:
    assert any("Not a valid" in alert for alert in evidence.alerts)
    assert found_in("".join(evidence.alerts), ANYTHING) == set()


def test_no_refusal_repeats_what_was_wrong_of_the_canary(evidence: Evidence) -> None:
    refused = [answer for answer in evidence.answers if '"error"' in answer]
    assert len(refused) > 5
    assert {name for answer in refused for name in found_in(answer, ANYTHING)} == set()


@pytest.mark.parametrize(
    "table",
    [
        "alerts",
        "audit_log",
        "ad_names",
        "input_set_aside",
        "match_statistics",
        "visit_counts",
        "report_days",
        "sessions",
    ],
)
def test_no_table_that_outlives_a_person_names_the_canary(evidence: Evidence, table: str) -> None:
    assert found_in(evidence.kept[table], ANYTHING) == ALLOWED.get(table, set())


def test_no_secret_lies_in_the_ledger_as_it_is(evidence: Evidence) -> None:
    assert {table for table, text in evidence.kept.items() if found_in(text, SECRETS)} == set()


def test_after_the_erasure_no_table_names_the_canary(evidence: Evidence) -> None:
    assert {table: found for table, text in evidence.left.items() if (found := found_in(text, ANYTHING))} == ALLOWED


def test_a_backup_made_after_the_erasure_does_not_name_the_canary(evidence: Evidence) -> None:
    assert "app_id" in evidence.backup
    assert found_in(evidence.backup, ANYTHING) == ALLOWED["match_statistics"]


def test_after_the_erasure_the_sums_are_still_there(evidence: Evidence) -> None:
    assert evidence.left["visit_counts"]
    assert evidence.left["visit_counts"] == evidence.kept["visit_counts"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"mail from {EMAIL.upper()}", {"e-mail"}),
        (f"?ttclid={TTCLID}&x={QUERY_VALUE}", {"ttclid", "query"}),
        (f"\\x{EMAIL.encode().hex()}", {"e-mail"}),
        ("nobody", set()),
    ],
)
def test_a_trace_is_found_in_each_of_its_forms(text: str, found: set[str]) -> None:
    assert found_in(text, PERSONAL) == found
