"""Figures of a row in one currency: what is not told is not zero."""

from decimal import Decimal

import pytest

from ledger.report_columns import columns_of, unconverted
from ledger.report_tallies import Tally


def sold(**sums: str) -> Tally:
    """Sales of which three quarters are left, by currency."""
    tally = Tally()
    for currency, amount in sums.items():
        for name, part in (("revenue", "1"), ("proceeds_of", "1"), ("proceeds", "0.75")):
            tally.pay(name, currency, Decimal(amount) * Decimal(part))
    return tally


@pytest.mark.parametrize(
    ("tally", "proceeds"),
    [
        (sold(EUR="8"), 6),
        (sold(EUR="8", JPY="1000"), None),
        (sold(JPY="1000"), None),
        (sold(), None),
    ],
)
def test_proceeds_are_told_where_all_of_them_have_a_rate(tally: Tally, proceeds: float | None) -> None:
    assert columns_of(tally, "EUR", unconverted)["proceeds"] == proceeds
