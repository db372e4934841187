"""One's own password and sessions."""

import pytest

from tests.console.pages.conftest import MakePerson
from tests.console.pages.person import PASSWORD, Forms, Person


def second_window(person: Person) -> Person:
    other = Person(person.base_url, headers={"user-agent": "Mozilla/5.0 Gecko/20100101 Firefox/145.0"})
    other.sign_in("owner@example.com")
    return other


def test_sessions_are_listed_and_ended_one_by_one(owner: Person) -> None:
    with second_window(owner) as other:
        page = owner.open("/account")
        assert "this one" in page.text
        assert "Firefox" in page.text
        (hexed,) = {form["session"] for form in Forms(page.text).forms if form.get("_form") == "end"}
        answer = owner.send_and_follow("/account", "end", hexed)
        assert "The session has ended." in answer.text
        assert other.open("/").status_code == 303
        assert owner.open("/").status_code == 200


def test_all_others_end_at_once(owner: Person) -> None:
    with second_window(owner) as second, second_window(owner) as third:
        owner.send("/account", "end-others")
        assert [person.open("/").status_code for person in (owner, second, third)] == [200, 303, 303]


def test_nobody_ends_a_session_of_somebody_else(owner: Person, make_person: MakePerson) -> None:
    other = make_person(email="other@example.com")
    with second_window(owner):
        page = owner.open("/account").text
        (hexed,) = {form["session"] for form in Forms(page).forms if form.get("_form") == "end"}
    token = Forms(other.open("/account").text).named("password")["_token"]
    answer = other.post("/account", {"_form": "end", "_key": hexed, "_token": token, "session": hexed})
    assert answer.status_code == 422
    assert "has ended already" in answer.text
    assert (
        len({form["session"] for form in Forms(owner.open("/account").text).forms if form.get("_form") == "end"}) == 1
    )


def test_the_password_is_changed_by_whoever_knows_it(owner: Person) -> None:
    wrong = owner.send("/account", "password", present="not this one", password="another-kettle")
    assert wrong.status_code == 422
    assert "is not your password" in wrong.text
    with second_window(owner) as other:
        changed = owner.send_and_follow("/account", "password", present=PASSWORD, password="another-kettle")
        assert "Your password is changed" in changed.text
        assert other.open("/").status_code == 303
    assert owner.open("/").status_code == 200
    with Person(owner.base_url) as again:
        again.sign_in("owner@example.com", "another-kettle")


def test_guesses_at_the_present_password_are_counted(owner: Person) -> None:
    answers = [owner.send("/account", "password", present=f"guess {n}", password="another-kettle") for n in range(6)]
    assert "fifth try" in answers[-1].text
    with Person(owner.base_url) as again:
        assert again.post("/login", {"email": "owner@example.com", "password": PASSWORD}).status_code == 429


def test_too_many_tries_at_the_login_are_429_with_what_was_typed(stranger: Person, owner: Person) -> None:
    fields = {"email": "owner@example.com", "password": "wrong-password"}
    answers = [stranger.post("/login", fields) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert "wait a minute" in answers[-1].text
    assert Forms(answers[-1].text).named("login")["email"] == "owner@example.com"
    assert owner.open("/").status_code == 200  # whoever is in stays in


@pytest.mark.parametrize("path", ["/account", "/users", "/audit", "/tiktok"])
def test_a_page_of_no_app_says_whose_clock_its_times_are(owner: Person, path: str) -> None:
    assert "Times are UTC." in owner.open(path).text
