"""The event endpoint, asked over HTTP."""

import json
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.codes import Code
from sandbox.gate import BODY_LIMIT
from sandbox.memory import Limits
from sandbox.rate import RateLimits
from tests.sandbox.conftest import Clock, Send, in_process
from tests.sandbox.rows import PIXEL, TOKEN, TRACK, a_body, a_full_row, a_row

HEADERS = {"Access-Token": TOKEN, "Content-Type": "application/json"}


def test_good_events_are_answered_with_code_0_in_tiktoks_envelope(send: Send) -> None:
    envelope = send(a_body(a_full_row(), a_row()))
    assert envelope.pop("request_id")
    assert envelope == {"code": 0, "message": "OK", "data": {}}


def test_every_request_gets_its_own_request_id(send: Send) -> None:
    assert send()["request_id"] != send()["request_id"]


def test_the_row_is_kept_as_received(client: httpx.Client, send: Send) -> None:
    send(a_body(a_full_row()))
    [item] = client.get("/_sandbox/events").json()["items"]
    assert item["payload"] == a_full_row()
    assert (item["pixel_code"], item["event"], item["event_id"]) == (PIXEL, "Purchase", "e-1")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param([], 40002, "not a valid JSON object", id="a list"),
        pytest.param({}, 40002, "event_source: Missing", id="nothing"),
        pytest.param(a_body(event_source="app"), 40002, "event_source: Not a supported", id="app events"),
        pytest.param(a_body(event_source=1), 40002, "event_source: Not a valid string", id="event_source a number"),
        pytest.param(a_body(event_source_id=""), 40002, "event_source_id: Shorter", id="empty pixel"),
        pytest.param(a_body(event_source_id=7), 40002, "event_source_id: Not a valid string", id="numeric pixel"),
        pytest.param(a_body(partner_name="Us"), 40002, "partner_name: Not a registered partner", id="partner_name"),
        pytest.param(a_body(test_event_code=""), 40002, "test_event_code: Shorter", id="empty test code"),
        pytest.param(a_body(test_event_code=None), 40002, "test_event_code: Not a valid string", id="null test code"),
        pytest.param(a_body(data=None), 40002, "data: Not a valid list", id="data null"),
        pytest.param(a_body(data=a_row()), 40002, "data: Not a valid list", id="data an object"),
        pytest.param(a_body(data=[]), 40002, "data: Shorter than minimum length 1", id="no rows"),
        pytest.param(a_body(data=[a_row()] * 1001), 40061, "data: Longer than maximum length 1000", id="1001 rows"),
        pytest.param(
            a_body(a_row(user={"email": "alice@example.com"})), 40062, "data.0.user.email: Must be hashed", id="raw PII"
        ),
    ],
)
def test_a_bad_request_is_refused_with_its_code_and_the_place(send: Send, body: Any, code: int, message: str) -> None:
    envelope = send(body)
    assert envelope["code"] == code
    assert message in envelope["message"]


def test_without_data_the_request_is_refused(send: Send) -> None:
    body = a_body()
    del body["data"]
    assert send(body)["message"] == "data: Missing data for required field."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b'{"event_source": "web\xff"}',
        b'{"event_source": "web", "event_source_id": "\\ud800"}',
        b'{"data": NaN}',
        b"[" * 100_000,
        b'{"data":' * 20_000,
    ],
    ids=range(9),
)
def test_a_body_that_cannot_be_read_is_refused_and_breaks_nothing(client: httpx.Client, body: bytes) -> None:
    answer = client.post(TRACK, content=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (200, Code.PARAM_ERROR)


@pytest.mark.parametrize("row", [b'{"event":"\xff"}', b'{"x":1e999}', b'{"x":"\xff"}'], ids=["text", "range", "other"])
def test_a_row_that_cannot_be_read_is_named(client: httpx.Client, row: bytes) -> None:
    good = json.dumps(a_row()).encode()
    head = b'{"event_source":"web","event_source_id":"%s","data":[' % PIXEL.encode()
    answer = client.post(TRACK, content=head + good + b"," + row + b"]}", headers=HEADERS).json()
    assert answer["code"] == Code.PARAM_ERROR
    assert answer["message"].startswith("data.1: Not valid JSON")


def test_another_content_type_is_refused(client: httpx.Client) -> None:
    answer = client.post(TRACK, content=json.dumps(a_body()), headers={"Access-Token": TOKEN})
    assert (answer.json()["code"], answer.json()["message"]) == (40002, "Content-Type must be application/json.")


def test_a_charset_beside_the_content_type_is_fine(client: httpx.Client) -> None:
    headers = {**HEADERS, "Content-Type": "application/json; charset=utf-8"}
    assert client.post(TRACK, content=json.dumps(a_body()), headers=headers).json()["code"] == 0


def test_a_thousand_rows_are_taken_at_once(client: httpx.Client, send: Send) -> None:
    assert send(a_body(*[a_row(event_id=f"e-{n}") for n in range(1000)]))["code"] == 0
    assert client.get("/_sandbox/events").json()["unique"] == 1000


def test_one_bad_row_refuses_the_whole_request_and_is_named_by_its_index(client: httpx.Client, send: Send) -> None:
    rows = [a_row(event_id="a"), a_row(event_id="b"), a_row(event_id="c", properties={"contents": [{"content_id": 1}]})]
    envelope = send(a_body(*rows))
    assert envelope["message"] == "data.2.properties.contents.0.content_id: Not a valid string."
    assert client.get("/_sandbox/events").json()["total"] == 0


@pytest.mark.parametrize(
    ("token", "code"), [(None, 40104), ("Bearer " + TOKEN, 40105), ("expired-x", 40102), ("unknown", 40105)]
)
def test_a_wrong_token_is_refused_with_http_200(send: Send, token: str | None, code: int) -> None:
    assert send(token=token)["code"] == code


def test_a_repeat_is_accepted_and_not_counted_again(client: httpx.Client, send: Send) -> None:
    assert [send()["code"] for _ in range(3)] == [0, 0, 0]
    found = client.get("/_sandbox/events").json()
    assert (found["total"], found["unique"], found["duplicates"]) == (3, 1, 2)
    assert [(item["sends"], item["duplicates"]) for item in found["items"]] == [(3, 2)]


def test_a_repeat_after_48_hours_counts_twice(client: httpx.Client, send: Send, clock: Clock) -> None:
    send()
    clock.now += 48 * 3600
    send()
    assert client.get("/_sandbox/events").json()["unique"] == 2


def test_test_events_are_kept_apart(client: httpx.Client, send: Send) -> None:
    send(a_body(test_event_code="TEST1"))
    send()
    found = client.get("/_sandbox/events").json()
    assert (found["total"], found["unique"], found["duplicates"], found["test_events"]) == (1, 1, 0, 1)
    assert {item["test_event_code"] for item in found["items"]} == {"TEST1", None}


def test_get_is_not_allowed(client: httpx.Client) -> None:
    answer = client.get(TRACK)
    assert (answer.status_code, answer.headers["allow"], answer.json()["code"]) == (405, "POST", 40000)


@pytest.mark.parametrize("path", ["/open_api/v1.3/event/unknown/", "/open_api/"])
def test_a_path_tiktok_does_not_have_is_answered_with_40007(client: httpx.Client, path: str) -> None:
    answer = client.post(path, json=a_body(), headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (404, Code.NOT_EXIST)


def test_without_its_trailing_slash_a_path_is_a_bare_page(client: httpx.Client) -> None:
    answer = client.post(TRACK.rstrip("/"), json=a_body(), headers=HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    answer = client.post(TRACK, content=b" " * (BODY_LIMIT + 1), headers=HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (413, Code.PARAM_ERROR)


def test_beyond_the_rate_limit_requests_are_answered_with_40100(clock: Clock) -> None:
    with in_process(create_app(Limits(rates=RateLimits(qps=1)), clock=clock)) as client:
        codes = [client.post(TRACK, json=a_body(), headers=HEADERS).json()["code"] for _ in range(2)]
    assert codes == [0, Code.REQUEST_TOO_FREQUENT]


def test_a_partial_success_takes_all_rows_but_those_it_names(client: httpx.Client, send: Send) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "code": 20001, "rows": [1]})
    answer = send(a_body(*(a_row(event_id=f"e{number}") for number in range(3))))
    assert answer["code"] == 20001
    assert [failed["index"] for failed in answer["data"]["failed_rows"]] == [1]
    assert "data.1" in answer["data"]["failed_rows"][0]["message"]
    assert {item["event_id"] for item in client.get("/_sandbox/events").json()["items"]} == {"e0", "e2"}


def test_limits_are_set_while_it_runs_and_a_reset_takes_them_back(client: httpx.Client, send: Send) -> None:
    assert client.post("/_sandbox/limits", json={"qpm": 1}).json() == {"qps": None, "qpm": 1, "qpd": None}
    send()
    assert "QPM limit 1" in send()["message"]
    client.post("/_sandbox/reset")
    assert client.get("/_sandbox/limits").json() == {"qps": None, "qpm": None, "qpd": None}
    assert send()["code"] == 0
