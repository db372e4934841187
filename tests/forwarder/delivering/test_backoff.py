"""The retry schedule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.delivering.backoff import (
    GIVE_UP_AFTER,
    SCHEDULE_S,
    give_up_at,
    next_utc_midnight,
    per_second_pause,
    retry_delay,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_the_schedule_is_the_contracts() -> None:
    waits = [retry_delay(attempts, 0.0) for attempts in range(12)]
    assert waits == [
        timedelta(0), timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10),
        timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8),
        timedelta(hours=12), timedelta(hours=16),
    ]  # fmt: skip


def test_after_the_last_wait_there_is_no_other() -> None:
    assert retry_delay(12, 0.0) is None


def test_the_whole_schedule_ends_before_the_hard_stop() -> None:
    assert timedelta(seconds=sum(SCHEDULE_S)) < GIVE_UP_AFTER


@given(attempts=st.integers(0, 11), chance=st.floats(0, 1))
def test_jitter_shortens_a_wait_by_at_most_a_fifth_and_never_lengthens_it(attempts: int, chance: float) -> None:
    delay = retry_delay(attempts, chance)
    assert delay is not None
    assert 0.8 * SCHEDULE_S[attempts] - 0.001 <= delay.total_seconds() <= SCHEDULE_S[attempts]


def test_the_hard_stop_is_47_hours_after_the_first_send() -> None:
    assert give_up_at(NOW) - NOW == timedelta(hours=47)


def test_pauses_for_the_limit_per_second_double_from_one_second_to_thirty() -> None:
    assert [per_second_pause(step).total_seconds() for step in (0, 1, 2, 3, 4, 5, 6, 10_000)] == [
        1, 2, 4, 8, 16, 30, 30, 30,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)),
    ],
    ids=["morning", "last second of the year", "midnight itself"],
)
def test_the_limit_per_day_ends_at_the_next_midnight_in_utc(now: datetime, midnight: datetime) -> None:
    assert next_utc_midnight(now) == midnight
