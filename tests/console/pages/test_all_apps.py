"""Every app in its own days and currency, and no sum of them all."""

import pytest

from admin.apps import create_app
from admin.reports import ReportAsked, told
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.results_scene import Tables, with_results
from tests.console.pages.test_app_overview import ENGLISH, days


@pytest.fixture
def filled(act: Act, app_id: str) -> str:
    act(with_results(app_id))
    act(lambda session: create_app(session, "Soup", {"timezone": "Asia/Tokyo", "currency": "JPY"}))
    return app_id


def test_each_app_is_in_its_own_currency_and_zone(owner: Person, filled: str, act: Act) -> None:
    first, last = days(6)
    totals = act(lambda session: told(session, ReportAsked(filled, "day", first, last)))["totals"]
    tables = Tables(owner.open("/?range=7d", headers=ENGLISH).text)
    money = [f"€{totals[name]:,.2f}" for name in ("spend", "cpi", "revenue")]
    row = tables.row("Tea Timer")
    assert [row[2], row[4], row[5], row[7]] == [*money, "Europe/Berlin"]
    assert row[3] == str(totals["installs"])
    assert tables.row("Soup")[2:8] == ["JP¥0", "0", "–", "JP¥0", "–", "Asia/Tokyo"]
    assert not any(cells and cells[0].startswith("Total") for cells in tables.tables[0])


def test_the_file_has_days_currency_and_zone(owner: Person, filled: str) -> None:
    first, last = days(6)
    [tea, soup] = owner.open("/?range=7d&format=json").json()["items"]
    assert (tea["app_id"], tea["first"], tea["last"]) == (filled, first, last)
    assert (soup["currency"], soup["zone"], soup["cpi"]) == ("JPY", "Asia/Tokyo", None)


def test_a_range_that_is_none_is_named(owner: Person, filled: str) -> None:
    assert "range: must be one of" in owner.open("/?range=x").text
    assert filled


def test_without_an_app_the_way_to_one_is_told(owner: Person) -> None:
    assert "No app yet" in owner.open("/").text
