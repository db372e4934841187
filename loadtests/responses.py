"""Just enough HTTP to know that one answer is whole and what its status is, at a microsecond apiece."""

import re

MAX_HEADER_BYTES = 65_536
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")


class UnreadableAnswerError(Exception):
    """What came back is not one HTTP/1 answer with a Content-Length."""


def status_of(received: bytes) -> int | None:
    """The status of the one answer in `received`; None while part of it is still on its way.

    Raises:
        UnreadableAnswerError: it is not HTTP, has no Content-Length, or more follows than was asked for.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        if len(received) > MAX_HEADER_BYTES:
            raise UnreadableAnswerError("the headers do not end")
        return None
    status = _STATUS.match(received)
    length = _CONTENT_LENGTH.search(received, 0, end + 2)
    if status is None or length is None:
        raise UnreadableAnswerError(f"not an HTTP/1 answer with a Content-Length: {received[:80]!r}")
    missing = end + 4 + int(length[1]) - len(received)
    if missing < 0:
        raise UnreadableAnswerError(f"{-missing} bytes more than one answer")
    return int(status[1]) if missing == 0 else None
