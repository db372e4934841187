"""`/apps/{app_id}/pixels`: added, asked about at TikTok, set; with the sandbox in TikTok's place."""

import pytest

from admin.apps import create_app
from admin.audit_log import AuditFilter, changes
from admin.pixels import PixelToAdd, add_pixel, list_pixels
from config.settings import AllSettings
from tests.account_sandbox import TEA_PIXEL, AccountSandbox, advertiser, connected_settings
from tests.admin.logins import connect
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person

CODE, TOKEN = "C9PIXEL0000000000001", "a-token-of-the-events-api-0123456789"


@pytest.fixture
def settings(settings: AllSettings, sandbox: AccountSandbox) -> AllSettings:
    return connected_settings(settings, sandbox)


@pytest.fixture
def path(act: Act, app_id: str) -> str:
    made = act(lambda session: add_pixel(session, PixelToAdd(app_id, CODE, TOKEN)))
    return f"/apps/{app_id}/pixels/{made['pixel_id']}"


def pixels(act: Act, app_id: str) -> list[dict[str, object]]:
    return list(act(lambda session: list_pixels(session, app_id)))


def test_a_pixel_is_added_once_tiktok_has_taken_its_token(owner: Person, act: Act, app_id: str) -> None:
    page = owner.send_and_follow(f"/apps/{app_id}/pixels", "add", code=CODE, token=TOKEN, name="Main")
    assert "TikTok takes events for this pixel" in page.text
    [pixel] = pixels(act, app_id)
    assert (pixel["code"], pixel["state"], pixel["name"]) == (CODE, "ok", "Main")


def test_a_token_that_tiktok_refuses_is_named_and_not_kept(owner: Person, act: Act, app_id: str) -> None:
    answer = owner.send(f"/apps/{app_id}/pixels", "add", code=CODE, token="bad-token-0123456789", name="Main")
    assert answer.status_code == 422
    assert "TikTok refuses this token or pixel (40105" in answer.text
    assert 'value="Main"' in answer.text
    assert "bad-token" not in answer.text
    assert pixels(act, app_id) == []


def test_a_pixel_saved_unchecked_says_so(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/pixels"
    page = owner.send_and_follow(path, "add", code=CODE, token="bad-token-0123456789", unchecked="yes")
    assert "TikTok has not been asked about this pixel yet" in page.text
    assert pixels(act, app_id)[0]["state"] == "unvalidated"


def test_pixels_of_the_ad_account_are_offered(owner: Person, act: Act, app_id: str, sandbox: AccountSandbox) -> None:
    sandbox.load(advertiser())
    act(lambda session: connect(session, sandbox, app_id))
    path = f"/apps/{app_id}/pixels"
    assert f'<option value="{TEA_PIXEL}" selected>Tea pixel ({TEA_PIXEL})</option>' in owner.open(path).text
    owner.send(path, "add", chosen=TEA_PIXEL, token=TOKEN, unchecked="yes")
    assert [pixel["code"] for pixel in pixels(act, app_id)] == [TEA_PIXEL]


def test_validate_shows_tiktoks_own_words(owner: Person, path: str) -> None:
    page = owner.send(path, "validate").text
    assert "TikTok took it" in page
    assert "<q>OK</q>, code 0" in page


def test_a_test_event_shows_tiktoks_answer_and_stays_in_the_log(
    owner: Person, act: Act, app_id: str, path: str, sandbox: AccountSandbox
) -> None:
    assert "TikTok took it" in owner.send(path, "test", event="Purchase").text
    sandbox.fault("event/track", times=1, code=40002, body=None)
    refused = owner.send(path, "test", event="Purchase").text
    assert "TikTok did not take it" in refused
    assert "40002" in refused
    log = act(lambda session: changes(session, AuditFilter(app_id=app_id, act="pixel.test"), 10, 0))
    assert [entry["after"]["problem"] is None for entry in log] == [False, True]
    assert TOKEN not in str(log)


def test_a_held_pixel_says_why_and_resumes_with_a_new_token(
    owner: Person, act: Act, app_id: str, sandbox: AccountSandbox, path: str
) -> None:
    sandbox.fault("event/track", times=1, code=40105)
    assert owner.send(path, "validate").status_code == 422
    page = owner.open(path).text
    assert "Held: nothing is sent." in page
    assert "40105" in page
    assert "The new token is in use" in owner.send_and_follow(path, "token", token=TOKEN).text
    assert pixels(act, app_id)[0]["state"] == "ok"


def test_test_mode_is_loud_on_both_pages_until_it_is_cleared(owner: Person, act: Act, app_id: str, path: str) -> None:
    owner.send(path, "save", test_event_code="TEST12345")
    for page in (path, f"/apps/{app_id}/pixels"):
        assert "Test mode." in owner.open(page).text
    owner.send(path, "end-test-mode")
    assert pixels(act, app_id)[0]["test_event_code"] == ""
    assert "Test mode." not in owner.open(path).text


def test_settings_are_saved_and_go_back_to_the_apps(owner: Person, act: Act, app_id: str, path: str) -> None:
    owner.send(path, "save", send="attributed", consent_categories="marketing, analytics", event_names="legacy")
    [pixel] = pixels(act, app_id)
    assert (pixel["send"], pixel["event_names"]) == ("attributed", "legacy")
    assert tuple(pixel["consent_categories"]) == ("marketing", "analytics")  # type: ignore[arg-type]
    owner.send(path, "save", send="")
    assert pixels(act, app_id)[0]["send"] is None
    refused = owner.send(path, "save", consent_categories="Not a name!", name="Kept")
    assert refused.status_code == 422
    assert 'value="Kept"' in refused.text


def test_a_pixel_is_disabled_and_enabled(owner: Person, act: Act, app_id: str, path: str) -> None:
    owner.send(path, "disable")
    assert pixels(act, app_id)[0]["enabled"] is False
    owner.send(path, "enable")
    assert pixels(act, app_id)[0]["enabled"] is True


def test_two_apps_with_one_pixel_are_warned(owner: Person, act: Act, path: str) -> None:
    other = act(lambda session: create_app(session, "Coffee", {}))["app_id"]
    assert "uses this pixel too" not in owner.open(path).text
    act(lambda session: add_pixel(session, PixelToAdd(other, CODE, TOKEN)))
    assert f"{other} uses this pixel too".capitalize()[1:] in owner.open(path).text


def test_a_pixel_of_another_app_is_not_there(owner: Person, act: Act, path: str) -> None:
    other = act(lambda session: create_app(session, "Coffee", {}))["app_id"]
    there = f"/apps/{other}/pixels/{path.rpartition('/')[2]}"
    assert owner.open(there).status_code == 404
    assert owner.post(there, owner.fill(path, "disable")).status_code == 404
    assert "0 of 20" in owner.open(path).text
