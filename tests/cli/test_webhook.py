"""`signalpost webhook`, and what other commands say of the platforms that post."""

import json

import pytest

from tests.cli.conftest import Cli, Sql

BODY = b'{"event": {"id": "e-1", "type": "INITIAL_PURCHASE", "price": 9.99}}'
INSERT = """
INSERT INTO webhook_bodies (app_id, provider, provider_event_id, type, outcome, received_at, event_key, body)
VALUES ($1, $2, $3, 'INITIAL_PURCHASE', $4, now(), $5, $6)
"""
EVENT = """
INSERT INTO events (app_id, event_id, source, name, occurred_at, value, currency, body)
VALUES ($1, 'revenuecat:e-1', 'revenuecat', 'rc_subscription_started', now(), 9.99, 'EUR', '{}') RETURNING event_key
"""


@pytest.fixture
def posted(cli: Cli, app_id: str, sql: Sql) -> str:
    """An app with a webhook that became an event, and a test of another platform."""
    [event] = sql(EVENT, app_id)
    sql(INSERT, app_id, "revenuecat", "e-1", "event", event["event_key"], BODY)
    sql(INSERT, app_id, "superwall", "e-2", "test", None, b"no json")
    return app_id


def test_what_came_is_listed_newest_first(cli: Cli, posted: str) -> None:
    found = cli("webhook", "list", "--app", posted, "--json").value
    assert [(item["provider"], item["outcome"], item["source_event"]) for item in found["items"]] == [
        ("superwall", "test", None),
        ("revenuecat", "event", "rc_subscription_started"),
    ]
    assert found["next"] is None


def test_a_list_is_read_page_by_page_and_by_provider(cli: Cli, posted: str) -> None:
    first = cli("webhook", "list", "--limit", "1", "--json").value
    second = cli("webhook", "list", "--limit", "1", "--after", first["next"], "--json").value
    assert [first["items"][0]["provider"], second["items"][0]["provider"]] == ["superwall", "revenuecat"]
    assert len(cli("webhook", "list", "--provider", "revenuecat", "--json").value["items"]) == 1
    assert cli("webhook", "list", "--provider", "paddle").status == 2


def test_one_is_shown_with_its_body(cli: Cli, posted: str) -> None:
    newest, oldest = (item["webhook_id"] for item in cli("webhook", "list", "--json").value["items"])
    shown = cli("webhook", "show", oldest, "--json").value
    assert (shown["value"], shown["currency"], shown["joined"]) == (9.99, "EUR", False)
    assert shown["body"]["event"]["id"] == "e-1"
    assert cli("webhook", "show", newest, "--json").value["body"] == "no json"
    assert '"INITIAL_PURCHASE"' in cli("webhook", "show", oldest).stdout


def test_one_that_is_not_there_is_refused(cli: Cli, posted: str) -> None:
    assert "no webhook" in cli("webhook", "show", "999999").stderr


def test_whoever_connects_a_platform_is_told_where_sales_come_from(cli: Cli, app_id: str) -> None:
    told = cli("app", "set", app_id, "revenuecat_authorization=Bearer secret-of-revenuecat")
    assert f"signalpost app set {app_id} revenue_source=revenuecat" in told.stderr
    assert "note" not in cli("app", "set", app_id, "revenue_source=revenuecat").stderr
    assert "note" not in cli("app", "set", app_id, "revenuecat_authorization=another").stderr


def checks(cli: Cli) -> dict[str, tuple[bool, str]]:
    found = cli("doctor", "--json")
    return {check["name"]: (check["ok"], check["detail"]) for check in json.loads(found.stdout)["checks"]}


def test_doctor_finds_a_platform_that_went_silent_and_a_second_source(cli: Cli, app_id: str, sql: Sql) -> None:
    cli("app", "set", app_id, "revenuecat_authorization=Bearer secret-of-revenuecat")
    ok, detail = checks(cli)[f"webhook revenuecat of {app_id}"]
    assert (ok, "nothing came yet" in detail) == (True, True)
    sql("INSERT INTO webhook_sources VALUES ($1, 'revenuecat', now() - interval '25 hours')", app_id)
    sql("INSERT INTO second_revenue_sources VALUES ($1, 'revenuecat', now())", app_id)
    found = checks(cli)
    assert found[f"webhook revenuecat of {app_id}"][0] is False
    assert found[f"revenue of {app_id}"][0] is False
    sql("UPDATE webhook_sources SET last_received_at = now()")
    assert checks(cli)[f"webhook revenuecat of {app_id}"][0] is True


def test_the_report_warns_of_a_second_source(cli: Cli, app_id: str, sql: Sql) -> None:
    assert cli("report", "--app", app_id, "--json").value["warnings"] == []
    sql("INSERT INTO second_revenue_sources VALUES ($1, 'revenuecat', now())", app_id)
    [warning] = cli("report", "--app", app_id, "--json").value["warnings"]
    assert "revenuecat reports sales too" in warning
    assert "revenuecat reports sales too" in cli("report", "--app", app_id).stderr
