"""What is written down of requests."""

import msgspec

from sandbox.calls import Call
from sandbox.journal import RequestLog
from tests.sandbox.rows import NOW


def _call(body: bytes = b"{}", **headers: str) -> Call:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Call("request", NOW, "POST", "/open_api/v1.3/event/track/", "", pairs, body)


def test_secret_headers_are_masked_and_the_others_shown() -> None:
    entry = RequestLog(10, 1000).note(
        _call(access_token="secret-token-1234", authorization="Bearer abcdefgh", cookie="session=x", accept="*/*")
    )
    assert entry.shown()["headers"] == [
        ("access-token", "***1234"),
        ("authorization", "***efgh"),
        ("cookie", "***on=x"),
        ("accept", "*/*"),
    ]


def test_secrets_in_bodies_and_queries_are_masked() -> None:
    call = _call(b'{"app_id": "7", "secret": "secret-of-the-app", "auth_code" : "0123456789"}')
    shown = RequestLog(10, 1000).note(msgspec.structs.replace(call, query="app_id=7&secret=s-of-the-app&x=1")).shown()
    assert shown["body"] == '{"app_id": "7", "secret": "***-app", "auth_code" : "***6789"}'
    assert shown["query"] == "app_id=7&secret=***-app&x=1"


def test_a_body_that_is_no_text_is_shown_all_the_same() -> None:
    assert RequestLog(10, 1000).note(_call(b"\xff{}")).shown()["body"] == "\ufffd{}"


def test_only_the_last_requests_are_kept_but_all_are_counted() -> None:
    log = RequestLog(keep=2, keep_bytes=1000)
    for number in range(3):
        log.note(_call(b"%d" % number))
    assert [entry.call.body for entry in log.newest_first()] == [b"2", b"1"]
    assert log.total == 3


def test_large_bodies_push_out_older_requests() -> None:
    log = RequestLog(keep=10, keep_bytes=10)
    log.note(_call(b"x" * 8))
    log.note(_call(b"y" * 8))
    assert [entry.call.body for entry in log.newest_first()] == [b"y" * 8]


def test_the_newest_request_is_kept_however_large() -> None:
    log = RequestLog(keep=10, keep_bytes=10)
    log.note(_call(b"x" * 100))
    assert len(list(log.newest_first())) == 1
