"""TikTok's answer to a request -> what became of it. Pure: the worker decides from the verdict what follows.

The `code` of the envelope is read before the HTTP status, which is 200 for nearly all of TikTok's refusals.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from tiktok.answer_text import read_json
from tiktok.code_table import Code, Outcome, Wording, code_row, wording_for
from tiktok.redaction import redact_message
from tiktok.rows_named import rows_named

Failure = Literal["timeout", "connect", "tls", "reset", "too_large", "token"]
Throttle = Literal["qps", "qpm", "qpd"]

PARTIAL_OK: Final = 20001
_LONGEST_MESSAGE: Final = 500
_LONGEST_REQUEST_ID: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_THROTTLES: Final[tuple[tuple[Throttle, re.Pattern[str]], ...]] = (
    ("qpd", re.compile(r"\bqpd\b|per day|daily", re.IGNORECASE)),
    ("qpm", re.compile(r"\bqpm\b|per minute", re.IGNORECASE)),
    ("qps", re.compile(r"\bqps\b|per second", re.IGNORECASE)),
)

_FAILURES: Final[dict[Failure, tuple[Outcome, str]]] = {
    "timeout": ("unknown", "no answer within the deadline"),
    "connect": ("transient", "no connection to TikTok"),
    "tls": ("transient", "no trusted connection to TikTok"),
    "reset": ("unknown", "the connection broke before the whole answer was there"),
    "too_large": ("unknown", "the answer was larger than any of TikTok's"),
    "token": ("setup", "the access token holds characters that no token has: paste it anew"),
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, or how the request failed."""

    status: int | None = None
    """HTTP status; None when there was no answer."""
    body: bytes | None = None
    error: Failure | None = None
    sent: bool = True
    """Whether any of the request may have reached TikTok."""
    ms: float = 0.0
    """Milliseconds from the call to its end."""
    retry_after_s: int | None = None
    """Of a `Retry-After` header in seconds. TikTok documents none; what stands in front of it may send one."""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Names in small letters."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request's rows."""

    outcome: Outcome
    code: int | None = None
    """TikTok's; None when it named none."""
    message: str = ""
    """TikTok's own words, without what must not be kept; ours where it said nothing readable."""
    request_id: str | None = None
    """TikTok's, for its support."""
    invalid_rows: tuple[int, ...] = ()
    """Zero-based rows TikTok refused. Of an invalid request the others were not taken; of a delivered one they were."""
    throttle: Throttle | None = None
    """Which of TikTok's limits was met, when its words say."""
    retry_after_s: int | None = None
    """Of a throttled request: the wait it was asked for, not yet bounded."""
    split: bool = False
    """The request was refused and no row named: send its halves. Never set for a single row."""
    may_have_arrived: bool = True
    """Whether TikTok may have taken rows: if so, a resend 48 hours later may count twice."""


class Explanation(msgspec.Struct, frozen=True):
    """A code in plain English."""

    name: str
    meaning: str
    remedy: str


class _Envelope(msgspec.Struct, frozen=True):
    code: int
    message: str
    request_id: str | None
    data: Any


def classify(answer: Answer, rows: int = 1, event_ids: Sequence[str] = ()) -> Verdict:
    """The verdict on a request of `rows` rows, whose `event_id`s help to find those that a partial success leaves out.
    Never raises, whatever the body holds.
    """
    if answer.error is not None:
        return _failed(answer, answer.error)
    envelope = _envelope(answer.body or b"")
    verdict = _by_status(answer, rows) if envelope is None else _by_code(envelope, rows, event_ids)
    if verdict.outcome == "throttled":
        return msgspec.structs.replace(verdict, retry_after_s=answer.retry_after_s)
    return verdict


def explain(code: int | None, message: str = "") -> Explanation | None:
    """What `code` means under TikTok's words and what to do; None for a code and words nobody has documented."""
    row = code_row(code) if code is not None else None
    known: Wording | Code | None = wording_for(code, message) or row
    return Explanation(row.name if row else "", known.meaning, known.remedy) if known else None


def _failed(answer: Answer, error: Failure) -> Verdict:
    outcome, message = _FAILURES[error]
    if outcome == "unknown" and not answer.sent:
        outcome = "transient"
    return Verdict(outcome=outcome, message=message, may_have_arrived=answer.sent)


def _envelope(body: bytes) -> _Envelope | None:
    try:
        fields = read_json(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    code = fields.get("code")
    if isinstance(code, str) and re.fullmatch(r"\d{1,9}", code, re.ASCII):
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code < 2**31:
        return None
    request_id = _text(fields.get("request_id"))[:_LONGEST_REQUEST_ID] or None
    return _Envelope(code, _text(fields.get("message")), request_id, fields.get("data"))


def _text(value: object) -> str:
    return _CONTROL.sub(" ", value).strip() if isinstance(value, str) else ""


def _kept(text: str) -> str:
    """As much of TikTok's words as is kept. What must not be is taken out first, so that no piece of it escapes."""
    if len(text) > 2 * _LONGEST_MESSAGE:
        text = text[: 2 * _LONGEST_MESSAGE].rpartition(" ")[0]
    return redact_message(text)[:_LONGEST_MESSAGE]


def _by_code(envelope: _Envelope, rows: int, event_ids: Sequence[str]) -> Verdict:
    row = code_row(envelope.code)
    outcome: Outcome = row.outcome if row else "unknown"
    details = envelope.data if envelope.code == PARTIAL_OK else None
    named = tuple(sorted(row for row in rows_named(envelope.message, details, event_ids) if row < rows))
    # a row that is named is at fault, whatever else the message mentions
    if not (named and outcome == "invalid") and (wording := wording_for(envelope.code, envelope.message)):
        outcome = wording.outcome
    verdict = Verdict(
        outcome=outcome,
        code=envelope.code,
        message=_kept(envelope.message if not details else f"{envelope.message} {_written(details)}"),
        request_id=envelope.request_id,
        invalid_rows=named if envelope.code == PARTIAL_OK else (),
        throttle=_throttle(envelope.message) if outcome == "throttled" else None,
        may_have_arrived=outcome in ("delivered", "transient", "unknown"),
    )
    return _invalid(verdict, named, rows) if outcome == "invalid" else verdict


def _by_status(answer: Answer, rows: int) -> Verdict:
    status = answer.status or 0
    message = f"HTTP {status} with a body that is not TikTok's"
    if status in (401, 403):
        return Verdict(outcome="setup", message=message, may_have_arrived=False)
    if status == 429:
        return Verdict(outcome="throttled", message=message, may_have_arrived=False)
    if status == 413:
        return _invalid(Verdict(outcome="invalid", message=message, may_have_arrived=False), (), rows)
    return Verdict(outcome="transient" if status >= 500 or status == 408 else "unknown", message=message)


def _invalid(verdict: Verdict, named: tuple[int, ...], rows: int) -> Verdict:
    """A refusal names its rows, or concerns the only one, or has to be halved until it does."""
    if rows == 1:
        named = (0,)
    return msgspec.structs.replace(verdict, invalid_rows=named, split=not named)


def _written(details: Any) -> str:
    return msgspec.json.encode(details).decode()


def _throttle(message: str) -> Throttle | None:
    return next((limit for limit, pattern in _THROTTLES if pattern.search(message)), None)
