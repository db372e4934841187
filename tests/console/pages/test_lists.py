"""A list as a page, as CSV and as JSON: the same filter, the same rows."""

import csv
import io

from admin.apps import create_app, set_app
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_and_json_hold_what_the_filter_leaves(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: set_app(session, app_id, {"name": "=cmd()"}))
    page = owner.open(f"/audit?app={app_id}&act=app.set")
    assert f"/audit?app={app_id}&amp;act=app.set&amp;format=csv" in page.text
    as_csv = owner.open(f"/audit?app={app_id}&act=app.set&format=csv")
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert as_csv.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    (row,) = rows_of(as_csv.text)
    assert (row["act"], row["app_id"]) == ("app.set", app_id)
    as_json = owner.open(f"/audit?app={app_id}&act=app.set&format=json").json()
    assert [item["act"] for item in as_json["items"]] == ["app.set"]
    assert as_json["next"] is None
    assert as_json["items"][0]["after"]["name"] == "=cmd()"


def test_apps_are_a_list_with_text_cells_guarded(owner: Person, act: Act) -> None:
    act(lambda session: create_app(session, "=1+1", {}))
    (row,) = rows_of(owner.open("/?format=csv").text)
    assert row["name"] == "'=1+1"
    assert owner.open("/?format=json").json()["items"][0]["name"] == "=1+1"


def test_pages_follow_one_another_and_keep_the_filter(owner: Person, act: Act, app_id: str) -> None:
    for number in range(4):
        act(lambda session, hours=number + 1: set_app(session, app_id, {"match_window_hours": str(hours)}))
    first = owner.open("/audit?act=app.set&limit=2")
    assert "1–2 of 4" in first.text
    assert 'rel="next" href="/audit?act=app.set&amp;limit=2&amp;page=2"' in first.text
    second = owner.open("/audit?act=app.set&limit=2&page=2")
    assert "3–4 of 4" in second.text
    assert 'rel="prev" href="/audit?act=app.set&amp;limit=2"' in second.text
    assert "Older" not in second.text
    whole = owner.open("/audit?act=app.set&format=json").json()["items"]
    assert [item["after"]["settings"]["match_window_hours"] for item in whole] == [4, 3, 2, 1]


def test_a_format_that_is_none_is_named(owner: Person) -> None:
    answer = owner.open("/audit?format=xml")
    assert answer.status_code == 400
    assert "format: must be csv or json" in answer.text


def test_what_changed_is_shown_from_what_to_what(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: set_app(session, app_id, {"match_window_hours": "6"}))
    text = owner.open(f"/audit?app={app_id}&act=app.set").text
    assert "<del>24</del>" in text
    assert "<ins>6</ins>" in text
    assert "Tea Timer" in text


def test_a_filter_that_leaves_nothing_says_so(owner: Person) -> None:
    text = owner.open("/audit?actor=nobody").text
    assert "No change fits this filter" in text
    assert 'href="/audit"' in text
