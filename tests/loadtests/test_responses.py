import pytest

from loadtests.responses import MAX_HEADER_BYTES, UnreadableAnswerError, status_of

OURS = b"HTTP/1.1 302 Found\r\ncache-control: no-store\r\ncontent-length: 0\r\nlocation: https://a.example/\r\n\r\n"
NGINX = b"HTTP/1.1 302 Moved Temporarily\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<html>\r\n\r\n."
JSON = b'HTTP/1.1 202 Accepted\r\nContent-Length:  14\r\n\r\n{"accepted":1}'
ODD = b"HTTP/1.1 404 \r\nx-content-length: 9\r\nCONTENT-LENGTH: 2\r\n\r\nno"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(OURS, 302, id="no body"),
        pytest.param(NGINX, 302, id="a body with an empty line in it"),
        pytest.param(JSON, 202, id="spaces before the length"),
        pytest.param(ODD, 404, id="no reason, a header whose name ends alike"),
    ],
)
def test_an_answer_is_whole_with_its_last_byte_and_not_before(answer: bytes, status: int) -> None:
    assert [status_of(answer[:size]) for size in range(len(answer))] == [None] * len(answer)
    assert status_of(answer) == status


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", id="no Content-Length"),
        pytest.param(OURS + b"H", id="more than was asked for"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_HEADER_BYTES, id="headers without end"),
    ],
)
def test_what_cannot_be_counted_is_refused(received: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        status_of(received)
