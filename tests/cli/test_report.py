"""`signalpost report`."""

import asyncio
import csv
import io
import json

import pytest

from config.settings import ForwarderSettings
from tests.cli.conftest import Cli, Sql
from tests.forwarder.api import opened_api

COLUMNS = {
    "key", "spend", "currency", "impressions", "clicks", "reach", "link_clicks", "visits", "installs", "installs_from",
    "events", "revenue", "revenue_from", "cpi", "ipm", "cpm", "cpc", "ctr", "cti", "roas",
}  # fmt: skip
FURTHER = ("trials", "registrations", "proceeds", "refunds", "tiktok_installs", "tiktok_purchases", "tiktok_revenue")


@pytest.fixture
def counted(cli: Cli, app_id: str, sql: Sql) -> str:
    """An app whose link was clicked seven times and visited twice by bots, with an install of a campaign."""
    cli("link", "create", "--app", app_id, "--slug", "tea")
    for kind, visits in (("click", 7), ("bot", 2)):
        sql("INSERT INTO visit_counts VALUES ('2026-11-20T12:00Z', 'tea', 'ios', $1, '42', '', '', $2)", kind, visits)
    sql(
        "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id, click)"
        " VALUES ($1, 'i-1', 'ios', '2026-11-20T12:30Z', '{}', 'referrer', 'c-1', $2)",
        app_id,
        {"campaign_id": "42", "link": "tea"},
    )
    sql("INSERT INTO ad_names (kind, id, name) VALUES ('campaign', '42', $1)", "=cmd|'/C calc'!A0")
    return app_id


def test_rows_and_totals_have_the_fields_of_the_contract(cli: Cli, counted: str) -> None:
    found = cli("report", "--app", counted, "--json").value
    [row] = found["rows"]
    assert set(row) >= COLUMNS
    assert set(found["totals"]) >= COLUMNS - {"key"}
    assert row["key"] == {"day": "2026-11-20"}
    assert (row["link_clicks"], row["visits"], row["installs"], row["revenue"]) == (7, 2, 1, 0)


def test_without_an_app_every_app_counts(cli: Cli, counted: str) -> None:
    assert cli("report", "--by", "link", "--json").value["rows"][0]["key"] == {"link": "tea"}


def test_days_outside_the_period_are_left_out(cli: Cli, counted: str) -> None:
    for period, rows in ((("--from", "2026-11-20", "--to", "2026-11-20"), 1), (("--to", "2026-11-19"), 0)):
        assert len(cli("report", "--app", counted, *period, "--json").value["rows"]) == rows


def test_csv_has_a_header_and_no_formulas(cli: Cli, counted: str) -> None:
    header, row = csv.reader(io.StringIO(cli("report", "--app", counted, "--by", "campaign", "--csv").stdout))
    cells = dict(zip(header, row, strict=True))
    assert set(header) == (COLUMNS - {"key"}) | {"campaign_id", "campaign_name", "wrong_os", *FURTHER}
    assert (cells["campaign_id"], cells["link_clicks"], cells["cpi"]) == ("42", "7", "0.0")
    assert cells["campaign_name"] == "'=cmd|'/C calc'!A0"


def test_names_with_quotes_and_line_breaks_are_right_in_csv(cli: Cli, counted: str, sql: Sql) -> None:
    sql("UPDATE ad_names SET name = $1", 'He said "50 %",\nand left')
    [row] = csv.DictReader(io.StringIO(cli("report", "--by", "day,campaign", "--csv").stdout, newline=""))
    assert (row["day"], row["campaign_name"]) == ("2026-11-20", 'He said "50 %",\nand left')


def test_cohorts_and_discrepancies_are_told(cli: Cli, counted: str) -> None:
    period = ("--app", counted, "--from", "2026-11-20", "--to", "2026-11-20")
    [row] = cli("report", *period, "--cohorts", "--json").value["rows"]
    assert (row["key"], row["installs"], row["revenue_d0"]) == ({"day": "2026-11-20"}, 1, 0)
    assert cli("report", *period, "--cohorts", "--csv").stdout.startswith("day,installs,spend,currency,revenue_d0,roas")
    found = cli("report", *period, "--discrepancies", "--json").value
    assert [(row["key"]["campaign_id"], row["installs"]) for row in found["rows"]] == [("42", 1)]
    assert cli("report", *period, "--discrepancies").stdout.startswith("campaign_id")


def test_a_recount_is_asked_for_and_noted(cli: Cli, counted: str, sql: Sql) -> None:
    sql("INSERT INTO report_zones VALUES ($1, 'UTC', 'rules', now())", counted)
    assert cli("report", "--recount", "--app", counted, "--json").value == {"app_id": counted}
    assert [row["rules"] for row in sql("SELECT rules FROM report_zones")] == [""]
    assert [row["act"] for row in sql("SELECT act FROM audit_log WHERE act LIKE 'report%'")] == ["report.recount"]


def test_the_table_ends_with_the_totals(cli: Cli, counted: str) -> None:
    lines = cli("report", "--app", counted).stdout.splitlines()
    assert lines[0].split()[:2] == ["day", "spend"]
    assert lines[-1].startswith("total")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--by", "moon"), 1, "by:"),
        (("--from", "yesterday"), 1, "from:"),
        (("--to", "9999-99-99"), 1, "to:"),
        (("--by", "day,campaign,ad"), 1, "by:"),
        (("--by", "hour,country"), 1, "by:"),
        (("--by", "hour", "--cohorts"), 1, "by:"),
        (("--discrepancies",), 1, "app: names the app"),
        (("--recount",), 1, "app: names the app"),
        (("--from", "2026-11-21", "--to", "2026-11-20"), 2, "from:"),
        (("--from", "2999-01-01"), 2, "from:"),
        (("--to", "2999-01-01"), 2, "to:"),
        (("--from", "2020-01-01", "--to", "2021-02-04"), 2, "from:"),
        (("--cohorts", "--signals"), 2, "--cohorts"),
        (("--app", "app_none"), 1, "app_none"),
        (("--csv", "--json"), 2, "--csv"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, options: tuple[str, ...], status: int, said: str) -> None:
    refused = cli("report", *options)
    assert (refused.status, refused.stdout) == (status, "")
    assert said in refused.stderr


def test_signals_shows_the_share_of_events_with_each(cli: Cli, app_id: str, sql: Sql) -> None:
    pixels = [
        cli("pixel", "add", "--app", app_id, "--code", code, "--token", "t", "--no-validate", "--json").value[
            "pixel_id"
        ]
        for code in ("C1", "C2")
    ]
    for number, user in enumerate(({"ttclid": "a", "ip": "1.1.1.1"}, {"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}, {})):
        [event] = sql(
            "INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'purchase', now(), '{}')"
            " RETURNING event_key", app_id, str(number),
        )  # fmt: skip
        for pixel in pixels:
            sql(
                "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event,"
                " target_event, state, payload) VALUES ($1, $2, $3, 'e', 'e', 'purchase', 'Purchase', 'delivered', $4)",
                app_id, pixel, event["event_key"], json.dumps({"event": "Purchase", "user": user}),
            )  # fmt: skip
    found = cli("report", "--signals", "--app", app_id, "--json").value
    assert found["events"] == 4
    assert (found["signals"]["ttclid"], found["signals"]["ip"], found["signals"]["email"]) == (0.25, 0.75, 0.0)
    assert len(found["signals"]) == 14
    assert cli("report", "--signals", "--json").value == found
    assert "25.0%" in cli("report", "--signals").stdout


def test_signals_of_an_app_that_sent_nothing_are_none(cli: Cli, app_id: str) -> None:
    found = cli("report", "--signals", "--app", app_id, "--json").value
    assert (found["events"], set(found["signals"].values())) == (0, {0.0})


@pytest.mark.parametrize("by", ["day", "campaign", "day,link", "hour,campaign"])
def test_http_tells_what_the_command_tells_byte_for_byte(
    cli: Cli, counted: str, environment: dict[str, str], by: str
) -> None:
    key = cli("app", "rotate-key", counted, "--json").value["api_key"]
    asked = {"by": by, "from": "2026-11-20", "to": "2026-11-21"}
    names = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL", "data_dir": "DATA_DIR"}
    forwarder = ForwarderSettings(**{name: environment[variable] for name, variable in names.items()})  # type: ignore[arg-type]

    async def over_http(form: str) -> str:
        async with opened_api(forwarder, fill=False) as api:
            bearer = {"Authorization": f"Bearer {key}"}
            return (await api.client.get("/v1/reports", params=asked | {"format": form}, headers=bearer)).text

    options = ("--app", counted, "--by", by, "--from", "2026-11-20", "--to", "2026-11-21")
    told = cli("report", *options, "--json")
    assert told.value["rows"]
    assert told.stdout.strip() == asyncio.run(over_http("json"))
    over_csv = asyncio.run(over_http("csv")).replace("\r\n", "\n")  # as the runner of commands reads their output
    assert cli("report", *options, "--csv").stdout == over_csv
