"""The table down to the ad, by whatever a report is by, and the same as a file."""

import csv
import io
from http import HTTPStatus

import pytest

from admin.apps import create_app
from admin.reports import ReportAsked, told
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.results_scene import WORDS, Tables, with_results
from tests.console.pages.test_app_overview import ENGLISH, days


@pytest.fixture
def filled(act: Act, app_id: str) -> str:
    act(with_results(app_id))
    return app_id


def test_a_campaign_leads_to_its_ad_groups_and_those_to_their_ads(owner: Person, filled: str) -> None:
    base = f"/apps/{filled}/campaigns"
    for path, query, cell, below in (
        (base, "?range=7d", WORDS, f"{base}/c1?range=7d"),
        (f"{base}/c1", "?range=7d", WORDS, f"{base}/c1/g1?range=7d"),
        (f"{base}/c1/g1", "?range=7d", WORDS, ""),
    ):
        html = owner.open(path + query, headers=ENGLISH).text
        assert Tables(html).row(cell)[1:3] == ["€86.38", "14"]
        assert (f'href="{below}"' in html) == bool(below)
        assert 'href=""' not in html
    assert f'href="{base}?range=7d">Campaigns</a>' in html
    assert Tables(html).row("Total")[1] == "€86.38"


def test_creatives_stand_beside_ads(owner: Person, filled: str) -> None:
    html = owner.open(f"/apps/{filled}/campaigns/c1/g1?by=creative").text
    assert Tables(html).tables[0][0][0] == "Creative"


@pytest.mark.parametrize("by", ["day", "hour", "country", "platform", "link", "creative", "day,campaign", "country,ad"])
def test_by_anything_the_file_is_what_the_report_says(owner: Person, filled: str, act: Act, by: str) -> None:
    first, last = days(1)
    asked = ReportAsked(filled, by, first, last)
    found = act(lambda session: told(session, asked))
    columns = "spend,installs,revenue,roas,reach"
    path = f"/apps/{filled}/campaigns?by={by}&from={first}&to={last}&columns={columns}"
    answer = owner.open(f"{path}&format=json").json()
    names = columns.split(",")
    keys = sorted(found["rows"][0]["key"])
    expected = sorted(
        [*(row["key"][key] or "" for key in keys), *(str(row[name]) for name in names)] for row in found["rows"]
    )
    got = sorted([*(row[key] or "" for key in keys), *(str(row[name]) for name in names)] for row in answer["items"])
    assert got == expected
    shown = owner.open(path)
    assert shown.status_code == HTTPStatus.OK
    rows = list(csv.DictReader(io.StringIO(owner.open(f"{path}&format=csv").text)))
    assert len(rows) == len(found["rows"])
    assert list(rows[0])[-3:] == ["installs_from", "revenue_from", "currency"]


def test_the_file_holds_what_the_filter_leaves_in_its_order(owner: Person, filled: str) -> None:
    path = f"/apps/{filled}/campaigns?range=7d&format=csv&columns=spend"
    rows = list(csv.DictReader(io.StringIO(owner.open(f"{path}&sort=spend").text)))
    assert [row["campaign_id"] for row in rows] == ["c1", "c2"]
    rows = list(csv.DictReader(io.StringIO(owner.open(f"{path}&q=always").text)))
    assert [(row["campaign_name"], row["spend"], row["currency"]) for row in rows] == [("Always on", "7700.0", "EUR")]


def test_a_total_says_that_it_leaves_tiktoks_own_figures_out(owner: Person, filled: str) -> None:
    """Of c2 TikTok alone counts installs: 24 stand in its row and in no total."""
    html = owner.open(f"/apps/{filled}/campaigns").text
    table = Tables(html)
    assert [table.row(name)[2] for name in (WORDS, "Always on", "Total")] == ["16", "24*", "16"]
    assert "A total without it holds our counts alone" in html


def test_a_platform_is_called_what_it_is_called_elsewhere(owner: Person, filled: str) -> None:
    path = f"/apps/{filled}/campaigns?by=platform"
    assert Tables(owner.open(path).text).row("iOS")
    assert "ios" in [row["platform"] for row in owner.open(f"{path}&format=json").json()["items"]]


def test_two_dimensions_are_asked_for_by_one_form(owner: Person, filled: str) -> None:
    html = owner.open(f"/apps/{filled}/campaigns", params=[("by", "day"), ("by", "platform")]).text
    assert Tables(html).tables[0][0][:2] == ["Day", "Platform"]
    assert '<option value="platform" selected>' in html
    html = owner.open(f"/apps/{filled}/campaigns", params=[("by", "link"), ("by", "")]).text
    assert Tables(html).tables[0][0][0] == "Link"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/none", HTTPStatus.NOT_FOUND, "no campaign none"),
        ("/c1/none", HTTPStatus.NOT_FOUND, "no ad group none"),
        ("/c1?by=country", HTTPStatus.NOT_FOUND, "by adgroup, ad, creative alone"),
        ("?by=hour,country", HTTPStatus.BAD_REQUEST, "hour and country do not go together"),
        ("?by=day,ad,link", HTTPStatus.BAD_REQUEST, "one dimension or 2 at once"),
        ("?page=9", HTTPStatus.NOT_FOUND, "There is no page 9"),
    ],
)
def test_what_is_not_there_is_named_with_the_way_on(
    owner: Person, filled: str, path: str, status: int, said: str
) -> None:
    answer = owner.open(f"/apps/{filled}/campaigns{path}")
    assert answer.status_code == status
    assert said in answer.text


def test_another_apps_campaign_is_not_there(owner: Person, filled: str, act: Act) -> None:
    other = act(lambda session: create_app(session, "Other", {}))["app_id"]
    assert owner.open(f"/apps/{other}/campaigns/c1").status_code == HTTPStatus.NOT_FOUND
    assert filled
