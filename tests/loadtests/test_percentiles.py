import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.percentiles import Latency, latency_of, nearest_rank


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        pytest.param([], 0.99, 0.0, id="nothing was answered"),
        pytest.param([7.0], 0.5, 7.0, id="one value is every percentile"),
        pytest.param([1.0, 2.0, 3.0, 4.0], 0.5, 2.0, id="the lower of the two in the middle"),
        pytest.param([float(n) for n in range(1, 101)], 0.99, 99.0, id="99 of 100"),
        pytest.param([float(n) for n in range(1, 101)], 0.999, 100.0, id="rounded up, never down"),
        pytest.param([1.0, 2.0], 0.0, 1.0, id="no share at all is the lowest"),
    ],
)
def test_a_percentile_is_the_value_at_its_nearest_rank(values: list[float], fraction: float, expected: float) -> None:
    assert nearest_rank(values, fraction) == expected


def test_latencies_are_given_in_seconds_in_any_order_and_told_in_milliseconds() -> None:
    seconds = [n / 1000 for n in range(1000, 0, -1)]
    assert latency_of(seconds) == Latency(p50=500, p90=900, p99=990, p999=999, max=1000)


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=300), st.floats(0.01, 1))
def test_at_least_the_asked_share_of_values_does_not_exceed_a_percentile(values: list[float], share: float) -> None:
    found = nearest_rank(sorted(values), share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert found in values
