"""One app's numbers: those of the command, in the app's days, with what is missing and what needs attention."""

import json
import re
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from typer.testing import CliRunner

from admin.links import create_link
from cli.__main__ import app
from config.settings import AllSettings
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.results_scene import WORDS, ZONE, Tables, with_results

ENGLISH = {"accept-language": "en-GB"}


@pytest.fixture
def filled(act: Act, app_id: str) -> str:
    act(with_results(app_id))
    return app_id


def command(settings: AllSettings, *arguments: str) -> Any:
    """What `signalpost report --json` prints."""
    engines = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    env = {**engines, "DATA_DIR": str(settings.data_dir), "TIKTOK_API_URL": settings.tiktok_api_url}
    return json.loads(CliRunner().invoke(app, ["report", *arguments, "--json"], env=env).stdout)


def days(first_ago: int, last_ago: int = 0) -> tuple[str, str]:
    today = datetime.now(ZONE).date()
    return str(today - timedelta(days=first_ago)), str(today - timedelta(days=last_ago))


def figures(html: str) -> dict[str, str]:
    """Label of a tile -> its number, exact."""
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd><span class=\"figure\" title=\"(.*?)\"", html)
    return dict(found)


@pytest.mark.parametrize(("asked", "first_ago"), [("?range=7d", 6), ("", 27), ("?range=today", 0)])
def test_the_tiles_and_the_table_are_what_the_command_says(
    owner: Person, filled: str, settings: AllSettings, asked: str, first_ago: int
) -> None:
    first, last = days(first_ago)
    told = command(settings, "--app", filled, "--by", "campaign", "--from", first, "--to", last)
    html = owner.open(f"/apps/{filled}{asked}", headers=ENGLISH).text
    totals = told["totals"]
    assert figures(html) == {
        "Spend": f"€{totals['spend']:,.2f}",
        "Installs": f"{totals['installs']:,}",
        "CPI": f"€{totals['cpi']:,.2f}",
        "Trials": f"{totals['trials']:,}",
        "Revenue": f"€{totals['revenue']:,.2f}",
        "ROAS": f"{totals['roas']:.2f}",
    }
    tables = Tables(html)
    [own] = [row for row in told["rows"] if row["key"]["campaign_id"] == "c1"]
    assert tables.row(WORDS)[1:6] == [
        f"€{own['spend']:,.2f}", str(own["installs"]), f"€{own['cpi']:,.2f}", str(own["trials"]),
        f"€{own['revenue']:,.2f}",
    ]  # fmt: skip
    assert tables.row("Total")[1] == f"€{totals['spend']:,.2f}"


def test_the_chart_has_the_days_of_the_command_and_marks_today(
    owner: Person, filled: str, settings: AllSettings
) -> None:
    first, last = days(6)
    told = command(settings, "--app", filled, "--by", "day", "--from", first, "--to", last)
    tables = Tables(owner.open(f"/apps/{filled}?range=7d", headers=ENGLISH).text).tables
    [lines, bars] = tables[:2]
    assert [row[1:] for row in lines[1:]] == [[f"€{r['spend']:,.2f}", f"€{r['revenue']:,.2f}"] for r in told["rows"]]
    assert [row[1] for row in bars[1:]] == [str(row["installs"]) for row in told["rows"]]
    assert lines[-1][0].endswith("unfinished")
    assert len(told["rows"]) == 7


def test_the_days_are_named_with_their_zone_and_compared(owner: Person, filled: str) -> None:
    html = owner.open(f"/apps/{filled}?range=7d").text
    assert "Europe/Berlin, today unfinished; compared with" in html
    first, last = (datetime.fromisoformat(day) for day in days(13, 7))
    assert f"{first:%-d %b %Y} – {last:%-d %b %Y}" in html
    past = "from={}&to={}".format(*days(7, 1))
    assert "today unfinished" not in owner.open(f"/apps/{filled}?{past}").text


def test_up_to_three_days_are_told_by_the_hour(owner: Person, filled: str) -> None:
    assert "EUR per hour" in owner.open("/apps/{}?from={}&to={}".format(filled, *days(2))).text
    assert "EUR per day" in owner.open("/apps/{}?from={}&to={}".format(filled, *days(3))).text


def test_what_is_tiktoks_has_a_star_and_its_reason(owner: Person, filled: str) -> None:
    html = owner.open(f"/apps/{filled}?range=7d", headers=ENGLISH).text
    assert Tables(html).row("Always on")[2] == "21*"
    assert 'title="TikTok&#39;s own count: none of ours is credited here">21<sup>*</sup>' in html


def test_the_table_is_sorted_searched_and_has_the_columns_that_are_chosen(owner: Person, filled: str) -> None:
    def first_cells(query: str) -> list[str]:
        table = Tables(owner.open(f"/apps/{filled}?{query}", headers=ENGLISH).text).tables[2]
        return [row[0] for row in table[1:-1]]

    assert first_cells("") == ["Always on", WORDS]
    assert first_cells("sort=spend") == [WORDS, "Always on"]
    assert first_cells("sort=-link_clicks") == [WORDS, "Always on"]
    assert first_cells("q=ALWAYS") == ["Always on"]
    html = owner.open(f"/apps/{filled}?q=always&columns=reach&columns=spend", headers=ENGLISH).text
    table = Tables(html).tables[2]
    assert table[0] == ["Campaign", "Reach", "Spend"]
    assert table[-1][:2] == ["Total of all 2", ""]  # people are not added up
    assert "q=always" in re.findall(r'href="([^"]*)"[^>]*>Spend', html)[0]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("range=decade", "range: must be one of today, 7d"),
        ("from=2026-13-01", "from: &#39;2026-13-01&#39; is not a day"),
        ("from=2026-01-09&to=2026-01-08", "from: must not be later than to"),
        ("to=2999-01-01", "to: 2999-01-01 lies in the future"),
        ("from=2020-01-01&to=2024-01-01", "400 days at most"),
        ("columns=profit", "columns: must be of"),
        ("sort=profit", "sort: must be a column"),
        ("by=moon", "by: must be of"),
    ],
)
def test_a_url_that_cannot_be_answered_names_the_field(owner: Person, filled: str, query: str, said: str) -> None:
    answer = owner.open(f"/apps/{filled}?{query}")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert said in answer.text


def test_nothing_is_added_up_in_a_currency_without_a_rate(owner: Person, filled: str, act: Act) -> None:
    sale = "UPDATE events SET currency = 'USD' WHERE event_id = 'i0-1purchase'"
    act(lambda session: session.database.execute(sale))
    html = owner.open(f"/apps/{filled}?range=today", headers=ENGLISH).text
    assert "In no total, as no rate for it is known: US$19.99 of revenue." in html


def test_the_first_thing_that_is_missing_is_named_and_gone_with_it(owner: Person, app_id: str, act: Act) -> None:
    assert "No link leads to the stores yet" in owner.open(f"/apps/{app_id}").text
    act(lambda session: create_link(session, app_id, "cup", {"ios_url": "https://apps.apple.com/app/id1234567890"}))
    assert "No pixel yet" in owner.open(f"/apps/{app_id}").text
    assert "Nothing in these days" in owner.open(f"/apps/{app_id}").text


def test_alerts_that_stand_need_attention(owner: Person, filled: str, act: Act) -> None:
    alert = (
        "INSERT INTO alerts (alert_key, kind, app_id, pixel_id, message, raised_at, post_at)"
        " VALUES ('k', 'deliveries_dead', $1, 'px', '7 deliveries of the last 3 days are dead', now(), now())"
    )
    act(lambda session: session.database.execute(alert, filled))
    html = owner.open(f"/apps/{filled}").text
    assert "Dead deliveries" in html
    assert "7 deliveries of the last 3 days are dead" in html


def test_names_of_campaigns_run_nowhere(owner: Person, filled: str) -> None:
    for path in ("", "/campaigns", "/campaigns/c1", "/campaigns/c1/g1", "/quality"):
        html = owner.open(f"/apps/{filled}{path}").text
        assert "<xss" not in html
        assert "{{7*7}}" in html, path
