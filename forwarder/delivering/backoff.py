"""When a delivery that may be tried again is tried again.

The whole schedule, jitter only downward, ends within the 48 h in which TikTok drops what it has had already (its help
page on event deduplication), so that a retry can never be counted as a second conversion.
"""

from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

# seconds to wait before the first, second, ... send
SCHEDULE_S: Final = (0, 5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 57_600)
JITTER: Final = 0.2
GIVE_UP_AFTER: Final = timedelta(hours=47)  # an hour short of the deduplication window

THROTTLE_FIRST: Final = timedelta(seconds=1)
THROTTLE_LONGEST: Final = timedelta(seconds=30)
THROTTLE_MINUTE: Final = timedelta(minutes=5)  # what TikTok asks for after its limit per minute


def retry_delay(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after `attempts` sends that counted; None when the schedule is used up.

    `chance` is uniform in 0..1 and shortens the wait by up to 20 %.
    """
    if attempts >= len(SCHEDULE_S):
        return None
    return timedelta(seconds=SCHEDULE_S[attempts] * (1 - JITTER * chance))


def give_up_at(first_send: datetime) -> datetime:
    """From then on nothing may be sent by itself any more; `first_send` is the first that may have arrived."""
    return first_send + GIVE_UP_AFTER


def per_second_pause(step: int) -> timedelta:
    """The pause after TikTok's limit per second was hit `step` times in a row before: 1 s doubling to 30 s."""
    doublings = min(step, THROTTLE_LONGEST.seconds.bit_length())
    return min(THROTTLE_FIRST * (1 << doublings), THROTTLE_LONGEST)


def next_utc_midnight(now: datetime) -> datetime:
    """When TikTok's limit per day starts anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time_of_day(), UTC)
