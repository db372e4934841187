"""Figures of a row in one currency: what is not told is not zero."""

from decimal import Decimal

import pytest

from ledger.report_columns import columns_of, name_currency, unconverted
from ledger.report_tallies import Money, Tally


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


@pytest.mark.parametrize(
    ("revenue", "wanted", "named"),
    [
        ({"": "5", "GBP": "1"}, "GBP", {"GBP": 6}),
        ({"": "5", "GBP": "1"}, "JPY", {"JPY": 5, "GBP": 1}),
        ({"": "5", "GBP": "1"}, None, {"GBP": 6}),
        ({"": "5"}, None, {"": 5}),
    ],
)
def test_what_came_without_a_currency_is_in_its_apps(revenue: dict[str, str], wanted: str | None, named: Money) -> None:
    tallies = [Tally() for _ in revenue]
    for tally, (currency, amount) in zip(tallies, revenue.items(), strict=True):
        tally.pay("revenue", currency, Decimal(amount))
    name_currency(tallies, (None, wanted))
    total = Tally()
    for tally in tallies:
        total.add(tally)
    assert total.revenue == named
