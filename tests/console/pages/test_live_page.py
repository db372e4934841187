"""The live feed: the page, the stream, and how it ends."""

import time
from http import HTTPStatus

import httpx
import pytest

from admin.users import Role, create_user
from config.settings import AllSettings
from tests.console.pages import happenings
from tests.console.pages.browser import PATIENCE_S, chromium, console_process, signed_in
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.open_feed import open_feed
from tests.console.pages.person import PASSWORD, Person


def test_the_page_has_what_happened_and_from_where_it_goes_on(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    number = act(lambda session: happenings.dead(session, app_id))
    page = owner.open(f"/apps/{app_id}/live").text
    assert "iOS install" in page
    assert "97.0%" in page
    assert f'href="/apps/{app_id}/deliveries/{number}"' in page
    assert "Invalid value for &lt;b&gt;" in page
    assert 'data-cursor="e' in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


def test_a_filter_of_the_url_leaves_what_fits(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    act(lambda session: happenings.dead(session, app_id))
    assert "iOS install" not in owner.open(f"/apps/{app_id}/live?kind=delivery").text
    assert "iOS install" in owner.open(f"/apps/{app_id}/live?state=credited&link=tea").text
    assert owner.open(f"/apps/{app_id}/live?kind=lost").status_code == HTTPStatus.BAD_REQUEST


def test_the_stream_begins_at_once_and_tells_what_comes(owner: Person, act: Act, app_id: str) -> None:
    with open_feed(owner, app_id) as feed:
        headers = feed.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in headers
        assert feed.next().comment == "open"
        first = feed.items()
        assert (first.told["count"], first.id) == (0, first.told["next"])
        act(lambda session: happenings.event(session, app_id, None, "<xss>"))
        told = feed.until("event").told
        assert "&lt;xss&gt;" in told["lines"]
        assert "<xss" not in told["lines"]


def test_a_lost_connection_loses_nothing_and_repeats_nothing(owner: Person, act: Act, app_id: str) -> None:
    with open_feed(owner, app_id) as feed:
        feed.items()
        act(lambda session: happenings.event(session, app_id, None, "seen"))
        last = feed.until("seen").id
    act(lambda session: happenings.event(session, app_id, None, "missed"))
    time.sleep(1)  # the feed of the process goes on without a reader
    with open_feed(owner, app_id, "?after=e0.a0.q0.c0", **{"last-event-id": last}) as feed:
        caught_up = feed.items().told
        lines = caught_up["lines"] or feed.items().told["lines"]
    assert "missed" in lines
    assert "seen" not in lines


def test_who_asks_for_no_stream_is_answered_in_json(owner: Person, act: Act, app_id: str) -> None:
    before = owner.open(f"/apps/{app_id}/live/items").json()["next"]
    act(lambda session: happenings.event(session, app_id, None, "polled"))
    deadline = time.monotonic() + PATIENCE_S
    while not (told := owner.open(f"/apps/{app_id}/live/items?after={before}").json())["count"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "polled" in told["lines"]
    assert owner.open(f"/apps/{app_id}/live/items?after={told['next']}").json()["count"] == 0


@pytest.mark.parametrize("form", ["disable", "role"])
def test_a_session_that_ends_or_another_role_ends_the_feed(
    owner: Person, make_person: MakePerson, app_id: str, form: str
) -> None:
    editor = make_person(Role.EDITOR)
    with open_feed(editor, app_id) as feed:
        feed.items()
        fields = {"role": "viewer"} if form == "role" else {}
        assert owner.send("/users", form, "editor@example.com", **fields).status_code == HTTPStatus.SEE_OTHER
        ended = feed.items()
        assert (ended.name, ended.data) == ("end", "signed-out")
        with pytest.raises(EOFError):
            feed.next()


def test_the_console_stops_within_five_seconds_with_feeds_open(settings: AllSettings, act: Act, app_id: str) -> None:
    act(lambda session: create_user(session, "anna@example.com", Role.OWNER, PASSWORD))
    with console_process(settings) as console, Person(console.url) as anna:
        anna.sign_in("anna@example.com")
        with open_feed(anna, app_id) as one, open_feed(anna, app_id) as two:
            one.items(), two.items()
            began = time.monotonic()
            console.process.terminate()
            assert (one.items().data, two.items().data) == ("stopping", "stopping")
            for feed in (one, two):  # to its end, not cut off: that would be a line of the log for each
                with pytest.raises(EOFError):
                    feed.next()
            assert console.process.wait(PATIENCE_S) is not None
            assert time.monotonic() - began < 5


def test_the_page_in_a_browser_shows_what_comes_pauses_and_comes_back(
    settings: AllSettings, act: Act, app_id: str
) -> None:
    act(lambda session: create_user(session, "anna@example.com", Role.OWNER, PASSWORD))
    with console_process(settings) as console, chromium() as browser:
        context = signed_in(browser, console, "anna@example.com")
        page = context.new_page()
        page.goto(f"/apps/{app_id}/live")
        page.get_by_text("Live", exact=True).and_(page.locator(".badge")).wait_for()
        act(lambda session: happenings.event(session, app_id, None, "first_one"))
        page.get_by_text("first_one").wait_for()
        page.get_by_role("button", name="Pause").click()
        act(lambda session: happenings.event(session, app_id, None, "second_one"))
        page.get_by_role("button", name="Show 1 new").wait_for()
        assert page.get_by_text("second_one").count() == 0
        page.get_by_role("button", name="Show 1 new").click()
        page.get_by_text("second_one").wait_for()
        context.set_offline(True)
        act(lambda session: happenings.event(session, app_id, None, "third_one"))
        context.set_offline(False)
        page.get_by_text("third_one").wait_for()
        assert [page.get_by_text(f"{name}_one").count() for name in ("first", "second", "third")] == [1, 1, 1]
        context.close()


def test_without_a_script_the_page_loads_itself_again(settings: AllSettings, act: Act, app_id: str) -> None:
    act(lambda session: create_user(session, "anna@example.com", Role.OWNER, PASSWORD))
    with console_process(settings) as console, chromium() as browser, Person(console.url) as anna:
        anna.sign_in("anna@example.com")
        context = browser.new_context(base_url=console.url, java_script_enabled=False)
        context.add_cookies(
            [{"name": name, "value": value, "url": console.url} for name, value in anna.http.cookies.items()]
        )
        page = context.new_page()
        page.goto(f"/apps/{app_id}/live")
        act(lambda session: happenings.event(session, app_id, None, "later_one"))
        page.get_by_text("later_one").wait_for(timeout=15_000)
        context.close()


def test_nobody_gets_a_stream(stranger: Person, app_id: str) -> None:
    answer = stranger.open(f"/apps/{app_id}/live/items", headers={"accept": "text/event-stream"})
    assert answer.status_code == httpx.codes.SEE_OTHER
