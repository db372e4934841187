"""What doctor says of this machine."""

from datetime import UTC, datetime

import pytest

from admin.setup_checks import check_time_zones
from ledger.local_time import VERSION

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("released", "warned"), [(datetime(2026, 7, 1, tzinfo=UTC), False), (datetime(2025, 6, 1, tzinfo=UTC), True)]
)
def test_a_time_zone_database_older_than_a_year_is_a_warning(released: datetime, warned: bool) -> None:
    check = check_time_zones(released, NOW)
    assert check.ok
    assert VERSION in check.detail
    assert ("tzdata" in check.fix) is warned
