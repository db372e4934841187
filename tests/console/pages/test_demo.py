"""The demo says on each of its pages that its numbers are invented; an owner's press of a button ends it."""

from admin.apps import list_apps
from admin.demo import Demo, store_demo, stored_demo
from admin.session import Session
from admin.users import Role
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import Person
from tests.console.pages.results_scene import with_results

BANNER = "The numbers of this app are invented"


def make_demo(act: Act, app_id: str) -> None:
    async def store(session: Session) -> None:
        store_demo(session, Demo(app_id, "key", "tea", "px_1", "CODE", "token", has_history=True))

    act(with_results(app_id))
    act(store)


async def read_demo(session: Session) -> Demo | None:
    return stored_demo(session)


def test_every_page_of_the_demo_says_so_and_no_other(owner: Person, act: Act, app_id: str) -> None:
    assert BANNER not in owner.open(f"/apps/{app_id}").text
    make_demo(act, app_id)
    for path in ("", "/campaigns", "/campaigns/c1", "/quality"):
        assert BANNER in owner.open(f"/apps/{app_id}{path}").text
    for path in ("/", "/audit", "/account"):
        assert BANNER not in owner.open(path).text
    assert '<span class="badge quiet">demo</span>' in owner.open("/").text


def test_one_button_clears_it(owner: Person, act: Act, app_id: str) -> None:
    make_demo(act, app_id)
    form = owner.fill(f"/apps/{app_id}", "clear")
    answer = owner.post("/demo", form, follow_redirects=True)
    assert "The demo is gone" in answer.text
    assert act(list_apps) == []
    assert act(read_demo) is None
    assert "No demo here" in owner.open("/demo").text


def test_only_an_owner_has_the_button(make_person: MakePerson, act: Act, app_id: str) -> None:
    make_demo(act, app_id)
    html = make_person(Role.EDITOR).open(f"/apps/{app_id}").text
    assert BANNER in html
    assert "Clear the demo" not in html


def test_without_a_demo_nothing_is_cleared(owner: Person, act: Act, app_id: str) -> None:
    make_demo(act, app_id)
    form = owner.fill("/demo", "clear")
    owner.post("/demo", form)
    again = owner.post("/demo", {**form, "_token": owner.fill("/users", "create")["_token"]})
    assert again.status_code == 422
    assert "there is none here" in again.text
