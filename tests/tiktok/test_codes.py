"""What an answer of TikTok's means for the rows that were sent."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiktok.code_table import Outcome
from tiktok.codes import Answer, Verdict, classify, explain


def answer(code: Any, message: str = "", status: int = 200, **more: Any) -> Answer:
    return Answer(status=status, body=json.dumps({"code": code, "message": message} | more).encode())


@pytest.mark.tiktok_cases("response")
def test_the_collected_answers_are_told_apart(case: dict[str, Any]) -> None:
    outcomes: dict[str, Outcome] = {
        "resp-ok": "delivered",
        "resp-partial": "delivered",
        "resp-throttle": "throttled",
        "resp-no-permission": "setup",
        "resp-bad-token": "setup",
        "resp-502": "transient",
        "resp-503": "transient",
        "token-invalid-event": "invalid",
    }
    if case["id"] == "token-invalid-event":
        got = answer(case["expected"]["code"], case["expected"]["message"])
    else:
        body = case["input"]["body"]
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        got = Answer(status=case["input"]["http"], body=raw)
    assert classify(got).outcome == outcomes[case["id"]]


def test_a_verdict_keeps_tiktoks_words_code_and_request_id() -> None:
    verdict = classify(answer(40001, "No permission to operate pixel code: ABC", request_id="2026112012"))
    assert (verdict.code, verdict.message, verdict.request_id) == (
        40001,
        "No permission to operate pixel code: ABC",
        "2026112012",
    )


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (401, 40100, "throttled"),
        (400, 40002, "invalid"),
        (500, 40105, "setup"),
        (429, 40001, "setup"),
        (502, 0, "delivered"),
        (404, 50000, "transient"),
        (200, "40105", "setup"),
        (200, "0", "delivered"),
    ],
)
def test_the_code_is_read_before_the_http_status(status: int, code: Any, outcome: Outcome) -> None:
    assert classify(answer(code, status=status)).outcome == outcome


def test_words_that_end_in_half_a_character_are_read() -> None:
    """An unreadable answer would be sent again for two days; this one is final."""
    verdict = classify(Answer(status=200, body=rb'{"code":40002,"message":"content_name: Sale \ud83d"}'))
    assert (verdict.outcome, verdict.message) == ("invalid", "content_name: Sale \ufffd")


@pytest.mark.parametrize(
    ("status", "outcome", "may_have_arrived"),
    [
        (200, "unknown", True),
        (204, "unknown", True),
        (302, "unknown", True),
        (400, "unknown", True),
        (401, "setup", False),
        (403, "setup", False),
        (404, "unknown", True),
        (408, "transient", True),
        (429, "throttled", False),
        (500, "transient", True),
        (503, "transient", True),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"code": nul', b"[]", b'{"code": true}', b'{"code": -1}'])
def test_without_a_readable_code_the_http_status_decides(
    status: int, outcome: Outcome, may_have_arrived: bool, body: bytes
) -> None:
    verdict = classify(Answer(status=status, body=body))
    assert (verdict.outcome, verdict.may_have_arrived, verdict.code) == (outcome, may_have_arrived, None)
    assert str(status) in verdict.message


@pytest.mark.parametrize(
    ("error", "sent", "outcome"),
    [
        ("connect", False, "transient"),
        ("tls", False, "transient"),
        ("timeout", False, "transient"),
        ("timeout", True, "unknown"),
        ("reset", True, "unknown"),
        ("too_large", True, "unknown"),
        ("token", False, "setup"),
    ],
)
def test_a_call_that_failed_starts_the_48_hours_only_if_it_may_have_arrived(
    error: Any, sent: bool, outcome: Outcome
) -> None:
    verdict = classify(Answer(error=error, sent=sent), rows=5)
    assert (verdict.outcome, verdict.may_have_arrived) == (outcome, sent)
    assert verdict.message


@pytest.mark.parametrize(
    ("code", "may_have_arrived"),
    [(0, True), (40050, True), (50000, True), (99999, True), (40100, False), (40105, False), (40002, False)],
)
def test_what_tiktok_refused_has_not_arrived(code: int, may_have_arrived: bool) -> None:
    assert classify(answer(code)).may_have_arrived is may_have_arrived


def test_an_undocumented_code_is_unknown_and_keeps_its_text() -> None:
    verdict = classify(answer(49999, "Something new"))
    assert (verdict.outcome, verdict.code, verdict.message) == ("unknown", 49999, "Something new")


@pytest.mark.parametrize(
    ("message", "rows", "invalid_rows", "split"),
    [
        ("Batch.0.properties.contents.0.content_id: Not a valid string", 3, (0,), False),
        ("data.2.user.email: not hashed", 3, (2,), False),
        ("data[1] is bad", 3, (1,), False),
        ("data.0.event: x; data.2.event: y; data.2.user: z", 3, (0, 2), False),
        ("data.7.event: x", 3, (), True),
        ("something is wrong", 3, (), True),
        ("contents.0.price: wrong", 3, (), True),
        ("something is wrong", 1, (0,), False),
        ("data.0.event_source_id of the pixel", 2, (0,), False),
    ],
)
def test_a_refusal_names_its_rows_or_asks_for_halves(
    message: str, rows: int, invalid_rows: tuple[int, ...], split: bool
) -> None:
    verdict = classify(answer(40002, message), rows=rows)
    assert (verdict.outcome, verdict.invalid_rows, verdict.split) == ("invalid", invalid_rows, split)


def test_a_named_row_at_the_end_of_a_long_message_is_found() -> None:
    message = "wrong " * 500 + "data.41.event"
    verdict = classify(answer(40002, message), rows=1_000)
    assert verdict.invalid_rows == (41,)
    assert len(verdict.message) <= 500


@pytest.mark.parametrize("refusal", [answer(40061), Answer(status=413, body=b"")], ids=["40061", "HTTP 413"])
def test_a_batch_that_is_too_large_is_halved(refusal: Answer) -> None:
    assert classify(refusal, rows=2).split
    assert not classify(refusal, rows=1).split


@pytest.mark.parametrize("outcome_code", [0, 40100, 40105, 50000, 99999])
def test_only_a_refused_batch_is_halved(outcome_code: int) -> None:
    assert not classify(answer(outcome_code), rows=1_000).split


@pytest.mark.parametrize(
    ("data", "invalid_rows"),
    [
        (None, ()),
        ({}, ()),
        ({"errors": ["data.1.event: Unknown"]}, (1,)),
        ({"failed": [{"field": "data[0].user.email"}, {"field": "data[9].user"}]}, (0,)),
        ({"data.1.event": "Unknown"}, (1,)),
    ],
)
def test_a_partial_success_names_the_rows_that_failed(data: Any, invalid_rows: tuple[int, ...]) -> None:
    verdict = classify(answer(20001, "Partial", data=data), rows=2)
    assert (verdict.outcome, verdict.invalid_rows, verdict.split) == ("delivered", invalid_rows, False)


@pytest.mark.parametrize(
    ("message", "throttle"),
    [
        ("App reaches the QPS limit 20", "qps"),
        ("the QPM limit", "qpm"),
        ("qpd limit reached", "qpd"),
        ("more than 600000 requests per minute", "qpm"),
        ("Too many requests. Please retry in some time.", None),
    ],
)
def test_a_throttle_names_the_limit_that_was_met(message: str, throttle: str | None) -> None:
    verdict = classify(answer(40100, message))
    assert (verdict.outcome, verdict.throttle) == ("throttled", throttle)


def test_words_that_echo_a_secret_are_kept_without_it() -> None:
    token = "2b5700268ac04e741f0045e5f5c17f442ad713fb"
    verdict = classify(answer(40105, f"Access token {token} of alice@example.com is incorrect\x00"))
    assert verdict.message == "Access token 2b570026… of [email] is incorrect"


def test_a_secret_across_the_cut_is_not_kept_in_part() -> None:
    verdict = classify(answer(40105, "a@b.com " * 124 + "2b5700268ac04e741f0045e5f5c17f442ad713fb"))
    assert "2b57" not in verdict.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENVELOPES = st.fixed_dictionaries(
    {}, optional={"code": st.integers(0, 62_000) | JSON, "message": JSON, "request_id": JSON, "data": JSON}
).map(lambda fields: json.dumps(fields).encode())


@given(status=st.integers(100, 599), body=st.binary() | ENVELOPES, rows=st.integers(1, 1_000))
@example(status=200, body=b"[" * 60_000, rows=1)
@example(status=200, body=b'{"code": 1e400}', rows=1)
@example(status=200, body=b'{"code": 99999999999999999999999999}', rows=1)
@example(status=200, body=b'{"code": "\xff"}', rows=1)
@example(status=200, body=b'{"code": 20001, "data": ' + b"[" * 900 + b"]" * 900 + b"}", rows=1)
def test_every_answer_has_a_verdict_one_can_act_on(status: int, body: bytes, rows: int) -> None:
    verdict = classify(Answer(status=status, body=body), rows)
    assert isinstance(verdict, Verdict)
    assert msgspec.json.encode(verdict)
    assert all(row < rows for row in verdict.invalid_rows)
    assert (verdict.outcome == "invalid") == (verdict.split or (bool(verdict.invalid_rows) and verdict.code != 20001))
    assert not (verdict.split and verdict.invalid_rows)
    assert "\x00" not in verdict.message


def test_a_code_is_explained_by_its_row() -> None:
    explanation = explain(40105)
    assert explanation is not None
    assert explanation.name == "INVALID_ACCESS_TOKEN"
    assert "Events Manager" in explanation.remedy


def test_the_words_beside_a_code_change_its_explanation() -> None:
    throttled, refused = explain(40100, "Too many requests"), explain(40100, "Authentication failed")
    assert throttled is not None
    assert refused is not None
    assert throttled.meaning != refused.meaning
    assert throttled.name == refused.name == "REQUEST_TOO_FREQUENT"


def test_words_without_a_code_are_explained_where_they_are_known() -> None:
    explanation = explain(None, "Application not found")
    assert explanation is not None
    assert "Business Center" in explanation.remedy


@pytest.mark.parametrize(("code", "message"), [(99999, "eh?"), (None, ""), (None, "HTTP 502")])
def test_what_nobody_documented_is_not_explained(code: int | None, message: str) -> None:
    assert explain(code, message) is None


def test_the_wait_that_was_asked_for_is_that_of_a_throttled_request_alone() -> None:
    throttled = Answer(status=429, body=b"", retry_after_s=7)
    assert classify(throttled).retry_after_s == 7
    assert classify(Answer(status=200, body=b'{"code": 50000}', retry_after_s=7)).retry_after_s is None
