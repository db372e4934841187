"""The control endpoints."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Send
from tests.sandbox.rows import PIXEL, TOKEN, TRACK, a_body, a_row


def test_events_are_found_by_id_name_and_pixel(client: httpx.Client, send: Send) -> None:
    send(a_body(a_row(event_id="a"), a_row(event_id="b", event="Download")))
    send(a_body(a_row(event_id="a"), event_source_id="SECOND"), token="second-token")

    def ids(query: str) -> list[tuple[str, str]]:
        found = client.get(f"/_sandbox/events?{query}").json()
        assert found["total"] == len(found["items"])
        return [(item["pixel_code"], item["event_id"]) for item in found["items"]]

    assert ids("event_id=a&pixel=SECOND") == [("SECOND", "a")]
    assert ids("event=Download") == [(PIXEL, "b")]
    assert ids(f"pixel={PIXEL}&event=Purchase") == [(PIXEL, "a")]
    assert ids("event_id=none") == []


def test_a_list_is_read_in_stretches_newest_first(client: httpx.Client, send: Send) -> None:
    for number in range(5):
        send(a_body(a_row(event_id=f"e-{number}")))
    found = client.get("/_sandbox/events?limit=2&offset=1").json()
    assert [item["event_id"] for item in found["items"]] == ["e-3", "e-2"]
    assert found["total"] == 5


def test_test_events_can_be_asked_for_alone_or_left_out(client: httpx.Client, send: Send) -> None:
    send(a_body(a_row(event_id="t-1"), a_row(event_id="t-2"), test_event_code="TEST1"))
    send(a_body(a_row(event_id="real")))
    tests = client.get("/_sandbox/events?test=true").json()
    assert ([item["event_id"] for item in tests["items"]], tests["total"]) == (["t-2", "t-1"], 2)
    real = client.get("/_sandbox/events?test=false").json()
    assert [item["event_id"] for item in real["items"]] == ["real"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=x", "limit"), ("limit=0", "limit"), ("limit=10001", "limit"), ("offset=-1", "offset"), ("ids=1", "ids"),
     ("test=maybe", "test")],
)  # fmt: skip
def test_a_wrong_question_is_a_422_that_names_the_field(client: httpx.Client, query: str, field: str) -> None:
    answer = client.get(f"/_sandbox/events?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_every_request_is_listed_as_received_with_its_answer(client: httpx.Client, send: Send) -> None:
    send(a_body(a_row(event="")))
    client.get("/open_api/v1.3/unknown/?a=b")
    unknown, refused = client.get("/_sandbox/requests").json()["items"]
    assert (unknown["method"], unknown["path"], unknown["query"]) == ("GET", "/open_api/v1.3/unknown/", "a=b")
    assert (unknown["status"], unknown["code"]) == (404, 40007)
    assert (refused["path"], refused["status"], refused["code"]) == (TRACK, 200, 40002)
    assert '"event":""' in refused["body"]
    assert ["access-token", "***" + TOKEN[-4:]] in refused["headers"]


def test_rejections_say_what_was_refused_and_why(client: httpx.Client, send: Send) -> None:
    bad = a_row(event_id="bad", user={"ip": "10.0.0.1"})
    send(a_body(a_row(), bad))
    send(token="bad-token")
    found = client.get("/_sandbox/rejections").json()
    assert (found["total"], found["by_code"]) == (2, {"40002": 1, "40105": 1})
    [row] = client.get(f"/_sandbox/rejections?pixel={PIXEL}&code=40002").json()["items"]
    assert (row["row"], row["field"], row["payload"]) == (1, "data.1.user.ip", bad)
    assert row["message"] == "data.1.user.ip: Not a public IP address."


def test_a_registered_pixel_takes_its_token_alone(client: httpx.Client, send: Send) -> None:
    answer = client.post("/_sandbox/pixels", json={"code": "NEW", "token": "new-token-1234", "advertiser_id": "7"})
    assert answer.status_code == 201
    assert answer.json() == {"code": "NEW", "token": "***1234", "advertiser_id": "7", "adopted": False}
    assert send(a_body(event_source_id="NEW"), token="another")["code"] == 40105
    assert send(a_body(event_source_id="NEW"), token="new-token-1234")["code"] == 0
    assert [pixel["code"] for pixel in client.get("/_sandbox/pixels").json()["items"]] == [PIXEL, "NEW"]


def test_a_removed_pixel_is_refused(client: httpx.Client, send: Send) -> None:
    assert client.delete(f"/_sandbox/pixels/{PIXEL}").json() == {"removed": PIXEL}
    assert send()["code"] == 40001
    assert client.delete(f"/_sandbox/pixels/{PIXEL}").status_code == 404


def test_a_revoked_token_is_refused_until_restored(client: httpx.Client, send: Send) -> None:
    client.post("/_sandbox/tokens/revoke", json={"token": TOKEN})
    assert send()["code"] == 40105
    assert client.post("/_sandbox/tokens/restore", json={"token": TOKEN}).status_code == 200
    assert send()["code"] == 0
    assert client.post("/_sandbox/tokens/restore", json={"token": TOKEN}).status_code == 404


def test_a_scripted_code_is_answered_once_and_takes_no_event(client: httpx.Client, send: Send) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "code": 50000})
    envelope = send()
    assert (envelope["code"], envelope["message"]) == (50000, "System error. Please retry in some time.")
    assert client.get("/_sandbox/events").json()["total"] == 0
    assert send()["code"] == 0


def test_a_scripted_code_may_have_its_own_words_status_and_retry_after(client: httpx.Client) -> None:
    fault = {"endpoint": "*", "code": 40100, "message": "QPM reached", "status": 429, "retry_after": 300}
    client.post("/_sandbox/faults", json=fault)
    answer = client.post(TRACK, json=a_body())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
    assert (answer.json()["code"], answer.json()["message"]) == (40100, "QPM reached")


def test_a_scripted_status_is_answered_with_html(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "status": 502})
    answer = client.post(TRACK, json=a_body())
    assert (answer.status_code, answer.text) == (502, "<html><body><h1>502</h1></body></html>")
    assert answer.headers["content-type"].startswith("text/html")


def test_a_scripted_body_is_answered_as_it_is(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "body": '{"code":0,"mess'})
    assert client.post(TRACK, json=a_body()).text == '{"code":0,"mess'


def test_a_fault_may_take_the_events_all_the_same(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "status": 504, "take": True})
    assert client.post(TRACK, json=a_body(), headers={"Access-Token": TOKEN}).status_code == 504
    assert client.get("/_sandbox/events").json()["total"] == 1


def test_a_fault_leaves_no_rejection_and_its_mark_on_the_request(client: httpx.Client, send: Send) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "code": 40002})
    send()
    assert client.get("/_sandbox/rejections").json()["total"] == 0
    [entry] = client.get("/_sandbox/requests").json()["items"]
    assert (entry["code"], entry["faulted"]) == (40002, True)


def test_waiting_faults_are_listed_and_cleared(client: httpx.Client, send: Send) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "event/track", "times": 3, "code": 50000})
    send()
    waiting = client.get("/_sandbox/faults").json()["items"]
    assert waiting == [{"fault": {"endpoint": "event/track", "times": 3, "code": 50000}, "left": 2}]
    assert client.delete("/_sandbox/faults").status_code == 200
    assert send()["code"] == 0


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        pytest.param({"code": 1}, "endpoint", id="no endpoint"),
        pytest.param({"endpoint": 1, "code": 1}, "endpoint", id="endpoint a number"),
        pytest.param({"endpoint": "", "code": 1}, "endpoint", id="endpoint empty"),
        pytest.param({"endpoint": "*"}, "status", id="no effect"),
        pytest.param({"endpoint": "*", "code": 40002, "rows": [1]}, "rows", id="rows of a refusal"),
        pytest.param({"endpoint": "*", "code": 20001, "rows": [1000]}, "rows[0]", id="row out of range"),
        pytest.param({"endpoint": "*", "times": 0, "code": 1}, "times", id="times zero"),
        pytest.param({"endpoint": "*", "times": "2", "code": 1}, "times", id="times text"),
        pytest.param({"endpoint": "*", "status": 99}, "status", id="status too low"),
        pytest.param({"endpoint": "*", "status": "502"}, "status", id="status text"),
        pytest.param({"endpoint": "*", "code": "40100"}, "code", id="code text"),
        pytest.param({"endpoint": "*", "delay_s": "1"}, "delay_s", id="delay text"),
        pytest.param({"endpoint": "*", "delay_s": -1}, "delay_s", id="delay negative"),
        pytest.param({"endpoint": "*", "body": {}}, "body", id="body an object"),
        pytest.param({"endpoint": "*", "drop": "maybe"}, "drop", id="drop unknown"),
        pytest.param({"endpoint": "*", "drop": True, "code": 1}, "drop", id="drop with an answer"),
        pytest.param({"endpoint": "*", "body": "x", "code": 1}, "body", id="two answers"),
        pytest.param({"endpoint": "*", "status": 500, "message": "x"}, "message", id="message without code"),
        pytest.param({"endpoint": "*", "delay_s": 1, "retry_after": 1}, "retry_after", id="header without answer"),
        pytest.param({"endpoint": "*", "code": 1, "dealy_s": 1}, "dealy_s", id="misspelt"),
    ],
)
def test_a_wrong_fault_is_a_422_that_names_the_field(client: httpx.Client, fault: Any, field: str) -> None:
    answer = client.post("/_sandbox/faults", json=fault)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert client.get("/_sandbox/faults").json()["items"] == []


def test_a_control_body_that_is_no_json_is_a_400(client: httpx.Client) -> None:
    answer = client.post("/_sandbox/faults", content=b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_json")


def test_a_reset_forgets_the_traffic_and_the_faults_but_not_the_pixels(client: httpx.Client, send: Send) -> None:
    send()
    send(a_body(event_source_id="ADOPTED"), token="adopted-token")
    send(a_body(a_row(event="")))
    client.post("/_sandbox/faults", json={"endpoint": "*", "code": 50000})
    assert client.post("/_sandbox/reset").json() == {"reset": True, "pixels": False, "accounts": False}
    assert client.get("/_sandbox/events").json()["total"] == 0
    assert client.get("/_sandbox/requests").json()["total"] == 0
    assert client.get("/_sandbox/rejections").json()["total"] == 0
    assert client.get("/_sandbox/faults").json()["items"] == []
    assert send(a_body(event_source_id="ADOPTED"), token="other-token")["code"] == 40105


def test_after_a_reset_the_same_event_counts_anew(client: httpx.Client, send: Send) -> None:
    send()
    client.post("/_sandbox/reset", json={})
    send()
    assert client.get("/_sandbox/events").json()["unique"] == 1


def test_a_reset_with_pixels_forgets_adopted_pixels_and_keeps_the_demo_pixel(client: httpx.Client, send: Send) -> None:
    send(a_body(event_source_id="ADOPTED"), token="adopted-token")
    client.post("/_sandbox/reset", json={"pixels": True})
    assert [pixel["code"] for pixel in client.get("/_sandbox/pixels").json()["items"]] == [PIXEL]
    assert send(a_body(event_source_id="ADOPTED"), token="other-token")["code"] == 0


def test_a_reset_with_a_wrong_type_forgets_nothing(client: httpx.Client, send: Send) -> None:
    send()
    answer = client.post("/_sandbox/reset", json={"pixels": "yes"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "pixels")
    assert client.get("/_sandbox/events").json()["total"] == 1


def test_the_front_page_lists_the_endpoints_and_health_is_answered(client: httpx.Client) -> None:
    assert TRACK in client.get("/").text
    assert client.get("/healthz").json() == {"ok": True}
    assert client.get("/readyz").json() == {"ok": True}
