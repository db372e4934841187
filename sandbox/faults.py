"""Failures to order: `POST /_sandbox/faults` puts one in the queue, matching requests take them first in, first out.

| field | what happens |
|---|---|
| `status` | that HTTP status with an HTML page, as a gateway in front of TikTok answers |
| `code` | that code in TikTok's envelope, with `message` where given; HTTP 200, or `status` where given |
| `rows` | with code 20001: these rows of `data[]`, from zero, are not taken and named in the answer's `data` |
| `body` | these characters as the whole answer (torn JSON, say); HTTP 200, or `status` where given |
| `delay_s` | the answer, scripted or real, comes that late |
| `drop` | the connection closes without an answer: `"after"` (or true) the events are taken, or `"before"` |
| `retry_after` | seconds for a `Retry-After` header beside any of the answers |
| `take` | whether the request is handled (its events taken) before the scripted answer goes out |

`take` is by default false for `status`, `code` and `body` (but true for the success codes 0 and 20001), and true for a
`delay_s` alone.
"""

from collections import deque
from typing import Annotated, Literal

import msgspec

from sandbox.calls import HTML, JSON, Answer, Call, envelope
from sandbox.codes import SUCCESSES, Code

_WITHOUT_BODY = frozenset({204, 304})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One scripted failure. Building one from JSON raises `msgspec.ValidationError` naming the wrong field."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1)]
    """Whole path, its last segments (`event/track`), or `*` for every endpoint."""
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    code: Annotated[int, msgspec.Meta(ge=0, le=99_999)] | None = None
    message: str | None = None
    rows: tuple[Annotated[int, msgspec.Meta(ge=0, le=999)], ...] = ()
    delay_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0
    body: str | None = None
    drop: Literal["before", "after"] | bool | None = None
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    take: bool | None = None

    def __post_init__(self) -> None:
        scripted = self.status is not None or self.code is not None or self.body is not None
        if not (scripted or self.delay_s or self.drop):
            raise ValueError("`status` missing: give at least one of status, code, delay_s, body, drop")
        if self.drop and (scripted or self.take is not None or self.retry_after is not None):
            raise ValueError("`drop` answers nothing: it goes with delay_s only")
        if self.code is not None and self.body is not None:
            raise ValueError("`body` and code are two answers: give one")
        if self.message is not None and self.code is None:
            raise ValueError("`message` goes with code only")
        if self.rows and self.code != Code.PARTIAL_OK:
            raise ValueError("`rows` goes with code 20001 only")
        if self.retry_after is not None and not scripted:
            raise ValueError("`retry_after` goes with status, code or body only")

    @property
    def drops(self) -> bool:
        return bool(self.drop)

    @property
    def takes(self) -> bool:
        """Whether the request is handled before the failure shows."""
        if self.take is not None:
            return self.take
        if self.drop:
            return self.drop != "before"
        if self.code is not None:
            return self.code in SUCCESSES
        return self.status is None and self.body is None

    def matches(self, path: str) -> bool:
        wanted = self.endpoint.strip("/")
        return wanted == "*" or f"/{path.strip('/')}".endswith(f"/{wanted}")

    def answer(self, call: Call) -> Answer | None:
        """The scripted answer, or None when the real one goes out."""
        status = 200 if self.status is None else self.status
        if self.code is not None:
            body = envelope(self.code, call.request_id, self.message, self._details())
            return Answer(body, code=self.code, status=status, retry_after=self.retry_after)
        if self.body is not None:
            return Answer(self.body.encode(), status=status, content_type=JSON, retry_after=self.retry_after)
        if self.status is None:
            return None
        page = b"" if status in _WITHOUT_BODY else f"<html><body><h1>{status}</h1></body></html>".encode()
        return Answer(page, status=status, content_type=HTML, retry_after=self.retry_after)

    def _details(self) -> dict[str, object] | None:
        """What a partial success says of the rows it left out. TikTok's own shape is not documented."""
        if not self.rows:
            return None
        message = self.message or "Refused as scripted."
        return {"failed_rows": [{"index": row, "message": f"data.{row}: {message}"} for row in self.rows]}


class Waiting(msgspec.Struct):
    """A fault in the queue and how many requests it is still to hit."""

    fault: Fault
    left: int


class FaultQueue:
    """Faults in the order they were scripted. A request takes the first that matches its path."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def add(self, fault: Fault) -> None:
        self._waiting.append(Waiting(fault, fault.times))

    def take(self, path: str) -> Fault | None:
        for waiting in self._waiting:
            if waiting.fault.matches(path):
                waiting.left -= 1
                if not waiting.left:
                    self._waiting.remove(waiting)
                return waiting.fault
        return None

    def waiting(self) -> list[Waiting]:
        return list(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()
