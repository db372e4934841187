"""`/apps/{app_id}/links`: made, changed, switched off, drawn as a QR code."""

import shlex

import pytest
import segno

from admin.apps import create_app
from admin.links import create_link, link_settings, list_links, set_link
from admin.users import Role
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import Person


@pytest.fixture
def app_id(act: Act) -> str:
    stores = {"ios_app_id": "1234567890", "android_package": "com.example.tea"}
    return str(act(lambda session: create_app(session, "Tea", stores))["app_id"])


@pytest.fixture
def path(act: Act, app_id: str) -> str:
    act(lambda session: create_link(session, app_id, "tea", {}))
    return f"/apps/{app_id}/links/tea"


def own(act: Act, app_id: str, slug: str = "tea") -> dict[str, object]:
    return dict(act(lambda session: link_settings(session, app_id, slug)))


def test_a_new_link_is_for_one_os_and_shows_its_whole_url(owner: Person, act: Act, app_id: str) -> None:
    page = owner.send_and_follow(f"/apps/{app_id}/links", "create", os="ios", slug="tea-ios", bridge="yes")
    assert "https://go.example.com/tea-ios?campaign_id=__CAMPAIGN_ID__&amp;" in page.text
    assert "for iPhone" in page.text
    link = act(lambda session: list_links(session, app_id))[0]
    assert (link["android_url"], link["mode"]) == (None, "bridge")


def test_a_slug_is_made_up_where_none_is_typed(owner: Person, act: Act, app_id: str) -> None:
    assert owner.send(f"/apps/{app_id}/links", "create").status_code == 303
    assert len(act(lambda session: list_links(session, app_id))[0]["slug"]) == 8


def test_a_slug_that_cannot_be_is_kept_with_its_reason(owner: Person, act: Act, app_id: str, path: str) -> None:
    for slug, reason in (("a slug", "must be 1 to 64 of the characters"), ("tea", "is taken")):
        answer = owner.send(f"/apps/{app_id}/links", "create", slug=slug, os="android")
        assert answer.status_code == 422
        assert reason in answer.text
        assert f'value="{slug}"' in answer.text
    assert len(act(lambda session: list_links(session, app_id))) == 1


def test_a_change_touches_what_was_changed_alone(owner: Person, act: Act, app_id: str, path: str) -> None:
    before = own(act, app_id)
    answer = owner.send_and_follow(path, "save", expires_at="2027-01-01T00:00:00Z", click_cap="7", mode="bridge")
    assert "Saved" in answer.text
    changes = {"expires_at": "2027-01-01T00:00:00Z", "click_cap": 7, "mode": "bridge"}
    assert own(act, app_id) == {**before, **changes}
    assert before["ios_url"] is None
    owner.send(path, "save", expires_at="", click_cap="", mode="redirect")
    assert own(act, app_id) == before


def test_a_url_that_leads_in_circles_is_kept_with_its_reason(owner: Person, act: Act, app_id: str, path: str) -> None:
    answer = owner.send(path, "save", ios_url="https://go.example.com/tea")
    assert answer.status_code == 422
    assert 'value="https://go.example.com/tea"' in answer.text
    assert own(act, app_id)["ios_url"] is None


def test_a_link_is_disabled_and_enabled(owner: Person, act: Act, app_id: str, path: str) -> None:
    assert "answers 404" in owner.send_and_follow(path, "disable").text
    assert own(act, app_id)["enabled"] is False
    assert "serves again" in owner.send_and_follow(path, "enable").text
    assert own(act, app_id)["enabled"] is True


def test_a_viewer_sees_and_changes_nothing(make_person: MakePerson, app_id: str, path: str) -> None:
    page = make_person(Role.VIEWER).open(path).text
    assert "__CAMPAIGN_ID__" in page
    assert "<button>Save" not in page
    assert ">Disable<" not in page


def test_a_link_of_another_app_is_not_there(owner: Person, act: Act, path: str) -> None:
    other = act(lambda session: create_app(session, "Coffee", {}))["app_id"]
    for end in ("", "/qr.svg"):
        assert owner.open(f"/apps/{other}/links/tea{end}").status_code == 404
    token = owner.fill(path, "disable")
    assert owner.post(f"/apps/{other}/links", token).status_code == 404


def test_the_qr_code_is_that_of_the_link_without_macros(owner: Person, path: str) -> None:
    answer = owner.open(f"{path}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    wanted = segno.make_qr("https://go.example.com/tea", error="m")
    assert f'd="{_drawn(answer.text)}"' in wanted.svg_inline(scale=4, dark="#000", light="#fff")
    assert f'src="{path}/qr.svg"' in owner.open(path).text


def _drawn(svg: str) -> str:
    """The dark modules."""
    return svg.rpartition(' d="')[2].partition('"')[0]


@pytest.mark.parametrize(("os", "phone"), [("ios", "iPhone"), ("android", "Android 14")])
def test_the_line_for_a_test_click_is_a_phones(owner: Person, act: Act, path: str, os: str, phone: str) -> None:
    act(lambda session: set_link(session, "tea", {"os": os}))
    line = owner.open(path).text.partition("<pre")[2].partition("<code>")[2].partition("</code>")[0]
    words = shlex.split(line.replace("&#39;", "'").replace("&amp;", "&"))
    assert phone in words[words.index("-A") + 1]
    assert words[-1].startswith("https://go.example.com/tea?campaign_id=test&")


def test_the_list_is_a_file_too(owner: Person, app_id: str, path: str) -> None:
    listed = owner.open(f"/apps/{app_id}/links", params={"format": "json"}).json()
    assert [link["slug"] for link in listed["items"]] == ["tea"]


def test_an_app_in_no_store_is_told_so(owner: Person, act: Act) -> None:
    bare = act(lambda session: create_app(session, "Bare", {}))["app_id"]
    assert "in no store yet" in owner.open(f"/apps/{bare}/links").text


def test_many_links_are_pages_newest_first_and_are_searched(owner: Person, act: Act, app_id: str) -> None:
    for number in range(5):
        act(lambda session, slug=f"tea-{number}": create_link(session, app_id, slug, {}))
    first = owner.open(f"/apps/{app_id}/links?limit=2")
    assert "1–2 of 5" in first.text
    assert ("links/tea-4" in first.text, "links/tea-2" in first.text) == (True, False)
    assert "links/tea-0" in owner.open(f"/apps/{app_id}/links?limit=2&page=3").text
    found = owner.open(f"/apps/{app_id}/links?q=EA-3")
    assert ("links/tea-3" in found.text, "links/tea-4" in found.text) == (True, False)
    assert [row["slug"] for row in owner.open(f"/apps/{app_id}/links?q=tea-3&format=json").json()["items"]] == ["tea-3"]
    assert len(owner.open(f"/apps/{app_id}/links?format=json").json()["items"]) == 5
    assert "No link fits this search" in owner.open(f"/apps/{app_id}/links?q=nothing").text


def test_a_form_that_is_refused_on_a_later_page_shows_the_page_again(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: create_link(session, app_id, "tea", {}))
    answer = owner.send(f"/apps/{app_id}/links?q=tea", "create", slug="a slug")
    assert answer.status_code == 422
    assert "must be 1 to 64 of the characters" in answer.text
