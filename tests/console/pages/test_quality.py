"""Whether the numbers can be believed: methods, probabilities, signals, cohorts, discrepancies, value bidding."""

import csv
import io
from http import HTTPStatus

import pytest

from admin.pixels import PixelToAdd, add_pixel
from admin.quality import MethodCount
from admin.reports import DIMENSIONS, ReportAsked, told
from admin.times import named_zone
from console.numbers import Numbers, locale_of
from console.quality_tables import probabilities
from ledger.report_cohorts import NOT_BY
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.results_scene import WORDS, Tables, with_results
from tests.console.pages.test_app_overview import ENGLISH, days

STATE = {
    "trials": {
        "full": [
            {"answers": 0.0, "right": 0.0, "predicted": 0.0},
            {"answers": 40.0, "right": 38.0, "predicted": 37.2},
            {"answers": 10.0, "right": 10.0, "predicted": 9.9},
        ]
    }
}


@pytest.fixture
def filled(act: Act, app_id: str) -> str:
    act(with_results(app_id))
    return app_id


def test_methods_are_counted_with_their_probabilities(owner: Person, filled: str, act: Act) -> None:
    act(lambda session: session.database.execute("UPDATE installs SET match_method = 'none' WHERE install_id = 'i0-0'"))
    html = owner.open(f"/apps/{filled}/quality?range=7d", headers=ENGLISH).text
    tables = Tables(html)
    assert tables.row("likeness")[2:] == ["13", "92.9%"]
    assert tables.row("no click")[2:] == ["1", "7.1%"]
    file = owner.open(f"/apps/{filled}/quality?range=7d&format=json&table=methods").json()["items"]
    assert [row["method"] for row in file] == ["probabilistic", "none"]
    assert "95.0% – 98.0%: Installs 13" in html


def test_the_probabilities_stand_beside_what_was_true(owner: Person, filled: str, act: Act) -> None:
    assert "Nothing to compare yet" in owner.open(f"/apps/{filled}/quality").text
    put = "INSERT INTO match_statistics (app_id, state, updated_at) VALUES ($1, $2, now())"
    act(lambda session: session.database.execute(put, "", STATE))
    html = owner.open(f"/apps/{filled}/quality", headers=ENGLISH).text
    assert "those of all apps" in html
    assert "93.0% (40): said 93.0%, right 95.0%" in html
    act(lambda session: session.database.execute(put, filled, STATE))
    assert "those of all apps" not in owner.open(f"/apps/{filled}/quality").text


def test_a_likeness_is_never_said_to_be_certain(owner: Person, filled: str, act: Act) -> None:
    state = {"trials": {"full": [{"answers": 60.0, "right": 60.0, "predicted": 59.997}]}}
    put = "INSERT INTO match_statistics (app_id, state, updated_at) VALUES ($1, $2, now())"
    act(lambda session: session.database.execute(put, filled, state))
    html = owner.open(f"/apps/{filled}/quality", headers=ENGLISH).text
    assert "&gt;\u00a099.9% (60): said &gt;\u00a099.9%, right 100.0%" in html


@pytest.mark.parametrize(("millions", "text"), [(2_000_000, "2M"), (120, "120")])
def test_the_axis_of_installs_is_written_as_numbers_are(millions: int, text: str) -> None:
    counts = [MethodCount("probabilistic", millions, (millions, 0, 0, 0, 0, 0))]
    chart = probabilities(counts, Numbers(locale_of("en-GB"), named_zone("")))
    assert chart
    assert chart.axis(millions) == text


@pytest.mark.parametrize("by", ["day", "campaign", "platform"])
def test_cohorts_are_those_of_the_command(owner: Person, filled: str, act: Act, by: str) -> None:
    first, last = days(6, 1)
    found = act(lambda session: told(session, ReportAsked(filled, by, first, last, "cohorts")))
    path = f"/apps/{filled}/quality?from={first}&to={last}&by={by}&table=cohorts&format="
    rows = list(csv.DictReader(io.StringIO(owner.open(f"{path}csv").text)))
    assert [(row["spend"], row["roas_d0"]) for row in rows] == [
        (str(row["spend"]), "" if row["roas_d0"] is None else str(row["roas_d0"])) for row in found["rows"]
    ]
    assert "roas_d28" not in rows[0]  # has passed for none of them
    waiting = owner.open(f"/apps/{filled}/quality?range=7d&by={by}").text
    assert ("No day of age has passed" in waiting) is (by != "day")


def test_every_dimension_that_cohorts_have_can_be_chosen_and_is_shown_as_chosen(owner: Person, filled: str) -> None:
    for by in (one for one in DIMENSIONS if one not in NOT_BY):
        html = owner.open(f"/apps/{filled}/quality?range=7d&by={by}").text
        assert f'<option value="{by}" selected>' in html, by


def test_discrepancies_have_their_reasons_in_sentences(owner: Person, filled: str, act: Act) -> None:
    first, last = days(6)
    asked = ReportAsked(filled, "campaign", first, last, "discrepancies")
    found = act(lambda session: told(session, asked))
    html = owner.open(f"/apps/{filled}/quality?range=7d", headers=ENGLISH).text
    [ours] = [row for row in found["rows"] if row["key"]["campaign_id"] == "c1"]
    cells = Tables(html).row(WORDS)
    assert cells[2:5] == [str(ours["installs"]), f"{ours['tiktok_installs']:.0f}", f"{ours['installs_difference']:.0f}"]
    assert "The last days are not settled: TikTok adds conversions" in html
    items = owner.open(f"/apps/{filled}/quality?range=7d&table=discrepancies&format=json").json()["items"]
    assert {item["campaign_id"]: item["installs"] for item in items} == {"c1": 14, "c2": 0}


def test_each_pixel_has_its_way_to_value_bidding(owner: Person, filled: str, act: Act) -> None:
    pixel = PixelToAdd(filled, "C9PIXEL0000000000001", "a-token-of-the-events-api-0123456789", "Tea pixel")
    act(lambda session: add_pixel(session, pixel, validate=False))
    html = owner.open(f"/apps/{filled}/quality").text
    assert "Tea pixel" in html
    assert "0 of 20 in the last 7 days" in html


@pytest.mark.parametrize(
    ("query", "said"), [("by=country", "cohorts are by"), ("format=csv&table=x", "table: must be one of")]
)
def test_what_cannot_be_told_is_named(owner: Person, filled: str, query: str, said: str) -> None:
    answer = owner.open(f"/apps/{filled}/quality?{query}")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert said in answer.text


def test_an_app_without_anything_has_a_page(owner: Person, app_id: str) -> None:
    html = owner.open(f"/apps/{app_id}/quality").text
    assert "No install came in these days" in html
    assert "The app has no pixel yet" in html
    assert "No event has gone to TikTok yet" in html
    assert "latest 0" not in html
