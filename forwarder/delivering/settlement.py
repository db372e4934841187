"""What follows from TikTok's answer: for each delivery of the request, and for the pixel. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from forwarder.delivering.backoff import THROTTLE_MINUTE, give_up_at, next_utc_midnight, per_second_pause, retry_delay
from tiktok.code_table import Outcome
from tiktok.codes import Verdict

GAVE_UP: Final = "gave up after 47 h"
FAILURES_BEFORE_PAUSE: Final = (
    5  # one failed request is chance; so many in a row are an outage, and a backlog must not storm
)


class DeliveryFacts(msgspec.Struct, frozen=True):
    """What the next step of a delivery depends on besides the verdict."""

    attempts: int
    """Sends so far that count against the schedule."""
    due_at: datetime
    """Its place in the queue."""
    maybe_arrived_at: datetime | None
    """The first earlier send that may have reached TikTok."""


@dataclass(frozen=True, slots=True)
class SendTiming:
    """When and under which circumstances the request was sent."""

    sent_at: datetime
    now: datetime
    """When the answer was there."""
    chance: float
    """Uniform in 0..1, for the jitter."""
    failures_in_row: int
    """Requests of the pixel that failed or were throttled just before this one."""


class Next(msgspec.Struct, frozen=True):
    """What becomes of one delivery."""

    state: Literal["delivered", "due", "dead", "sending"]
    """`sending`: it goes out again at once, without what spoilt the request."""
    reason: str
    attempts: int
    next_attempt_at: datetime | None
    maybe_arrived_at: datetime | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Resume:
    """The pixel works: whatever held or slowed it is over."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One more failure in a row; nothing is sent until then, if it says so."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    """The set-up has to be mended: nothing but probes is sent."""

    reason: str


PixelEffect = Resume | Pause | Hold | None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from one answer."""

    deliveries: tuple[Next, ...]
    """In the order of the request's rows."""
    pixel: PixelEffect
    resend: tuple[tuple[int, ...], ...]
    """Requests to be made at once, each the row numbers it takes of this one."""


def consequences(verdict: Verdict, deliveries: Sequence[DeliveryFacts], timing: SendTiming) -> Consequences:
    """What becomes of the deliveries of one request, and of its pixel."""
    invalid = frozenset(verdict.invalid_rows)
    following = tuple(_next(verdict, facts, timing, row in invalid) for row, facts in enumerate(deliveries))
    again = tuple(row for row, step in enumerate(following) if step.state == "sending")
    halves = (again[: len(again) // 2], again[len(again) // 2 :]) if verdict.split else (again,)
    return Consequences(following, _pixel(verdict, timing), tuple(half for half in halves if half))


def _next(verdict: Verdict, facts: DeliveryFacts, timing: SendTiming, named: bool) -> Next:
    arrived = facts.maybe_arrived_at
    if verdict.may_have_arrived and arrived is None:
        arrived = timing.sent_at
    if named:
        return Next("dead", _words(verdict), facts.attempts + 1, None, facts.maybe_arrived_at, "invalid")
    match verdict.outcome:
        case "delivered":
            return Next("delivered", "", facts.attempts + 1, None, arrived, "delivered")
        case "invalid":
            return Next("sending", "", facts.attempts, None, facts.maybe_arrived_at, "invalid")
        case "throttled" | "setup":
            # not a fault of the row: it keeps its place, its attempts and its clock
            reason = _words(verdict)
            return Next("due", reason, facts.attempts, facts.due_at, facts.maybe_arrived_at, verdict.outcome)
        case "transient" | "unknown":
            return _retry(verdict, facts, timing, arrived)


def _retry(verdict: Verdict, facts: DeliveryFacts, timing: SendTiming, arrived: datetime | None) -> Next:
    attempts = facts.attempts + 1
    delay = retry_delay(attempts, timing.chance)
    if delay is None:
        reason = f"gave up after {attempts} attempts: {_words(verdict)}"
        return Next("dead", reason, attempts, None, arrived, verdict.outcome)
    if arrived is not None and timing.now + delay >= give_up_at(arrived):
        return Next("dead", f"{GAVE_UP}: {_words(verdict)}", attempts, None, arrived, verdict.outcome)
    return Next("due", _words(verdict), attempts, timing.now + delay, arrived, verdict.outcome)


def _pixel(verdict: Verdict, timing: SendTiming) -> PixelEffect:
    match verdict.outcome:
        case "delivered":
            return Resume()
        case "setup":
            return Hold(_words(verdict))
        case "throttled":
            return Pause(_throttled_until(verdict, timing))
        case "transient" | "unknown":
            spare = timing.failures_in_row - FAILURES_BEFORE_PAUSE
            return Pause(timing.now + per_second_pause(spare) if spare >= 0 else None)
        case "invalid":
            return None


def _throttled_until(verdict: Verdict, timing: SendTiming) -> datetime:
    match verdict.throttle:
        case "qpd":
            return next_utc_midnight(timing.now)
        case "qpm":
            return timing.now + THROTTLE_MINUTE
        case _:
            asked = min(timedelta(seconds=verdict.retry_after_s or 0), THROTTLE_MINUTE)
            return timing.now + max(per_second_pause(timing.failures_in_row), asked)


def _words(verdict: Verdict) -> str:
    """TikTok's code and words."""
    return f"{verdict.code}: {verdict.message}" if verdict.code is not None else verdict.message
