"""Who may see and do what: every page and form of the route table, for each role and for nobody."""

from http import HTTPStatus

import pytest

from admin.users import Role
from console.page import Page
from console.route_table import all_pages
from tests.console.pages.conftest import MakePerson
from tests.console.pages.person import Forms, Person

PAGES = all_pages()
FORMS = [(page, act) for page in PAGES if page.role is not None for act in page.acts]
REFUSED = (HTTPStatus.FORBIDDEN,)


def address(page: Page, app_id: str) -> str:
    """Names in the path that are not the app's are made up: the page says that there is no such thing."""
    parts = [("none" if part.startswith("{") else part) for part in page.path.replace("{app_id}", app_id).split("/")]
    return "/".join(parts)


def test_each_path_stands_in_the_table_once() -> None:
    assert len({page.path for page in PAGES}) == len(PAGES)


def test_the_forms_of_a_page_have_names_of_their_own() -> None:
    assert all(len({act.name for act in page.acts}) == len(page.acts) for page in PAGES)


def test_nobody_who_may_not_see_a_page_may_use_its_forms() -> None:
    assert [act.name for page, act in FORMS if page.role is not None and not act.role.may(page.role)] == []


def test_nobody_sees_a_page_without_signing_in(stranger: Person, app_id: str) -> None:
    for page in PAGES:
        if page.role is not None:
            sent_on = stranger.open(address(page, app_id))
            assert (sent_on.status_code, sent_on.headers["location"].split("?")[0]) == (303, "/login"), page.path


def test_nobody_uses_a_form_without_signing_in(stranger: Person, app_id: str) -> None:
    for page, form in FORMS:
        answer = stranger.post(address(page, app_id), {"_form": form.name})
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, (page.path, form.name)


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_its_pages_and_no_other(role: Role, make_person: MakePerson, app_id: str) -> None:
    person = make_person(role)
    for page in PAGES:
        if page.role is not None:
            status = person.open(address(page, app_id)).status_code
            assert (status in REFUSED) is not role.may(page.role), (page.path, status)
            assert status < 500, page.path


@pytest.mark.parametrize("role", Role)
def test_a_role_may_use_its_forms_and_no_other(role: Role, make_person: MakePerson, app_id: str) -> None:
    """Forms without a field come last: they may end the session."""
    person = make_person(role)
    for page, form in sorted(FORMS, key=lambda one: not one[1].form.model_fields):
        account = person.open("/account")
        if account.status_code != HTTPStatus.OK:
            person.sign_in(f"{role}@example.com")
            account = person.open("/account")
        token = Forms(account.text).named("password")["_token"]
        answer = person.post(address(page, app_id), {"_form": form.name, "_token": token})
        assert (answer.status_code in REFUSED) is not role.may(form.role), (page.path, form.name, answer.status_code)
        assert answer.status_code < 500, (page.path, form.name)


def test_the_navigation_has_what_may_be_seen(make_person: MakePerson) -> None:
    assert 'href="/users"' in make_person(Role.OWNER).open("/").text
    assert 'href="/users"' not in make_person(Role.EDITOR).open("/").text


def test_a_role_that_was_taken_away_is_gone_with_the_next_page(owner: Person, make_person: MakePerson) -> None:
    other = make_person(Role.OWNER, "other@example.com")
    assert other.open("/users").status_code == HTTPStatus.OK
    owner.send("/users", "role", "other@example.com", role="viewer")
    assert other.open("/users").status_code == HTTPStatus.FORBIDDEN
    assert "Your role is viewer" in other.open("/users").text


def test_whoever_is_disabled_is_out_at_once(owner: Person, make_person: MakePerson) -> None:
    other = make_person(Role.EDITOR)
    owner.send("/users", "disable", "editor@example.com")
    assert other.open("/").status_code == 303
    refused = other.send("/login", "login", email="editor@example.com", password="kettle-on-the-stove")
    assert "do not fit together" in refused.text


def test_the_only_owner_stays_one(owner: Person) -> None:
    for form, fields in (("disable", {}), ("role", {"role": "viewer"})):
        answer = owner.send("/users", form, "owner@example.com", **fields)
        assert answer.status_code == 422
        assert "is the only owner" in answer.text
    assert owner.open("/users").status_code == HTTPStatus.OK
