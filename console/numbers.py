"""Numbers, money and times as a page writes them: the viewer's spelling, the app's currency and time zone.

Money has the currency's decimals of ISO 4217 (the table below), not those of CLDR: CLDR gives some currencies none that
have two, and its versions differ, so that costs would not add up.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_timedelta
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol, parse_pattern

from console.spelling import Written, learned

NONE: Final = "–"
"""What a division by zero, and what nobody knows, looks like."""
Number = int | float | Decimal | None

_NO_DECIMALS: Final = frozenset(  # ISO 4217, list one
    (
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    )
)
_THREE_DECIMALS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_FALLBACK: Final = "en_GB"
_WORDS: Final = Locale.parse(_FALLBACK)  # the console's own language, in which months and "ago" are said
_LETTER_BEFORE_DIGIT: Final = re.compile(r"(?<=[A-Za-z])(?=\d)")
_RECENT_S: Final = 86_400
MOST_SAID: Final = 0.999


@dataclass(frozen=True, slots=True)
class Shown:
    """A number cut to what can be taken in at a glance, and all of it."""

    text: str
    exact: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one viewer reads numbers of one app."""

    locale: Locale
    zone: ZoneInfo

    def count(self, value: Number) -> str:
        """TikTok counts parts of conversions: they are shown, or rows would not add up to their total."""
        if value is None:
            return NONE
        return _decimal(self.locale, 0 if value == int(value) else 2)(_finite(value))

    def counted(self, value: int, one: str, many: str = "") -> str:
        """`1 row`, `1,234 rows`."""
        return f"{self.count(value)} {one if value == 1 else many or one + 's'}"

    def money(self, value: Number, currency: str) -> str:
        """With the currency's own decimals; without a currency as a bare amount."""
        if value is None:
            return NONE
        return (_amount(self.locale, currency) if currency else _decimal(self.locale, 2))(_finite(value))

    def percent(self, value: Number, decimals: int = 1) -> str:
        """Of a share: 0.123 is 12.3 %."""
        return NONE if value is None else _percent(self.locale, decimals, decimals)(_finite(value))

    def chance(self, value: float | None) -> str:
        """A probability: what is not certain is never called 100 %."""
        if value is not None and MOST_SAID < value < 1:
            return f">\u00a0{self.percent(MOST_SAID)}"
        return self.percent(value)

    def ratio(self, value: Number) -> str:
        """ROAS and its like: two decimals."""
        return NONE if value is None else _decimal(self.locale, 2, 2)(_finite(value))

    def change(self, value: Number, before: Number) -> str:
        """`+12 %` against the period before; nothing where there is nothing to compare with."""
        if value is None or not before:
            return ""
        share = _finite(value) / _finite(before) - 1
        return ("+" if share > 0 else "") + _percent(self.locale, 0)(share)

    def short_count(self, value: Number) -> Shown:
        """12,345,678 as 12.3M."""
        return Shown(self._short(value), self.count(value))

    def short_money(self, value: Number, currency: str) -> Shown:
        exact = self.money(value, currency)
        if value is None or abs(_finite(value)) < 1000:
            return Shown(exact, exact)
        if abs(_finite(value)) < 10_000:
            value = _finite(value).quantize(Decimal(1), ROUND_HALF_EVEN)
        pattern = _money(self.locale, currency) if currency else None
        number = self._short(value)
        if pattern is None:
            return Shown(number, exact)
        symbol = get_currency_symbol(currency, self.locale)
        leads = pattern.pattern.startswith("¤")
        text = f"{symbol}{number}" if leads else f"{number}\u00a0{symbol}"
        return Shown(_LETTER_BEFORE_DIGIT.sub("\u00a0", text), exact)

    def short_bytes(self, value: int) -> Shown:
        """4,200,000 bytes as 4.2 MB."""
        exact = f"{self.count(value)} bytes"
        for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
            if value >= 10**power:
                return Shown(f"{_significant(Decimal(value).scaleb(-power), self.locale)}\u00a0{unit}", exact)
        return Shown(f"{value}\u00a0B", exact)

    def day(self, value: datetime) -> str:
        return format_datetime(value, "d MMM y", tzinfo=self.zone, locale=_WORDS)

    def when(self, value: datetime | None) -> str:
        """`28 Nov, 14:03` in the app's zone; of another year `28 Nov 2025, 14:03`."""
        if value is None:
            return NONE
        is_of_this_year = value.astimezone(self.zone).year == datetime.now(self.zone).year
        return format_datetime(value, "d MMM, HH:mm" if is_of_this_year else "d MMM y, HH:mm", self.zone, _WORDS)

    def clock(self, value: datetime) -> str:
        """`14:03:59` today, else as `when`."""
        there = value.astimezone(self.zone)
        return f"{there:%H:%M:%S}" if there.date() == datetime.now(self.zone).date() else self.when(value)

    def exactly(self, value: datetime | None) -> str:
        """To the second, with the zone's name and offset."""
        if value is None:
            return ""
        there = value.astimezone(self.zone)
        return f"{there:%Y-%m-%d %H:%M:%S} {self.zone.key} (UTC{there:%z})"

    def ago(self, value: datetime | None, now: datetime | None = None) -> str:
        """`4 minutes ago` within a day, else as `when`."""
        if value is None:
            return NONE
        since = (now or datetime.now(UTC)) - value
        if abs(since.total_seconds()) >= _RECENT_S:
            return self.when(value)
        return format_timedelta(-since, add_direction=True, locale=_WORDS)

    def _short(self, value: Number) -> str:
        if value is None:
            return NONE
        number = _finite(value)
        for power, unit in ((9, "B"), (6, "M"), (3, "k")):
            if abs(number) >= Decimal(10) ** power * (10 if power == 3 else 1):
                return _significant(number.scaleb(-power), self.locale) + unit
        return format_decimal(number.quantize(Decimal(1)) if number == int(number) else number, locale=self.locale)


def decimals_of(currency: str) -> int:
    """How many decimals an amount of this currency has."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


@lru_cache(maxsize=256)
def locale_of(accept_language: str) -> Locale:
    """What the browser asks for first and Unicode knows."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda one: one[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError, TypeError):
            continue
    return Locale.parse(_FALLBACK)


def _finite(value: int | float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _significant(number: Decimal, locale: Locale) -> str:
    """Three digits that say something."""
    digits = max(0, 2 - number.adjusted())
    return str(format_decimal(round(number, digits), locale=locale))


# babel reads a pattern anew for each number: a table of 500 rows would take a quarter of a second
@lru_cache(maxsize=256)
def _decimal(locale: Locale, most: int, least: int = 0) -> Written:
    pattern = _with_decimals(locale.decimal_formats[None], least, most)
    return learned(lambda value: str(pattern.apply(value, locale)), most, least)


@lru_cache(maxsize=256)
def _percent(locale: Locale, most: int, least: int = 0) -> Written:
    pattern = _with_decimals(locale.percent_formats[None], least, most)
    return learned(lambda value: str(pattern.apply(value, locale)), most, least, pattern.scale)


@lru_cache(maxsize=256)
def _amount(locale: Locale, currency: str) -> Written:
    pattern, decimals = _money(locale, currency), decimals_of(currency)

    def written(value: Decimal) -> str:
        amount = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        text = pattern.apply(amount, locale, currency=currency, currency_digits=False)
        return _LETTER_BEFORE_DIGIT.sub("\u00a0", text)

    return learned(written, decimals, decimals)


@lru_cache(maxsize=256)
def _money(locale: Locale, currency: str) -> NumberPattern:
    decimals = decimals_of(currency)
    return _with_decimals(locale.currency_formats["standard"], decimals, decimals)


def _with_decimals(pattern: NumberPattern, least: int, most: int) -> NumberPattern:
    own = parse_pattern(pattern.pattern)
    own.frac_prec = (least, most)
    return own
