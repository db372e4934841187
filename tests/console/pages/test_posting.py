"""A form that is sent twice, late, from elsewhere or with the wrong things in it: nothing changes, nothing is lost."""

import threading
from http import HTTPStatus

import httpx
import pytest

from admin.users import Role, list_users
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import PASSWORD, Forms, Person

NEW = {"email": "new@example.com", "role": "viewer", "password": PASSWORD}


def emails(act: Act) -> list[str]:
    return [user["email"] for user in act(list_users)]


def test_what_is_done_is_said_once_on_the_next_page(owner: Person, act: Act) -> None:
    answer = owner.send_and_follow("/users", "create", **NEW)
    assert "new@example.com can sign in now." in answer.text
    assert "can sign in now." not in owner.open("/users").text
    assert emails(act) == ["owner@example.com", "new@example.com"]


def test_a_form_sent_twice_is_done_once_and_leads_to_the_same_place(owner: Person, act: Act) -> None:
    form = owner.fill("/users", "create", **NEW)
    first, second = owner.post("/users", form), owner.post("/users", form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert "was sent before" in owner.open("/users").text
    assert emails(act).count("new@example.com") == 1


def test_a_form_sent_twice_at_once_is_done_once(owner: Person, act: Act) -> None:
    form = owner.fill("/users", "create", **NEW)
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(owner.post("/users", form))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert emails(act).count("new@example.com") == 1


def test_a_form_that_was_refused_may_be_sent_again(owner: Person, act: Act) -> None:
    form = owner.fill("/users", "create", **{**NEW, "password": "short"})
    assert owner.post("/users", form).status_code == 422
    assert owner.post("/users", {**form, "password": PASSWORD}).status_code == 303
    assert "new@example.com" in emails(act)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "", "is needed"),
        ("email", "a" * 300 + "@example.com", "must have at most 254 characters; this has 312"),
        ("email", "no address", "must be an address such as anna@example.com"),
        ("role", "king", "must be one of"),
        ("password", "short", "must have 10 to 1,000 characters"),
        ("password", "new@example.com", "must not be the e-mail"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named_and_what_was_typed_stays(
    owner: Person, act: Act, field: str, value: str, words: str
) -> None:
    answer = owner.send("/users", "create", **{**NEW, field: value})
    assert answer.status_code == 422
    kept = Forms(answer.text).named("create")
    assert words in answer.text
    assert f'aria-describedby="create-{field}' in answer.text
    assert "aria-invalid" in answer.text
    typed = {**NEW, field: value}
    assert kept["email"] == typed["email"]
    assert kept["password"] == ""  # a password never comes back
    assert emails(act) == ["owner@example.com"]


def test_a_form_without_its_token_is_shown_again(owner: Person, act: Act) -> None:
    for token in ("", "made.up", "x" * 5000):
        answer = owner.post("/users", {"_form": "create", "_token": token, **NEW})
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "Nothing was changed" in answer.text
        assert Forms(answer.text).named("create")["email"] == "new@example.com"
    assert emails(act) == ["owner@example.com"]


def test_the_token_of_another_session_is_worth_nothing(owner: Person, make_person: MakePerson, act: Act) -> None:
    other = make_person(Role.OWNER, "other@example.com")
    stolen = other.fill("/users", "create", **NEW)
    assert owner.post("/users", stolen).status_code == HTTPStatus.FORBIDDEN
    assert "new@example.com" not in emails(act)


def test_a_page_from_before_the_last_sign_in_can_be_sent_once_more(owner: Person, act: Act) -> None:
    old = owner.fill("/users", "create", **NEW)
    owner.send("/logout", "logout")
    owner.sign_in("owner@example.com")
    answer = owner.post("/users", old)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "This page was opened before you signed in" in answer.text
    again = {**Forms(answer.text).named("create"), "password": PASSWORD}
    assert owner.post("/users", again).status_code == 303
    assert "new@example.com" in emails(act)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:1"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_another_sites_form_changes_nothing_even_with_a_token(owner: Person, act: Act, headers: dict[str, str]) -> None:
    form = owner.fill("/users", "create", **NEW)
    answer = owner.post("/users", form, headers=headers)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "sent by another site" in answer.text
    assert emails(act) == ["owner@example.com"]


def test_another_site_signs_nobody_in(stranger: Person, make_person: MakePerson) -> None:
    make_person(Role.VIEWER)
    fields = {"email": "viewer@example.com", "password": PASSWORD}
    answer = stranger.post("/login", fields, headers={"origin": "https://evil.example"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["sec-fetch-site", "origin"])
def test_a_browsers_own_form_is_taken(owner: Person, name: str) -> None:
    value = {"sec-fetch-site": "same-origin", "origin": owner.base_url}[name]
    form = owner.fill("/users", "create", **NEW)
    assert owner.post("/users", form, headers={name: value}).status_code == 303


def test_what_was_typed_survives_the_end_of_the_session(owner: Person, act: Act) -> None:
    form = owner.fill("/users", "create", **NEW)
    owner.send("/logout", "logout")
    login = owner.post("/users", form)
    assert login.status_code == HTTPStatus.UNAUTHORIZED
    assert "Your session has ended" in login.text
    assert "new@example.com" not in login.text  # it is sealed: the page may be left open for hours
    fields = {**Forms(login.text).named("login"), "email": "owner@example.com", "password": PASSWORD}
    between = owner.post("/login", fields)
    assert "new@example.com" in between.text
    assert emails(act) == ["owner@example.com"]
    shown = owner.post("/users", Forms(between.text).forms[0])
    assert shown.status_code == HTTPStatus.OK
    assert "Nothing was sent yet" in shown.text
    assert emails(act) == ["owner@example.com"]
    again = {**Forms(shown.text).named("create"), "password": PASSWORD}
    assert owner.post("/users", again).status_code == 303
    assert "new@example.com" in emails(act)


def test_a_wrong_password_on_the_way_does_not_lose_what_was_typed(owner: Person) -> None:
    form = owner.fill("/users", "create", **NEW)
    owner.send("/logout", "logout")
    login = Forms(owner.post("/users", form).text).named("login")
    wrong = owner.post("/login", {**login, "email": "owner@example.com", "password": "wrong-password"})
    right = owner.post("/login", {**Forms(wrong.text).named("login"), "password": PASSWORD})
    assert "new@example.com" in right.text


def test_a_form_that_the_page_does_not_have_is_refused(owner: Person) -> None:
    answer = owner.post("/users", {**owner.fill("/users", "create", **NEW), "_form": "destroy"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "has no such form" in answer.text


def test_a_body_without_end_is_refused(owner: Person) -> None:
    form = owner.fill("/users", "create", **{**NEW, "email": "x" * 1_100_000})
    answer = owner.post("/users", form)
    assert answer.status_code == 413
    assert "a megabyte" in answer.text


@pytest.mark.parametrize("body", [b"", b"\xff\xfe=%zz&&&=", b"a" * 100, b"_form=create&_form=create"])
def test_a_body_that_is_no_form_is_a_page(owner: Person, body: bytes) -> None:
    answer = owner.http.post("/users", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (400, 403)
    assert "<h1>" in answer.text


def test_an_app_that_is_not_there_is_a_page_with_the_way_on(owner: Person) -> None:
    answer = owner.open("/apps/app_of_somebody_else")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "There is no app app_of_somebody_else" in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("page", ["2", "999999999"])
def test_a_page_beyond_the_end_names_the_last_and_keeps_the_filter(owner: Person, page: str) -> None:
    answer = owner.open(f"/audit?act=user&page={page}")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "the last is 1" in answer.text
    assert 'href="/audit?act=user"' in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9" * 40, "²"])
def test_a_page_that_is_no_number_is_named(owner: Person, page: str) -> None:
    answer = owner.open("/audit", params={"page": page})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "page: must be a whole number" in answer.text
