"""One request to TikTok's part of the sandbox, and its answer."""

import re

import msgspec

from sandbox.codes import message_of

_VERSIONED = re.compile(r"/open_api/(v\d+\.\d+)/")

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class Call(msgspec.Struct, frozen=True):
    """A request as received."""

    request_id: str
    received_at: float
    """Unix seconds, when its last byte had come."""
    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    refused_rows: tuple[int, ...] = ()
    """Rows of `data[]` that a scripted partial success leaves out, from zero."""

    @property
    def version(self) -> str | None:
        """`v1.3` of `/open_api/v1.3/...`; None where the path has none."""
        found = _VERSIONED.match(self.path)
        return found.group(1) if found else None

    @property
    def endpoint(self) -> str:
        """The path without what every one starts with: `/campaign/get/`."""
        found = _VERSIONED.match(self.path)
        return self.path[found.end() - 1 :] if found else self.path

    def header(self, name: bytes) -> str | None:
        """The first value of a header, by its lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Answer(msgspec.Struct, frozen=True):
    """What goes back."""

    body: bytes
    code: int | None = None
    """TikTok's code in the body; None when the body is no envelope."""
    status: int = 200
    content_type: str = JSON
    retry_after: int | None = None
    """Seconds, for the `Retry-After` header; None = no header. TikTok documents none."""
    allow: str | None = None
    """Value of the `Allow` header of a 405."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Any others, by lower-case name."""


class _Envelope(msgspec.Struct):
    code: int
    message: str
    request_id: str
    data: dict[str, object]


_encode = msgspec.json.Encoder().encode


def envelope(code: int, request_id: str, message: str | None = None, data: dict[str, object] | None = None) -> bytes:
    """TikTok's answer body. Without a message, the one that goes with the code."""
    return _encode(_Envelope(int(code), message_of(code) if message is None else message, request_id, data or {}))
