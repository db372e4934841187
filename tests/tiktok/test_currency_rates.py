"""The operator's table of rates."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from tiktok.currency_rates import Rates, RatesError, RateTable, read_rates

TABLE = 'to = "EUR"\n[rates]\nBGN = 0.51129\nXOF = 1\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rates.toml"
    path.write_text(TABLE)
    return path


def test_an_amount_is_converted_exactly_and_rounded_to_six_places(file: Path) -> None:
    rates = read_rates(file)
    assert rates.to == "EUR"
    assert rates.convert(Decimal("9.99"), "BGN") == Decimal("5.107787")
    assert rates.convert(Decimal("9.99"), "ALL") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to = 'EUR'", "table [rates]"),
        ("to = 'BGN'\n[rates]\nALL = 1", "must be a currency TikTok takes"),
        ("[rates]\nbgn = 1", "'bgn'"),
        ("[rates]\nBGN = 0", "'BGN'"),
        ("[rates]\nBGN = 'x'", "'BGN'"),
        ("[rates]\nBGN = nan", "'BGN'"),
        ("[rates", "is not TOML"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(RatesError) as refused:
        read_rates(file)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RatesError, match="cannot be read"):
        RateTable(tmp_path / "none.toml")


def test_a_changed_file_is_read_again_and_a_broken_one_keeps_the_last_rates(file: Path) -> None:
    table = RateTable(file)
    file.write_text(TABLE.replace("0.51129", "0.5"))
    os.utime(file, ns=(1, 1))
    table.refresh()
    assert table.rates.rates["BGN"] == Decimal("0.5")
    file.write_text("[rates")
    table.refresh()
    assert table.rates.rates["BGN"] == Decimal("0.5")


def test_without_a_file_there_are_no_rates() -> None:
    table = RateTable(None)
    table.refresh()
    assert table.rates.convert(Decimal(1), "BGN") is None


@pytest.mark.parametrize(
    ("amount", "currency", "wanted", "told"),
    [
        ("3", "BGN", "BGN", "3"),
        ("3", "XXX", "XXX", "3"),
        ("10", "BGN", "USD", "5.5"),
        ("5.5", "USD", "BGN", "10"),
        ("10", "RON", "BGN", "4"),
        ("1", "XXX", "USD", None),
        ("1", "USD", "XXX", None),
    ],
)
def test_sums_are_told_in_another_currency_where_both_are_known(
    amount: str, currency: str, wanted: str, told: str | None
) -> None:
    rates = Rates("USD", {"BGN": Decimal("0.55"), "RON": Decimal("0.22")})
    found = rates.between(Decimal(amount), currency, wanted)
    assert found == (None if told is None else Decimal(told))
