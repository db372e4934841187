"""`/apps/new` and `/apps/{app_id}/settings`: what can be set, what is refused, and a key that is shown once."""

import re

import pytest

from admin.apps import SETTABLE, set_app, show_app
from admin.audit_log import AuditFilter, changes
from console.setting_groups import GROUPS
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person

KEY = re.compile(r'value="(sp_[A-Za-z0-9]{40})"')
SECRETS = ("revenuecat_authorization", "superwall_secret", "adapty_authorization", "stripe_signing_secret")


def settings_of(act: Act, app_id: str) -> dict[str, object]:
    shown = act(lambda session: show_app(session, app_id))
    return {"name": shown["name"], **shown["settings"]}


def test_a_new_app_has_what_was_typed_and_its_key_is_shown_once(owner: Person, act: Act) -> None:
    made = owner.send("/apps/new", "create", name="Tea", ios_app_id="1234567890", currency="EUR")
    assert made.status_code == 200
    assert KEY.search(made.text)
    app_id = re.search(r"/apps/(app_\w+)/setup", made.text)
    assert app_id is not None
    assert settings_of(act, app_id[1])["ios_app_id"] == "1234567890"
    assert not KEY.search(owner.open(f"/apps/{app_id[1]}/settings").text)


def test_a_new_app_that_is_refused_keeps_what_was_typed(owner: Person) -> None:
    answer = owner.send("/apps/new", "create", name="Tea", ios_app_id="id12", timezone="Europe/Berlin")
    assert answer.status_code == 422
    assert "digits only" in answer.text
    assert 'value="id12"' in answer.text
    assert 'value="Europe/Berlin"' in answer.text


def test_every_setting_of_an_app_stands_in_a_group() -> None:
    named = [field.name for group in GROUPS for field in group.fields]
    assert sorted([*named, *SECRETS]) == sorted(SETTABLE)


@pytest.mark.parametrize(
    "saved",
    [
        ("app", "name", "Coffee", "Coffee"),
        ("app", "android_package", "com.example.tea", "com.example.tea"),
        ("reports", "timezone", "Asia/Tokyo", "Asia/Tokyo"),
        ("reports", "revenue_source", "stripe", "stripe"),
        ("sending", "send", "attributed", "attributed"),
        ("sending", "generate_ttp", "false", False),
        ("sending", "refund_event", "CancelOrder", "CancelOrder"),
        ("matching", "match_threshold", "0.8", 0.8),
        ("matching", "probabilistic_ios", "never", "never"),
        ("hosts", "app_schemes", "tea, coffee", ("tea", "coffee")),
    ],
)
def test_a_setting_is_saved_and_shown(
    owner: Person, act: Act, app_id: str, saved: tuple[str, str, str, object]
) -> None:
    group, field, value, stored = saved
    before = settings_of(act, app_id)
    answer = owner.send_and_follow(f"/apps/{app_id}/settings", group, **{field: value})
    assert "saved, and in force" in answer.text
    assert settings_of(act, app_id) == {**before, field: stored}


def test_what_was_cleared_goes_back_to_its_default(owner: Person, act: Act, app_id: str) -> None:
    owner.send(f"/apps/{app_id}/settings", "reports", timezone="")
    assert settings_of(act, app_id)["timezone"] == ""


def test_what_stands_so_already_changes_nothing(owner: Person, act: Act, app_id: str) -> None:
    answer = owner.send_and_follow(f"/apps/{app_id}/settings", "matching")
    assert "stands so already" in answer.text
    log = act(lambda session: changes(session, AuditFilter(app_id=app_id, act="app.set"), 10, 0))
    assert log == []


def test_a_setting_that_cannot_be_keeps_all_that_was_typed(owner: Person, act: Act, app_id: str) -> None:
    answer = owner.send(f"/apps/{app_id}/settings", "matching", match_threshold="2", match_window_hours="6")
    assert answer.status_code == 422
    assert "must be a probability from 0.5 to 1" in answer.text
    assert 'value="6"' in answer.text
    assert settings_of(act, app_id)["match_window_hours"] == 24


def test_secrets_show_only_whether_they_are_set(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: set_app(session, app_id, {"stripe_signing_secret": "whsec_very-secret"}))
    page = owner.open(f"/apps/{app_id}/settings").text
    assert "very-secret" not in page
    assert page.count(">not set<") == 3


def test_a_key_is_rotated_by_whoever_types_the_name(owner: Person, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    refused = owner.send(path, "rotate", name="Coffee")
    assert refused.status_code == 422
    assert "Tea Timer" in refused.text
    first = owner.send(path, "rotate", name="Tea Timer")
    second = owner.send(path, "rotate", name="Tea Timer")
    keys = {KEY.search(answer.text)[1] for answer in (first, second)}  # type: ignore[index]
    assert len(keys) == 2
    assert "has stopped working" in second.text
    assert not KEY.search(owner.open(path).text)


def test_an_old_key_that_is_kept_is_shown_with_its_end(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/settings"
    assert "The key before this one works until" not in owner.open(path).text
    refused = owner.send(path, "rotate", name="Tea Timer", keep_old_for="10000")
    assert refused.status_code == 422
    rotated = owner.send(path, "rotate", name="Tea Timer", keep_old_for="48")
    assert "has stopped working" not in rotated.text
    assert "The key before this one works until" in owner.open(path).text
    assert act(lambda session: show_app(session, app_id))["previous_key_until"] is not None
