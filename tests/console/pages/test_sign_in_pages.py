"""The first owner, signing in, signing out."""

import threading
from http import HTTPStatus

import httpx

from admin.users import Role, list_users, new_setup_token
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import PASSWORD, Person


def test_whoever_is_not_signed_in_comes_to_the_login_and_then_where_they_wanted(
    stranger: Person, make_person: MakePerson
) -> None:
    make_person(Role.VIEWER)
    sent_on = stranger.open("/audit?act=user")
    assert sent_on.status_code == HTTPStatus.SEE_OTHER
    login = stranger.open(sent_on.headers["location"])
    assert "Sign in" in login.text
    answer = stranger.send(sent_on.headers["location"], "login", email=" Viewer@Example.com ", password=PASSWORD)
    assert answer.headers["location"] == "/audit?act=user"
    assert stranger.open("/audit?act=user").status_code == HTTPStatus.OK


def test_a_login_leads_to_no_other_site(stranger: Person, make_person: MakePerson) -> None:
    make_person(Role.VIEWER)
    for away in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = stranger.post("/login", {"email": "viewer@example.com", "password": PASSWORD, "next": away})
        assert answer.headers["location"] == "/"


def test_two_fields_are_enough_to_sign_in(stranger: Person, make_person: MakePerson) -> None:
    make_person(Role.VIEWER)
    answer = stranger.post("/login", {"email": "viewer@example.com", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("signalpost_session=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert len(stranger.http.cookies) == 1


def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nothing(
    stranger: Person, make_person: MakePerson
) -> None:
    make_person(Role.VIEWER)
    wrong = stranger.send("/login", "login", email="viewer@example.com", password="something else")
    unknown = stranger.send("/login", "login", email="nobody@example.com", password="something else")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("viewer@example.com", "x") == unknown.text.replace("nobody@example.com", "x")
    assert "viewer@example.com" in wrong.text


def test_the_first_owner_is_made_with_the_printed_link_once(stranger: Person, act: Act) -> None:
    token = act(new_setup_token)
    page = stranger.open(f"/setup?token={token}")
    assert page.status_code == HTTPStatus.OK
    short = stranger.send(f"/setup?token={token}", "setup", email="anna@example.com", password="short")
    assert short.status_code == 422
    assert "at least" in short.text or "must have 10" in short.text
    assert "anna@example.com" in short.text
    made = stranger.send(f"/setup?token={token}", "setup", email="anna@example.com", password=PASSWORD)
    assert made.headers["location"] == "/"
    assert stranger.open("/users").status_code == HTTPStatus.OK
    assert stranger.open(f"/setup?token={token}").status_code == HTTPStatus.GONE
    assert act(new_setup_token) is None


def test_a_wrong_or_older_link_makes_nobody_an_owner(stranger: Person, act: Act) -> None:
    old = act(new_setup_token)
    act(new_setup_token)
    for token in ("", "wrong", old):
        assert stranger.open(f"/setup?token={token}").status_code == HTTPStatus.GONE
        stranger.post("/setup", {"token": token, "email": "eve@example.com", "password": PASSWORD})
    assert act(list_users) == []


def test_two_who_claim_the_console_at_once_are_one_owner(base_url: str, act: Act) -> None:
    token = act(new_setup_token)
    answers: list[httpx.Response] = []

    def claim(name: str) -> None:
        fields = {"token": token, "email": f"{name}@example.com", "password": PASSWORD}
        answers.append(httpx.post(f"{base_url}/setup", data=fields, trust_env=False, timeout=30))

    threads = [threading.Thread(target=claim, args=(f"person{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, *[410] * 5]
    assert len(act(list_users)) == 1


def test_signing_out_ends_the_session_itself(owner: Person) -> None:
    cookies = dict(owner.http.cookies)
    assert owner.send("/logout", "logout").headers["location"] == "/login?out=yes"
    assert not owner.http.cookies
    owner.http.cookies.update(cookies)
    assert owner.open("/").status_code == HTTPStatus.SEE_OTHER
