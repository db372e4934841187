"""`signalpost report`."""

import csv
import io

import pytest

from tests.cli.conftest import Cli, Sql

COLUMNS = {
    "key", "spend", "currency", "impressions", "clicks", "reach", "link_clicks", "visits", "installs", "installs_from",
    "events", "revenue", "revenue_from", "cpi", "ipm", "cpm", "cpc", "ctr", "cti", "roas",
}  # fmt: skip


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
        {"campaign_id": "42", "campaign_name": "=cmd|'/C calc'!A0", "link": "tea"},
    )
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
    for period, rows in ((("--from", "2026-11-20", "--to", "2026-11-20"), 1), (("--from", "2026-11-21"), 0)):
        assert len(cli("report", "--app", counted, *period, "--json").value["rows"]) == rows


def test_csv_has_a_header_and_no_formulas(cli: Cli, counted: str) -> None:
    header, row = csv.reader(io.StringIO(cli("report", "--app", counted, "--by", "campaign", "--csv").stdout))
    cells = dict(zip(header, row, strict=True))
    assert set(header) == (COLUMNS - {"key"}) | {"campaign_id", "campaign_name"}
    assert (cells["campaign_id"], cells["link_clicks"], cells["cpi"]) == ("42", "7", "0.0")
    assert cells["campaign_name"] == "'=cmd|'/C calc'!A0"


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
        (("--from", "2026-11-21", "--to", "2026-11-20"), 1, "from:"),
        (("--app", "app_none"), 1, "app_none"),
        (("--csv", "--json"), 2, "--csv"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, options: tuple[str, ...], status: int, said: str) -> None:
    refused = cli("report", *options)
    assert (refused.status, refused.stdout) == (status, "")
    assert said in refused.stderr
