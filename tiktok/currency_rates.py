"""An operator's own table of rates, for currencies TikTok does not take.

    to = "USD"
    [rates]        # one unit of the currency is worth so much in `to`
    BGN = 0.55

Without a rate the event goes out without its value: an amount is never given another currency's name.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import structlog

from tiktok.currencies import ACCEPTED

log = structlog.get_logger()

PLACES: Final = Decimal("0.000001")  # to which a converted amount is rounded


class RatesError(ValueError):
    """The file cannot be used; the text says where and what it must look like."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency is worth."""

    to: str = "USD"
    """A currency TikTok takes."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """ISO 4217 code -> units of `to`."""

    def convert(self, value: Decimal, currency: str) -> Decimal | None:
        """`value` in units of `to`; None where the table does not know the currency."""
        rate = self.rates.get(currency)
        return None if rate is None else (value * rate).quantize(PLACES)

    def between(self, amount: Decimal, currency: str, wanted: str) -> Decimal | None:
        """`amount` in units of another currency, not rounded; None where the table does not know one of the two. For
        sums that are read, never for what is sent.
        """
        if currency == wanted:
            return amount
        known = {**self.rates, self.to: Decimal(1)}
        if currency not in known or wanted not in known:
            return None
        return amount * known[currency] / known[wanted]


NO_RATES: Final = Rates()


def read_rates(path: Path) -> Rates:
    """The table of a file.

    Raises:
        RatesError: it cannot be read, or is no table of rates.
    """
    try:
        content = tomllib.loads(path.read_text(), parse_float=Decimal)
    except OSError as error:
        raise RatesError(f"CURRENCY_RATES_FILE: {path} cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RatesError(f"CURRENCY_RATES_FILE: {path} is not TOML ({error})") from None
    to, table = content.get("to", "USD"), content.get("rates")
    if to not in ACCEPTED:
        raise RatesError(f"CURRENCY_RATES_FILE: `to` must be a currency TikTok takes, such as USD, not {to!r}")
    if not isinstance(table, dict):
        raise RatesError("CURRENCY_RATES_FILE: a table [rates] must say what one unit of each currency is worth")
    return Rates(to, {code: _rate(code, rate) for code, rate in table.items()})


def _rate(code: str, value: Any) -> Decimal:
    number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else Decimal("NaN")
    if not (re.fullmatch(r"[A-Z]{3}", code) and number.is_finite() and 0 < number < 10**9):
        raise RatesError(f"CURRENCY_RATES_FILE: {code!r} must be an ISO 4217 code with a positive number")
    return number


class RateTable:
    """The rates of a file, read again when it has changed; a file that has become unusable keeps the last good ones."""

    def __init__(self, path: Path | None) -> None:
        """`path` None = no table.

        Raises:
            RatesError: the file cannot be used.
        """
        self._path = path
        self.rates = read_rates(path) if path is not None else NO_RATES
        self._stamp = self._file_stamp()

    def refresh(self) -> None:
        """Read the file again where it is not the one that was read."""
        stamp = self._file_stamp()
        if self._path is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.rates = read_rates(self._path)
        except RatesError as error:
            log.error("currency rates kept as they were", error=str(error))
        else:
            log.info("currency rates read", to=self.rates.to, currencies=len(self.rates.rates))

    def _file_stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found is not None else None
