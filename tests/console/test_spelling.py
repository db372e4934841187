"""What is written quickly is what Babel writes, in every locale, of every number."""

from decimal import Decimal

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.numbers import parse_pattern
from hypothesis import given, settings
from hypothesis import strategies as st

from console.spelling import Written, learned

LOCALES = sorted(locale_identifiers())
AMOUNTS = st.decimals(min_value="-1e17", max_value="1e17", allow_nan=False, allow_infinity=False, places=4)
PLACES = ((0, 0), (2, 0), (2, 2), (3, 3), (1, 1))  # at most, at least


def babel(locale: Locale, shape: str, most: int, least: int) -> tuple[Written, int]:
    pattern = parse_pattern(getattr(locale, f"{shape}_formats")[None].pattern)
    pattern.frac_prec = (least, most)
    return lambda value: str(pattern.apply(value, locale)), pattern.scale


@settings(max_examples=400)
@given(st.sampled_from(LOCALES), st.sampled_from(["decimal", "percent"]), st.sampled_from(PLACES), AMOUNTS)
def test_a_number_is_spelled_as_babel_spells_it(name: str, shape: str, places: tuple[int, int], value: Decimal) -> None:
    written, scale = babel(Locale.parse(name), shape, *places)
    assert learned(written, *places, scale)(value) == written(value)


@pytest.mark.parametrize(
    "value", ["0", "0.004", "0.005", "0.015", "999.995", "999999.995", "1000", "-0", "-0.001", "1e15"]
)
@pytest.mark.parametrize("name", ["en_GB", "de_DE", "de_CH", "fr_FR", "es_ES", "en_IN", "ar_EG", "hi_IN", "sv_SE"])
def test_borders_are_spelled_as_babel_spells_them(name: str, value: str) -> None:
    written, _ = babel(Locale.parse(name), "decimal", 2, 0)
    assert learned(written, 2, 0)(Decimal(value)) == written(Decimal(value))


def test_most_locales_are_learned_and_babel_is_asked_once() -> None:
    asked = 0

    def written(value: Decimal) -> str:
        nonlocal asked
        asked += 1
        return f"{value:,.2f}"

    quick = learned(written, 2, 2)
    assert [quick(Decimal(number)) for number in range(1000, 1003)] == ["1,000.00", "1,001.00", "1,002.00"]
    assert asked == 1
