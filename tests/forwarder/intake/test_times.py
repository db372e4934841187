"""Times, as every side writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.errors import FieldError
from forwarder.intake.set_aside import noting
from forwarder.intake.times import IN_FUTURE, instant, occurred, store_time

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00+01:00", "2026-11-20t10:00:00z", NOW.timestamp(), int(NOW.timestamp()),
     str(int(NOW.timestamp()))],
)  # fmt: skip
def test_a_time_is_rfc_3339_or_unix_seconds(value: Any) -> None:
    assert instant("occurred_at", value) == NOW


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2026-11-20", "2026-11-20T10:00:00", "20.11.2026", "2014-12-31T23:59:59Z", 0, -1, 1763632800000,
     "1763632800000", 1e300, "9999-99-99", "0001-01-01T00:00:00+23:59", ""],
)  # fmt: skip
def test_anything_else_is_no_time(value: Any) -> None:
    with pytest.raises(FieldError):
        instant("occurred_at", value)


def test_a_time_up_to_a_day_ahead_becomes_now_and_is_flagged() -> None:
    assert occurred("t", (NOW + timedelta(hours=23)).isoformat(), NOW) == (NOW, (IN_FUTURE,))
    assert occurred("t", (NOW - timedelta(hours=1)).isoformat(), NOW) == (NOW - timedelta(hours=1), ())
    assert occurred("t", None, NOW) == (NOW, ())


def test_a_word_for_nothing_is_no_time() -> None:
    assert occurred("t", "null", NOW) == occurred("t", " ", NOW) == (NOW, ())
    assert store_time("t", "undefined") is None


def test_a_time_more_than_a_day_ahead_is_refused() -> None:
    with pytest.raises(FieldError):
        occurred("t", (NOW + timedelta(hours=25)).isoformat(), NOW)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T10:00Z", "2026-11-20T11:00+01:00", "2026-11-20T11:00:00+0100", "2026-11-20T11:00:00+01",
        "2026-11-20 10:00:00Z", "2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00,000Z", "2026-11-20T10:00:00 +00:00",
        "2026-11-20T11:00+01:00[Europe/Berlin]", "2026-11-20T10:00:00.000000000Z", "2026-11-20 10:00:00 UTC",
        "2026-11-20T05:00-05:00", " 2026-11-20T10:00Z ", "1.7953488E9".replace("1.7953488", str(NOW.timestamp() / 1e9)),
    ],
)  # fmt: skip
def test_a_time_is_read_as_back_ends_write_it(value: str) -> None:
    assert instant("occurred_at", value) == NOW


def test_a_leap_second_is_the_last_of_its_minute() -> None:
    assert instant("t", "2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-11-20T10Z", "2026-13-20T10:00Z", "2026-11-20T25:00Z", "2026-11-20T10:00+25:00"]
)
def test_what_no_clock_shows_is_no_time(value: str) -> None:
    with pytest.raises(FieldError):
        instant("t", value)


@given(st.datetimes(datetime(2015, 1, 2), datetime(9000, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001 - drawn without one
def test_the_minute_is_enough(moment: datetime, offset: int) -> None:
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    text = f"{moment:%Y-%m-%dT%H:%M}{sign}{minutes // 60:02}:{minutes % 60:02}"
    expected = moment.replace(second=0, microsecond=0, tzinfo=UTC) - timedelta(minutes=offset)
    assert instant("t", text) == expected


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", 0, "0", 0.0, -1, "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00Z",
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "0001-01-01T00:00Z", 1, 3600,
    ],
)  # fmt: skip
def test_a_time_of_the_store_that_means_never_is_unknown(value: Any) -> None:
    with noting() as noted:
        assert store_time("referrer_click_at", value) is None
    assert not noted


def test_a_clock_that_was_reset_tells_nothing_and_is_counted() -> None:
    with noting() as noted:
        assert store_time("install_begin_at", "2010-01-01T00:00:00Z") is None
    assert noted == {("install_begin_at", "impossible_time"): 1}


def test_a_time_of_the_store_is_unix_seconds() -> None:
    assert store_time("referrer_click_at", "2026-11-20T10:00Z") == NOW.timestamp()
    assert store_time("referrer_click_at", 1.79578e9) == 1_795_780_000


@pytest.mark.parametrize("value", ["yesterday", 1763632800000])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(FieldError):
        store_time("referrer_click_at", value)


@pytest.mark.parametrize(
    "written",
    ["0001-01-01T00:00:00", "0001-01-01", "0000-00-00T00:00:00Z", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+00:00",
     "1970-01-01", "1970-01-01T01:00:00", "1970-01-01T00:00:00.000+0000", "-62135596800", "-1", -62135596800, 0.0],
)  # fmt: skip
def test_never_is_understood_however_it_is_written(written: Any) -> None:
    assert store_time("install_begin_at", written) is None
