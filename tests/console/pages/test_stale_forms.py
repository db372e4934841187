"""A form that was opened before somebody else changed the same record changes nothing, and loses nothing."""

import threading
from collections.abc import Mapping
from http import HTTPStatus

import httpx
import pytest
from itsdangerous import URLSafeSerializer

from admin.apps import create_app, set_app, show_app
from admin.audit_log import AuditFilter, count_changes
from admin.links import create_link
from admin.pixels import PixelToAdd, add_pixel
from admin.session import Session
from admin.users import Role
from config.settings import AllSettings
from console.route_table import all_pages
from tests.account_sandbox import AccountSandbox, advertiser, coffee, connected_settings
from tests.admin.logins import connect
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.edit_forms import EDIT_FORMS, EDIT_NOTHING, TOKEN, EditForm
from tests.console.pages.person import PASSWORD, Forms, Person

SECRETS = {"token", "password", "signing_secret"}
STORED = "whsec_" + "b" * 32


@pytest.fixture
def settings(settings: AllSettings, sandbox: AccountSandbox) -> AllSettings:
    return connected_settings(settings, sandbox)


@pytest.fixture
def ids(act: Act, make_person: MakePerson, sandbox: AccountSandbox) -> Mapping[str, str]:
    """What the forms are about: one of each."""
    make_person(Role.VIEWER)
    sandbox.load(advertiser(), coffee())

    async def made(session: Session) -> Mapping[str, str]:
        given = {"timezone": "Europe/Berlin", "currency": "EUR", "ios_app_id": "11"}
        app_id = (await create_app(session, "Tea Timer", given))["app_id"]
        await set_app(session, app_id, {"adapty_authorization": STORED})
        slug = (await create_link(session, app_id, "tea", {}))["slug"]
        pixel = PixelToAdd(app_id, "C9PIXEL", TOKEN, "", "TEST11")
        pixel_id = (await add_pixel(session, pixel, validate=False))["pixel_id"]
        await connect(session, sandbox, app_id)
        return {"app_id": app_id, "slug": slug, "pixel_id": pixel_id}

    found: Mapping[str, str] = act(made)
    return found


def changes(act: Act) -> int:
    return int(act(lambda session: count_changes(session, AuditFilter())))


def test_every_form_of_the_route_table_is_guarded_or_edits_nothing() -> None:
    """A new form fails here until it has a line."""
    every = {(page.path, form.name) for page in all_pages() for form in page.acts}
    guarded = {(one.path, one.act) for one in EDIT_FORMS}
    assert guarded & EDIT_NOTHING.keys() == set()
    assert guarded | EDIT_NOTHING.keys() == every


@pytest.mark.parametrize("edit", EDIT_FORMS, ids=lambda edit: f"{edit.path} {edit.act}")
def test_a_form_that_was_opened_before_a_change_is_shown_again_and_done_the_second_time(
    edit: EditForm, owner: Person, act: Act, ids: Mapping[str, str]
) -> None:
    path = edit.path.format(**ids)
    old = owner.fill(path, edit.act, edit.key, **edit.typed)
    act(lambda session: edit.meanwhile(session, ids))
    before = changes(act)
    answer = owner.post(path, old)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "This was changed after you opened the page" in answer.text
    assert changes(act) == before
    table = answer.text.partition('aria-label="Changed meanwhile"')[2].partition("</table>")[0]
    assert f"<td>{edit.then or 'empty'}</td><td>{edit.now}</td>" in table or not edit.now
    again = Forms(answer.text).named(edit.act, edit.key)
    assert {
        name: text for name, text in edit.typed.items() if name not in SECRETS | {"unchecked"}
    }.items() <= again.items()
    assert owner.post(path, {**again, **edit.typed}).status_code in (HTTPStatus.SEE_OTHER, HTTPStatus.OK)
    assert changes(act) == before + 1


def names(act: Act, app_id: str) -> tuple[str, str, str]:
    shown = act(lambda session: show_app(session, app_id))
    return shown["name"], shown["settings"]["ios_app_id"], shown["settings"]["android_package"]


def test_fields_that_were_left_alone_take_the_others_values(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    old = owner.fill(path, "app", name="Kettle")
    act(lambda session: set_app(session, app_id, {"ios_app_id": "55", "android_package": "com.tea"}))
    again = Forms(owner.post(path, old).text).named("app")
    assert (again["name"], again["ios_app_id"], again["android_package"]) == ("Kettle", "55", "com.tea")
    assert owner.post(path, again).status_code == HTTPStatus.SEE_OTHER
    assert names(act, app_id) == ("Kettle", "55", "com.tea")


def test_another_forms_change_of_the_same_app_is_no_difference(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    old = owner.fill(path, "app", name="Kettle")
    act(lambda session: set_app(session, app_id, {"currency": "USD"}))
    assert owner.post(path, old).status_code == HTTPStatus.SEE_OTHER


def test_a_typing_error_makes_no_page_younger(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    wrong = owner.fill(path, "app", ios_app_id="none")
    act(lambda session: set_app(session, app_id, {"name": "Somebody else's"}))
    stale = owner.post(path, wrong)
    assert stale.status_code == HTTPStatus.CONFLICT
    refused = owner.post(path, Forms(stale.text).named("app"))
    assert refused.status_code == 422
    act(lambda session: set_app(session, app_id, {"name": "Changed again"}))
    mended = {**Forms(refused.text).named("app"), "ios_app_id": "55"}
    assert owner.post(path, mended).status_code == HTTPStatus.CONFLICT
    assert names(act, app_id)[0] == "Changed again"


def test_a_sign_in_between_makes_no_page_younger(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/mapping?pixel="
    old = owner.fill(path, "rows", **{"to.purchase": "Subscribe"})
    owner.send("/logout", "logout")
    edit = next(one for one in EDIT_FORMS if one.act == "rows")
    act(lambda session: edit.meanwhile(session, {"app_id": app_id}))
    login = Forms(owner.post(path, old).text).named("login")
    between = Forms(owner.post("/login", {**login, "email": "owner@example.com", "password": PASSWORD}).text)
    assert between.actions[0] == path
    shown = Forms(owner.post(path, between.forms[0]).text).named("rows")
    assert owner.post(path, shown).status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize("snapshot", [None, "", "made.up", "x" * 5000])
def test_a_form_that_does_not_say_what_it_was_opened_with_is_shown_again(
    owner: Person, act: Act, app_id: str, snapshot: str | None
) -> None:
    path = f"/apps/{app_id}/settings"
    form = owner.fill(path, "app", name="Kettle")
    del form["_snapshot"]
    answer = owner.post(path, form if snapshot is None else {**form, "_snapshot": snapshot})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "does not say what it was opened with" in answer.text
    assert names(act, app_id)[0] == "Tea Timer"
    assert owner.post(path, Forms(answer.text).named("app")).status_code == HTTPStatus.SEE_OTHER


def test_the_snapshot_of_one_form_is_worth_nothing_in_another(owner: Person, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    other = owner.fill(path, "reports")["_snapshot"]
    assert owner.post(path, {**owner.fill(path, "app"), "_snapshot": other}).status_code == HTTPStatus.CONFLICT


def test_of_those_who_send_the_same_form_at_once_one_changes_it(
    owner: Person, make_person: MakePerson, act: Act, app_id: str
) -> None:
    """Each of them saw what stood there before all: whoever comes second is told, within the transaction if need be."""
    path = f"/apps/{app_id}/settings"
    people = [owner, *(make_person(Role.EDITOR, f"e{number}@example.com") for number in range(5))]
    forms = [(one, one.fill(path, "app", name=f"Name {number}")) for number, one in enumerate(people)]
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda one=one: answers.append(one[0].post(path, one[1]))) for one in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, *[409] * 5]


def test_a_secret_is_in_no_snapshot(owner: Person, ids: Mapping[str, str]) -> None:
    opened_with = ""
    for edit in EDIT_FORMS:
        form = owner.fill(edit.path.format(**ids), edit.act, edit.key)
        opened_with += str(URLSafeSerializer("not the key").loads_unsafe(form["_snapshot"])[1])
    assert "'click_cap': ''" in opened_with
    assert not [secret for secret in (TOKEN, STORED, PASSWORD, "argon2") if secret in opened_with]
    assert "{'signing_secret': 'set, " in opened_with
