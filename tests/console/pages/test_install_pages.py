"""Installs and clicks: found, explained, erased."""

import re
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from admin.session import Session
from admin.users import Role
from tests.console.pages import happenings
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import Person


def installs(act: Act) -> list[str]:
    async def read(session: Session) -> Any:
        return [row[0] for row in await session.database.fetch("SELECT install_id FROM installs ORDER BY 1")]

    found: list[str] = act(read)
    return found


def test_installs_are_listed_with_method_and_probability(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    act(lambda session: happenings.install(session, app_id, "i2", "none"))
    page = owner.open(f"/apps/{app_id}/installs").text
    assert "97.0%" in page
    assert "no click from this address within 24 h" in page
    for query, expected in (
        ("method=none", ["i2"]),
        ("platform=android", []),
        ("link=tea", ["i1"]),
        ("q=i2", ["i2"]),
        ("q=user-1", ["i1", "i2"]),
        ("q=nobody", []),
        ("q=user-1&method=none", ["i2"]),
        ("q=user-1&platform=android", []),
        ("q=user-1&link=tea", ["i1"]),
        ("q=user-1&since=2027-01-01", []),
        ("q=i1&method=none", []),
        ("since=2026-11-18&until=2027-01-01", ["i1", "i2"]),
    ):
        items = owner.open(f"/apps/{app_id}/installs?{query}&format=json").json()["items"]
        assert sorted(item["install_id"] for item in items) == expected, query


def test_pages_of_installs_of_one_moment_follow_without_a_gap(owner: Person, act: Act, app_id: str) -> None:
    for name in ("a", "b", "c.d", "e"):
        act(lambda session, name=name: happenings.install(session, app_id, name))
    seen, after = [], ""
    while after is not None:
        page = owner.open(f"/apps/{app_id}/installs", params={"format": "json", "limit": "1", "after": after}).json()
        seen += [item["install_id"] for item in page["items"]]
        after = page["next"]
    assert seen == ["e", "c.d", "b", "a"]


def test_a_time_that_is_typed_is_of_the_zone_that_the_page_shows(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))  # at 11:10 UTC, 12:10 in Berlin
    assert "18 Nov, 12:10" in owner.open(f"/apps/{app_id}/installs").text
    for since, found in (
        ("2026-11-18T12:00", 1), ("2026-11-18 12:15", 0), ("2026-11-18T12:00Z", 0), ("2026-11-18T11:00Z", 1),
    ):  # fmt: skip
        answer = owner.open(f"/apps/{app_id}/installs", params={"since": since, "format": "json"}).json()
        assert len(answer["items"]) == found, since


def test_the_files_of_a_later_page_hold_all_that_the_filter_leaves(owner: Person, act: Act, app_id: str) -> None:
    for name in ("a", "b", "c"):
        act(lambda session, name=name: happenings.install(session, app_id, name))
    path = f"/apps/{app_id}/installs"
    after = owner.open(path, params={"format": "json", "limit": "1", "platform": "ios"}).json()["next"]
    later = owner.open(path, params={"limit": "1", "platform": "ios", "after": after}).text
    for wanted in ("csv", "json"):
        [url] = re.findall(rf'href="([^"]*format={wanted}[^"]*)"', later)
        assert dict(parse_qsl(urlsplit(unescape(url)).query)) == {"platform": "ios", "limit": "1", "format": wanted}


def test_the_verdict_is_said_in_words(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    number = act(lambda session: happenings.delivery(session, app_id))
    page = owner.open(f"/apps/{app_id}/installs/i1").text
    assert "the same phone model" in page
    assert "4 minutes after it; two other phones there, neither fits." in page
    assert "its device clicked more than 20 times" in page
    assert "another OS" in page
    assert f"/apps/{app_id}/deliveries/{number}" in page


def test_a_viewer_sees_the_network_alone(make_person: MakePerson, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    assert "203.0.113.7" in make_person(Role.EDITOR).open(f"/apps/{app_id}/installs/i1").text
    seen = make_person(Role.VIEWER).open(f"/apps/{app_id}/installs/i1").text
    assert "203.0.113.7" not in seen
    assert "203.0.113.0/24" in seen


def test_an_install_is_erased_when_the_word_is_typed(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    act(lambda session: happenings.install(session, app_id, "i2"))
    path = f"/apps/{app_id}/installs/i1"
    refused = owner.send(path, "erase", typed="yes")
    assert refused.status_code == 422
    assert "type the word erase" in refused.text
    assert installs(act) == ["i1", "i2"]
    said = owner.send_and_follow(path, "erase", typed="erase").text
    assert "Erased: 1 install, 1 event, 1 click." in said
    assert installs(act) == ["i2"]
    assert owner.open(path).status_code == HTTPStatus.NOT_FOUND


def test_a_person_is_erased_with_every_install(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    act(lambda session: happenings.install(session, app_id, "i2", "none"))
    said = owner.send_and_follow(f"/apps/{app_id}/installs", "erase", external_id="user-1", typed="Erase").text
    assert "Erased: 2 installs, 2 events, 1 click." in said
    assert installs(act) == []


def test_only_an_owner_may_erase(make_person: MakePerson, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    assert "Erase" not in make_person(Role.EDITOR).open(f"/apps/{app_id}/installs/i1").text


def test_a_click_that_is_not_stored_is_said(owner: Person, app_id: str) -> None:
    for name in ("none", happenings.CLICK_ID):
        answer = owner.open(f"/apps/{app_id}/clicks/{name}")
        assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "is not stored" in answer.text


def test_an_address_and_a_click_id_are_searched_for_as_such(owner: Person, app_id: str) -> None:
    assert "Nothing fits" in owner.open(f"/apps/{app_id}/installs?q=203.0.113.7").text
    to = owner.open(f"/apps/{app_id}/installs?q={happenings.CLICK_ID}").headers["location"]
    assert to == f"/apps/{app_id}/clicks/{happenings.CLICK_ID}"
