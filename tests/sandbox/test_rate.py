"""Requests per second, minute and day."""

import pytest

from sandbox.rate import RateLimit, RateLimits
from tests.sandbox.rows import NOW

MIDNIGHT = NOW - NOW % 86_400


def test_without_a_limit_everything_passes() -> None:
    limit = RateLimit()
    assert not any(limit.refusal(MIDNIGHT) for _ in range(10_000))


@pytest.mark.parametrize(("name", "window_s"), [("qps", 1), ("qpm", 60), ("qpd", 86_400)])
def test_a_limit_holds_within_its_window_says_its_name_and_starts_anew(name: str, window_s: int) -> None:
    limit = RateLimit(RateLimits(**{name: 2}))
    last = window_s - 0.1
    first = [limit.refusal(MIDNIGHT + at) for at in (0, last / 2, last)]
    assert first == [None, None, f"Too many requests: App reaches the {name.upper()} limit 2."]
    assert [limit.refusal(MIDNIGHT + window_s + at) is None for at in (0, last / 2, last)] == [True, True, False]
