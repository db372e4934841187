"""What anybody may have typed runs nowhere: every field of every form, and every list of what was stored."""

import pytest

from admin.apps import create_app
from admin.users import Role
from console.forms import Form
from console.route_table import all_pages
from tests.console.pages.conftest import Act
from tests.console.pages.person import Forms, Person
from tests.console.pages.test_roles import address

WORDS = "\"'><xss onfocus=x>{{7*7}}</textarea></title>"
NAMES = (
    "app", "act", "actor", "since", "until", "q", "page", "limit", "format", "after", "state", "next",
    "kind", "link", "event", "pixel", "code", "method", "platform", "by", "from", "to", "range", "sort",
)  # fmt: skip
INSIDE = [page for page in all_pages() if page.role is not None]
FORMS = [(page, act) for page in all_pages() for act in page.acts if act.form.model_fields]


def filled(form: type[Form]) -> dict[str, str]:
    return dict.fromkeys(form.model_fields, WORDS)


def test_a_form_shows_what_was_typed_as_text(owner: Person, app_id: str) -> None:
    for page, form in FORMS:
        token = Forms(owner.open("/account").text).named("password")["_token"]
        typed = {"_form": form.name, "_key": WORDS, "_token": token, **filled(form.form)}
        answer = owner.post(address(page, app_id), typed)
        assert "<xss" not in answer.text, (page.path, form.name)
        assert answer.status_code < 500, (page.path, form.name)


def test_a_page_shows_what_was_stored_as_text(owner: Person, act: Act) -> None:
    app_id = act(lambda session: create_app(session, WORDS[:100], {}))["app_id"]
    for page in INSIDE:
        answer = owner.open(address(page, app_id))
        assert "<xss" not in answer.text, page.path
        assert answer.status_code < 500, page.path


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_words_of_its_address_as_text(name: str, owner: Person, app_id: str) -> None:
    for page in INSIDE:
        answer = owner.open(address(page, app_id), params={name: WORDS})
        assert "<xss" not in answer.text, page.path
        assert answer.status_code < 500, page.path


def test_a_path_is_shown_as_text(owner: Person) -> None:
    assert "<xss" not in owner.open("/apps/%22%3E%3Cxss%3E").text
    assert "<xss" not in owner.open("/%3Cxss%3E").text


def test_every_page_keeps_to_the_policy(owner: Person, app_id: str) -> None:
    for page in all_pages():
        if page.role is Role.VIEWER:
            answer = owner.open(address(page, app_id))
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert " style=" not in answer.text
            assert "<style" not in answer.text
            is_page = answer.headers["content-type"].startswith("text/html")
            assert answer.text.count("<script") == is_page
            assert answer.headers["cache-control"] == "no-store"
