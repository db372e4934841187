"""The postback log: what is shown of a delivery, and sending it again."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from admin.apps import create_app
from admin.audit_log import AuditFilter, changes
from admin.session import Session
from admin.users import Role
from tests.console.pages import happenings
from tests.console.pages.conftest import Act, MakePerson
from tests.console.pages.person import Forms, Person


def state_of(act: Act, delivery_id: str) -> str:
    async def read(session: Session) -> Any:
        return await session.database.fetchval("SELECT state FROM deliveries WHERE delivery_id = $1", int(delivery_id))

    return str(act(read))


def test_the_log_says_what_tiktok_said_and_what_it_means(owner: Person, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.dead(session, app_id))
    page = owner.open(f"/apps/{app_id}/deliveries").text
    assert f'href="/apps/{app_id}/deliveries/{number}"' in page
    assert "Invalid value for &lt;b&gt;value&lt;/b&gt;" in page
    assert "A field is missing, of the wrong type or has a value TikTok refuses." in page


def test_a_filter_of_the_url_leaves_what_fits(owner: Person, act: Act, app_id: str) -> None:
    dead = act(lambda session: happenings.dead(session, app_id))
    act(lambda session: happenings.delivery(session, app_id))
    path = f"/apps/{app_id}/deliveries"
    for query in ("state=dead", "code=40002", "state=dead&event=Purchase&pixel=px_tea&since=1h"):
        items = owner.open(f"{path}?{query}&format=json").json()["items"]
        assert [item["delivery_id"] for item in items] == [dead], query
    for query in ("state=due", "code=7", "event=refund", "pixel=px_other", "until=2020-01-01"):
        assert owner.open(f"{path}?{query}&format=json").json()["items"] == [], query
        assert "No delivery fits this filter" in owner.open(f"{path}?{query}").text


def test_a_filter_that_cannot_be_is_named(owner: Person, app_id: str) -> None:
    for query, words in (("state=lost", "state: must be one of"), ("code=x", "code: must be a number"),
                         ("after=x", "must be the number"), ("since=never", "since:")):  # fmt: skip
        answer = owner.open(f"/apps/{app_id}/deliveries?{query}")
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert words in answer.text


def test_csv_and_json_hold_what_is_shown(owner: Person, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.dead(session, app_id))
    lines = owner.open(f"/apps/{app_id}/deliveries?format=csv").text.splitlines()
    assert lines[0].startswith("delivery_id,source_event,target_event,state")
    assert lines[1].startswith(f"{number},purchase,Purchase,dead")


def test_pages_follow_one_another_without_a_gap(owner: Person, act: Act, app_id: str) -> None:
    numbers = [act(lambda session: happenings.delivery(session, app_id)) for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = owner.open(f"/apps/{app_id}/deliveries?format=json&limit=2&after={after}").json()
        seen += [item["delivery_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == numbers[::-1]


def test_one_opens_to_request_attempts_meaning_and_match(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.install(session, app_id))
    number = act(lambda session: happenings.dead(session, app_id))
    page = owner.open(f"/apps/{app_id}/deliveries/{number}").text
    assert "request-7" in page
    assert "Mend what TikTok" in page
    assert "The same network, the same phone model, the same OS version, another language as the click" in page
    assert "verysecretclickid" not in page
    assert "E.C.P." in page


def test_one_that_was_never_sent_says_why_and_where_that_is_changed(owner: Person, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.delivery(session, app_id, "skipped"))
    put = "UPDATE deliveries SET reason = 'not mapped', last_code = NULL, last_message = NULL WHERE delivery_id = $1"
    act(lambda session: session.database.execute(put, int(number)))
    act(lambda session: session.database.execute("DELETE FROM attempts WHERE app_id = $1", app_id))
    page = owner.open(f"/apps/{app_id}/deliveries/{number}").text
    assert f'becomes none of TikTok&#39;s. A row under <a href="/apps/{app_id}/mapping">Mapping</a>' in page


def test_a_dead_one_is_sent_again_once_and_audited(owner: Person, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.dead(session, app_id))
    path = f"/apps/{app_id}/deliveries/{number}"
    form = owner.fill(path, "again")
    assert owner.post(path, form).status_code == HTTPStatus.SEE_OTHER
    assert state_of(act, number) == "due"
    assert "is due again" in owner.open(path).text
    (entry,) = act(lambda session: changes(session, AuditFilter(app_id=app_id, act="delivery.replay"), 10, 0))
    assert entry["after"] == {"replayed": 1, "refused": 0, "force": False}


def test_what_tiktok_may_have_forgotten_is_asked_about_again(owner: Person, act: Act, app_id: str) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=50)
    number = act(lambda session: happenings.dead(session, app_id, maybe_arrived_at=long_ago, outcome="unknown"))
    path = f"/apps/{app_id}/deliveries/{number}"
    asked = owner.send(path, "again")
    assert asked.status_code == 422
    assert "it may count twice" in asked.text
    assert state_of(act, number) == "dead"
    again = {**Forms(asked.text).named("again"), "force": "yes"}
    assert owner.post(path, again).status_code == HTTPStatus.SEE_OTHER
    assert state_of(act, number) == "due"


def test_many_are_sent_again_and_watched(owner: Person, act: Act, app_id: str) -> None:
    numbers = [act(lambda session: happenings.dead(session, app_id)) for _ in range(3)]
    path = f"/apps/{app_id}/deliveries"
    answer = owner.send(path, "again", ids="\n".join([*numbers[:2], "999"]))
    progress = owner.open(answer.headers["location"]).text
    assert "0 of 2 settled" in progress
    assert "there is no such delivery" in progress
    assert [state_of(act, number) for number in numbers] == ["due", "due", "dead"]
    everything = owner.send(f"{path}?code=40002", "all-again")
    assert "0 of 1 settled" in owner.open(everything.headers["location"]).text
    assert state_of(act, numbers[2]) == "due"


def test_nothing_chosen_is_said(owner: Person, act: Act, app_id: str) -> None:
    act(lambda session: happenings.dead(session, app_id))
    answer = owner.send(f"/apps/{app_id}/deliveries", "again")
    assert answer.status_code == 422
    assert "choose at least one delivery" in answer.text


def test_another_apps_delivery_is_neither_shown_nor_sent(owner: Person, act: Act, app_id: str) -> None:
    other = act(lambda session: create_app(session, "Other", {}))["app_id"]
    number = act(lambda session: happenings.dead(session, app_id))
    assert owner.open(f"/apps/{other}/deliveries/{number}").status_code == HTTPStatus.NOT_FOUND
    token = Forms(owner.open("/account").text).named("password")["_token"]
    answer = owner.post(f"/apps/{other}/deliveries", {"_form": "again", "_token": token, "ids": number})
    assert "there is no such delivery" in answer.text
    assert state_of(act, number) == "dead"


def test_a_viewer_has_no_button_to_send(make_person: MakePerson, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.dead(session, app_id))
    viewer = make_person(Role.VIEWER)
    assert "Send again" not in viewer.open(f"/apps/{app_id}/deliveries/{number}").text
    assert "<h2>Send again" not in viewer.open(f"/apps/{app_id}/deliveries").text


def test_a_time_that_is_typed_is_of_the_zone_that_the_page_shows(owner: Person, act: Act, app_id: str) -> None:
    number = act(lambda session: happenings.delivery(session, app_id, "dead"))
    at = datetime(2026, 11, 18, 11, 10, tzinfo=UTC)  # 12:10 in Berlin
    put = "UPDATE deliveries SET created_at = $1 WHERE delivery_id = $2"
    act(lambda session: session.database.execute(put, at, int(number)))
    for since, until, found in (
        ("2026-11-18T12:00", "2026-11-18T12:20", 1), ("2026-11-18T12:15", "", 0), ("", "2026-11-18T12:00", 0),
        ("2026-11-18T11:00Z", "", 1), ("2026-11-18T12:00Z", "", 0),
    ):  # fmt: skip
        asked = {"state": "dead", "since": since, "until": until, "format": "json"}
        answer = owner.open(f"/apps/{app_id}/deliveries", params=asked).json()
        assert len(answer["items"]) == found, (since, until)
