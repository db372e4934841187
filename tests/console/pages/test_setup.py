"""`/apps/{app_id}/setup`: each step by the ledger, from nothing to the first event."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin.apps import create_app
from admin.links import create_link
from admin.pixels import PixelToAdd, add_pixel, disable_pixel
from admin.setup_progress import begin_waiting, setup_progress
from config.settings import AllSettings
from tests.account_sandbox import AccountSandbox, connected_settings
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.waiting_scene import CLICKS, CODE, EVENT, INSTALL, TOKEN, wait_for_the_first


@pytest.fixture
def settings(settings: AllSettings, sandbox: AccountSandbox) -> AllSettings:
    return connected_settings(settings, sandbox)


@pytest.fixture
def app_id(act: Act) -> str:
    return str(act(lambda session: create_app(session, "Tea", {}))["app_id"])


@pytest.fixture
def path(app_id: str) -> str:
    return f"/apps/{app_id}/setup"


def steps(act: Act, app_id: str) -> dict[str, str]:
    progress = act(lambda session: setup_progress(session, app_id))
    return {name: step.state for name, step in progress.steps.items()}


def store(act: Act, statement: str, *values: object) -> None:
    async def execute(session: Any) -> None:
        await session.database.execute(statement, *values)

    act(execute)


def test_the_whole_way_from_nothing_to_the_first_event(owner: Person, act: Act, app_id: str, path: str) -> None:
    assert steps(act, app_id)["stores"] == "not"
    refused = owner.send(path, "stores", ios_app_id="id1")
    assert refused.status_code == 422
    assert 'value="id1"' in refused.text
    assert "digits only" in refused.text.partition('id="pixel"')[0].partition("<details open>")[2]
    owner.send(path, "stores", ios_app_id="1234567890")
    owner.send(path, "pixel", code=CODE, token=TOKEN)
    pixel_id = _only_pixel(act, app_id)
    owner.send(path, "validate", pixel_id)
    tested = owner.send_and_follow(path, "test", pixel_id).text
    assert "TikTok took it" in tested
    link = owner.send_and_follow(f"{path}?step=links", "link", os="ios", slug="tea").text
    assert "/links/tea/qr.svg" in link
    assert steps(act, app_id) == {
        **dict.fromkeys(("stores", "pixel", "validate", "test", "mapping", "links"), "done"),
        **dict.fromkeys(("sdk", "launch", "waiting"), "not"),
    }
    assert "All of it is so" in owner.open(path).text
    owner.send(path, "launch")
    now = datetime.now(UTC)
    store(act, INSTALL, app_id, "i-1", now)
    store(act, EVENT, app_id, "e-1", now)
    assert steps(act, app_id)["waiting"] == "not"
    store(act, CLICKS, now, 1, "click")
    assert set(steps(act, app_id).values()) == {"done"}
    page = owner.open(path).text
    assert "Everything works." in page
    assert "credited to no click" in page


def test_what_is_done_is_said_in_words_that_count_right(owner: Person, act: Act, app_id: str, path: str) -> None:
    page = owner.open(path).text
    assert "1 of 9 steps is done" in page  # the mapping, by default
    assert re.search(r"\d+ event names are mapped", page)
    assert "events are sent" not in page


def test_of_many_links_the_newest_are_shown_and_the_rest_counted(
    owner: Person, act: Act, app_id: str, path: str
) -> None:
    for number in range(7):
        act(lambda session, slug=f"tea-{number}": create_link(session, app_id, slug, {}))
    page = owner.open(f"{path}?step=links").text
    assert re.findall(r"links/(tea-\d)/qr.svg", page) == ["tea-6", "tea-5", "tea-4", "tea-3"]
    assert "tea-6, tea-5, tea-4 and 4 more" in page
    assert "The newest of 7" in page


def _only_pixel(act: Act, app_id: str) -> str:
    progress = act(lambda session: setup_progress(session, app_id))
    [pixel] = progress.pixels
    return str(pixel["pixel_id"])


def test_what_came_before_the_watermark_proves_nothing(owner: Person, act: Act, app_id: str, path: str) -> None:
    act(lambda session: create_link(session, app_id, "tea", {}))
    before = datetime.now(UTC) - timedelta(seconds=1)
    store(act, INSTALL, app_id, "i-1", before)
    store(act, EVENT, app_id, "e-1", before)
    store(act, CLICKS, datetime.now(UTC), 3, "click")
    act(lambda session: begin_waiting(session, app_id))
    store(act, CLICKS, datetime.now(UTC) + timedelta(seconds=1), 9, "bot")
    found = act(lambda session: setup_progress(session, app_id)).waiting
    assert (found.clicks, found.install, found.event) == (0, None, None)
    page = owner.open(f"{path}?step=waiting").text
    assert page.count(">waiting<") == 3
    assert "No click yet" not in page


def test_after_half_a_minute_it_says_what_is_missing(owner: Person, act: Act, app_id: str, path: str) -> None:
    act(lambda session: create_link(session, app_id, "tea", {}))
    act(lambda session: begin_waiting(session, app_id))
    earlier = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    store(act, "UPDATE audit_log SET after = after || jsonb_build_object('at', $1::text)", earlier)
    page = f"{path}?step=waiting"
    assert "No click yet" in owner.open(page).text
    store(act, CLICKS, datetime.now(UTC), 1, "click")
    assert "Clicks come, no install yet" in owner.open(page).text
    store(act, INSTALL, app_id, "i-1", datetime.now(UTC))
    assert "Installs come, no other event yet" in owner.open(page).text


def test_the_page_that_waits_for_nothing_else_looks_again(
    owner: Person, act: Act, app_id: str, path: str, sandbox: AccountSandbox
) -> None:
    act(lambda session: wait_for_the_first(session, app_id, sandbox))
    page = owner.open(path).text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'data-poll="5"' in page


def test_the_page_looks_again_only_while_nothing_else_is_left(owner: Person, act: Act, path: str, app_id: str) -> None:
    act(lambda session: begin_waiting(session, app_id))
    assert 'http-equiv="refresh"' not in owner.open(path).text  # somebody types in an earlier step


def test_a_refused_pixel_is_broken_with_tiktoks_words(
    owner: Person, act: Act, app_id: str, path: str, sandbox: AccountSandbox
) -> None:
    made = act(lambda session: add_pixel(session, PixelToAdd(app_id, CODE, TOKEN)))
    sandbox.fault("event/track", times=2, code=40105)
    assert owner.send(path, "validate", made["pixel_id"]).status_code == 422
    owner.send(path, "test", made["pixel_id"])
    assert (steps(act, app_id)["validate"], steps(act, app_id)["test"]) == ("broken", "broken")
    assert "40105" in owner.open(f"{path}?step=validate").text
    act(lambda session: disable_pixel(session, made["pixel_id"]))
    assert steps(act, app_id)["pixel"] == "not"


def test_a_store_without_a_link_of_its_own_is_named(owner: Person, act: Act) -> None:
    stores = {"ios_app_id": "1", "android_package": "com.example.tea"}
    both = act(lambda session: create_app(session, "Both", stores))["app_id"]
    act(lambda session: create_link(session, both, "tea-ios", {"os": "ios"}))
    assert "none for Android" in owner.open(f"/apps/{both}/setup").text


def test_a_pixel_of_another_app_is_not_tested(owner: Person, act: Act, app_id: str, path: str) -> None:
    other = act(lambda session: create_app(session, "Coffee", {}))["app_id"]
    pixel = act(lambda session: add_pixel(session, PixelToAdd(other, CODE, TOKEN)))["pixel_id"]
    token = owner.fill(path, "stores")["_token"]
    answer = owner.post(path, {"_form": "test", "_token": token, "pixel_id": pixel})
    assert answer.status_code == 422
