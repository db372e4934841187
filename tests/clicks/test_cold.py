from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from clicks.address import HASH_BITS
from clicks.click_id import RANDOM_BYTES, ClickId
from clicks.cold import TIME_BITS, cold_key, cold_span, day_of, end_of, read_cold_key

TIMES = st.integers(0, (1 << TIME_BITS) - 1)
IDS = st.builds(
    ClickId,
    at_ms=TIMES,
    address_hash=st.integers(0, (1 << HASH_BITS) - 1),
    random=st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES),
)


@given(IDS)
def test_a_key_is_read_as_it_was_made(click_id: ClickId) -> None:
    assert read_cold_key(cold_key(click_id)) == click_id


@given(IDS, IDS)
def test_keys_lie_by_address_and_then_by_time(one: ClickId, other: ClickId) -> None:
    in_order = (one.address_hash, one.at_ms, one.random) < (other.address_hash, other.at_ms, other.random)
    assert (cold_key(one) < cold_key(other)) == in_order


@given(IDS, TIMES, TIMES)
def test_a_span_holds_the_clicks_of_its_address_and_times_alone(one: ClickId, since: int, until: int) -> None:
    first, last, _, _ = cold_span(one.address_hash, since, until)
    assert (first <= cold_key(one) <= last) == (since <= one.at_ms <= until)
    neighbour = ClickId(one.at_ms, (one.address_hash + 1) % (1 << HASH_BITS), one.random)
    assert not first <= cold_key(neighbour) <= last


def test_a_span_of_all_times_ends_with_the_last_that_a_key_can_hold() -> None:
    first, last, since, _ = cold_span(5, -1, 2**60)
    assert (first, last, since) == (
        cold_key(ClickId(0, 5, bytes(5))),
        cold_key(ClickId(2**42 - 1, 5, b"\xff" * 5)),
        date(1970, 1, 1),
    )


def test_a_day_ends_at_midnight_utc() -> None:
    assert [day_of(1_800_057_599_999), day_of(1_800_057_600_000)] == [date(2027, 1, 15), date(2027, 1, 16)]
    assert end_of(date(2027, 1, 15)) == 1_800_057_600_000
