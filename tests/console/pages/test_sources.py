"""`/apps/{app_id}/sources`: the app's own lines, and what subscription platforms need."""

import pytest

from admin.apps import show_app
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person

SECRET = "whsec_c2VjcmV0LW9mLXRoZS1wbGF0Zm9ybQ=="


def secrets_of(act: Act, app_id: str) -> dict[str, str]:
    settings = act(lambda session: show_app(session, app_id))["settings"]
    return {name: value for name, value in settings.items() if value in ("set", "not set")}


def test_every_kind_of_app_finds_its_lines_with_its_values(owner: Person, app_id: str) -> None:
    page = owner.open(f"/apps/{app_id}/sources").text
    for title in ("Swift", "Kotlin", "React Native", "Flutter", "curl"):
        assert f"<summary>{title}</summary>" in page
    assert page.count("http://127.0.0.1:8001") >= 10
    assert page.count(app_id) >= 10
    assert "@URL@" not in page
    assert "sp_" not in page  # a key is shown once, and not here


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty", "stripe"])
def test_a_platform_is_connected_and_forgotten_and_its_secret_never_shown(
    owner: Person, act: Act, app_id: str, provider: str
) -> None:
    path = f"/apps/{app_id}/sources"
    assert f"http://127.0.0.1:8001/v1/webhooks/{provider}/{app_id}" in owner.open(path).text
    page = owner.send_and_follow(path, "secret", provider, signing_secret=SECRET).text
    assert "nothing came yet" in page
    assert SECRET not in page
    assert [state for name, state in secrets_of(act, app_id).items() if name.startswith(provider)] == ["set"]
    owner.send(path, "forget", provider)
    assert "set" not in secrets_of(act, app_id).values()


def test_a_secret_that_cannot_be_is_refused_and_not_kept(owner: Person, act: Act, app_id: str) -> None:
    path = f"/apps/{app_id}/sources"
    answer = owner.send(path, "secret", "superwall", signing_secret="no base64 !")
    assert answer.status_code == 422
    assert "as Superwall shows it" in answer.text
    assert "no base64 !" not in answer.text
    assert owner.send(path, "secret", "superwall", provider="paypal", signing_secret=SECRET).status_code == 422
    assert "set" not in secrets_of(act, app_id).values()


def test_the_source_of_revenue_is_set(owner: Person, act: Act, app_id: str) -> None:
    owner.send(f"/apps/{app_id}/sources", "revenue", revenue_source="adapty")
    assert act(lambda session: show_app(session, app_id))["settings"]["revenue_source"] == "adapty"
    assert owner.send(f"/apps/{app_id}/sources", "revenue", revenue_source="paypal").status_code == 422
