"""Requests per second."""

from sandbox.rate import RateLimit
from tests.sandbox.rows import NOW


def test_without_a_limit_everything_passes() -> None:
    limit = RateLimit(None)
    assert all(limit.allows(NOW) for _ in range(10_000))


def test_the_limit_holds_within_a_second_and_starts_anew_with_the_next() -> None:
    limit = RateLimit(2)
    assert [limit.allows(NOW + part) for part in (0, 0.5, 0.9)] == [True, True, False]
    assert [limit.allows(NOW + 1 + part) for part in (0, 0.5, 0.9)] == [True, True, False]
