"""What came in, as it came: every request, and every request that was refused. Both are bounded."""

import re
from collections import Counter, deque
from collections.abc import Iterator

import msgspec

from sandbox.calls import Call
from sandbox.refusals import Refusal
from sandbox.tokens import masked

_SECRET_IN_QUERY = re.compile(r"(\bsecret=)([^&]+)")
_SECRET_IN_BODY = re.compile(r'("(?:secret|access_token|refresh_token|auth_code)"\s*:\s*")([^"]+)')
_SECRET_HEADERS = frozenset({"access-token", "authorization", "cookie"})


class Entry(msgspec.Struct):
    """One request and what was done with it; the second half is filled in once that is known."""

    call: Call
    status: int | None = None
    """HTTP status answered; None while the answer is delayed, and for ever when the connection was dropped."""
    code: int | None = None
    """TikTok's code answered; None when the answer was no envelope."""
    faulted: bool = False
    dropped: bool = False

    def shown(self) -> dict[str, object]:
        """The entry for reading, its secrets masked."""
        call = self.call
        return {
            "received_at": call.received_at,
            "request_id": call.request_id,
            "method": call.method,
            "path": call.path,
            "query": _SECRET_IN_QUERY.sub(_masked_match, call.query),
            "headers": _masked_headers(call.headers),
            "body": _SECRET_IN_BODY.sub(_masked_match, call.body.decode("utf-8", "replace")),
            "status": self.status,
            "code": self.code,
            "faulted": self.faulted,
            "dropped": self.dropped,
        }


def _masked_match(found: re.Match[str]) -> str:
    return found.group(1) + masked(found.group(2))


def _masked_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    readable = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    return [(name, masked(value) if name in _SECRET_HEADERS else value) for name, value in readable]


class RequestLog:
    """The last `keep` requests, fewer when their bodies hold more than `keep_bytes`."""

    def __init__(self, keep: int, keep_bytes: int) -> None:
        self._keep = keep
        self._keep_bytes = keep_bytes
        self.reset()

    def reset(self) -> None:
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self.total = 0

    def note(self, call: Call) -> Entry:
        entry = Entry(call)
        self._entries.append(entry)
        self._bytes += len(call.body)
        self.total += 1
        while len(self._entries) > self._keep or (self._bytes > self._keep_bytes and len(self._entries) > 1):
            self._bytes -= len(self._entries.popleft().call.body)
        return entry

    def newest_first(self) -> Iterator[Entry]:
        return reversed(self._entries)


class Rejection(msgspec.Struct, frozen=True):
    """A request that was refused on its merits (never one that failed because a fault was scripted)."""

    received_at: float
    request_id: str
    pixel_code: str | None
    code: int
    message: str
    row: int | None
    """Zero-based index in `data[]`; None when the whole request was at fault."""
    field: str | None
    payload: msgspec.Raw | None
    """The refused row as received, where one was."""


class RejectionLog:
    """The last `keep` rejections, and how often each code was given."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self.reset()

    def reset(self) -> None:
        self._rejections: deque[Rejection] = deque(maxlen=self._keep)
        self.by_code: Counter[int] = Counter()

    def note(self, call: Call, refusal: Refusal, pixel_code: str | None, payload: msgspec.Raw | None) -> None:
        self.by_code[refusal.code] += 1
        self._rejections.append(
            Rejection(
                received_at=call.received_at,
                request_id=call.request_id,
                pixel_code=pixel_code,
                code=refusal.code,
                message=str(refusal),
                row=refusal.row,
                field=refusal.field,
                payload=payload,
            )
        )

    def newest_first(self) -> Iterator[Rejection]:
        return reversed(self._rejections)
