"""What follows from TikTok's answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.delivering.settlement import (
    FAILURES_BEFORE_PAUSE,
    DeliveryFacts,
    Hold,
    Pause,
    Resume,
    SendTiming,
    consequences,
)
from tiktok.code_table import Outcome
from tiktok.codes import Throttle, Verdict

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
DUE = NOW - timedelta(minutes=3)
FRESH = DeliveryFacts(attempts=0, due_at=DUE, maybe_arrived_at=None)


def timing(failures: int = 0, now: datetime = NOW, chance: float = 0.0) -> SendTiming:
    return SendTiming(now, now, chance, failures)


def test_a_delivered_row_is_delivered_and_its_pixel_resumes() -> None:
    follow = consequences(Verdict(outcome="delivered", code=0), [FRESH], timing())
    assert [(step.state, step.attempts) for step in follow.deliveries] == [("delivered", 1)]
    assert follow.pixel == Resume()
    assert follow.resend == ()


@pytest.mark.parametrize("outcome", ["transient", "unknown"])
def test_what_may_succeed_later_is_due_again_by_the_schedule(outcome: Outcome) -> None:
    follow = consequences(Verdict(outcome=outcome, message="no answer"), [FRESH], timing())
    (step,) = follow.deliveries
    assert (step.state, step.attempts, step.next_attempt_at) == ("due", 1, NOW + timedelta(seconds=5))
    assert step.maybe_arrived_at == NOW


@pytest.mark.parametrize("outcome", ["throttled", "setup"])
def test_what_is_no_fault_of_the_row_burns_no_attempt_and_keeps_its_place(outcome: Outcome) -> None:
    facts = DeliveryFacts(attempts=4, due_at=DUE, maybe_arrived_at=None)
    (step,) = consequences(Verdict(outcome=outcome, may_have_arrived=False), [facts], timing()).deliveries
    assert (step.state, step.attempts, step.next_attempt_at, step.maybe_arrived_at) == ("due", 4, DUE, None)


def test_a_setup_error_holds_the_pixel_with_tiktoks_words() -> None:
    verdict = Verdict(outcome="setup", code=40105, message="Access token is incorrect", may_have_arrived=False)
    assert consequences(verdict, [FRESH], timing()).pixel == Hold("40105: Access token is incorrect")


@pytest.mark.parametrize(
    ("limit", "failures", "until"),
    [
        ("qps", 0, NOW + timedelta(seconds=1)),
        ("qps", 3, NOW + timedelta(seconds=8)),
        (None, 99, NOW + timedelta(seconds=30)),
        ("qpm", 0, NOW + timedelta(minutes=5)),
        ("qpd", 0, datetime(2026, 11, 21, tzinfo=UTC)),
    ],
    ids=["per second", "per second, again", "unsaid, for long", "per minute", "per day"],
)
def test_a_throttled_pixel_pauses_as_long_as_the_limit_says(
    limit: Throttle | None, failures: int, until: datetime
) -> None:
    verdict = Verdict(outcome="throttled", throttle=limit, may_have_arrived=False)
    assert consequences(verdict, [FRESH], timing(failures)).pixel == Pause(until)


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(None, 1), (0, 1), (2, 2), (10**9, 300)], ids=["none", "0", "2 s", "for ever"]
)
def test_a_wait_that_is_asked_for_is_kept_up_to_five_minutes(retry_after: int | None, pause: int) -> None:
    verdict = Verdict(outcome="throttled", retry_after_s=retry_after, may_have_arrived=False)
    assert consequences(verdict, [FRESH], timing()).pixel == Pause(NOW + timedelta(seconds=pause))


def test_a_named_row_is_dead_and_its_mates_go_out_again_without_an_attempt_burned() -> None:
    verdict = Verdict(outcome="invalid", code=40002, message="data.1.event", invalid_rows=(1,), may_have_arrived=False)
    follow = consequences(verdict, [FRESH] * 3, timing())
    assert [step.state for step in follow.deliveries] == ["sending", "dead", "sending"]
    assert follow.deliveries[1].reason == "40002: data.1.event"
    assert follow.deliveries[0].attempts == 0
    assert follow.resend == ((0, 2),)
    assert follow.pixel is None


def test_a_refusal_that_names_no_row_is_halved() -> None:
    verdict = Verdict(outcome="invalid", code=40002, split=True, may_have_arrived=False)
    follow = consequences(verdict, [FRESH] * 5, timing())
    assert follow.resend == ((0, 1), (2, 3, 4))
    assert {step.state for step in follow.deliveries} == {"sending"}


def test_rows_that_a_partial_success_names_are_dead_and_the_others_delivered() -> None:
    verdict = Verdict(outcome="delivered", code=20001, invalid_rows=(0,))
    follow = consequences(verdict, [FRESH] * 2, timing())
    assert [step.state for step in follow.deliveries] == ["dead", "delivered"]


def test_a_connection_that_was_refused_does_not_start_the_48_hours() -> None:
    verdict = Verdict(outcome="transient", may_have_arrived=False)
    (step,) = consequences(verdict, [FRESH], timing()).deliveries
    assert step.maybe_arrived_at is None


def test_the_schedule_used_up_is_the_end() -> None:
    facts = DeliveryFacts(attempts=11, due_at=DUE, maybe_arrived_at=NOW - timedelta(hours=1))
    (step,) = consequences(Verdict(outcome="transient", code=50000, message="busy"), [facts], timing()).deliveries
    assert (step.state, step.reason) == ("dead", "gave up after 12 attempts: 50000: busy")


def test_a_retry_that_would_come_after_47_hours_is_given_up() -> None:
    facts = DeliveryFacts(attempts=8, due_at=DUE, maybe_arrived_at=NOW - timedelta(hours=44))
    (step,) = consequences(Verdict(outcome="unknown", message="no answer"), [facts], timing()).deliveries
    assert (step.state, step.reason) == ("dead", "gave up after 47 h: no answer")


def test_an_outage_slows_the_pixel_once_it_is_more_than_chance() -> None:
    verdict = Verdict(outcome="transient")
    assert consequences(verdict, [FRESH], timing(0)).pixel == Pause(None)
    paused = consequences(verdict, [FRESH], timing(FAILURES_BEFORE_PAUSE)).pixel
    assert paused == Pause(NOW + timedelta(seconds=1))


@given(
    attempts=st.integers(0, 20),
    age_s=st.integers(0, 60 * 3600),
    chance=st.floats(0, 1),
    outcome=st.sampled_from(["transient", "unknown"]),
)
def test_nothing_is_ever_due_later_than_47_hours_after_it_may_have_arrived(
    attempts: int, age_s: int, chance: float, outcome: Outcome
) -> None:
    first = NOW - timedelta(seconds=age_s)
    facts = DeliveryFacts(attempts=attempts, due_at=DUE, maybe_arrived_at=first)
    (step,) = consequences(Verdict(outcome=outcome), [facts], timing(chance=chance)).deliveries
    assert step.state in {"due", "dead"}
    if step.next_attempt_at is not None:
        assert NOW <= step.next_attempt_at < first + timedelta(hours=47)
