"""Which currencies TikTok takes."""

import pytest

from tiktok.currencies import ACCEPTED, normalise


def test_the_list_is_tiktoks_own() -> None:
    assert len(ACCEPTED) == 62
    assert all(len(code) == 3 and code.isupper() for code in ACCEPTED)


@pytest.mark.parametrize("code", ["USD", "EUR", "JPY", "VES", "KWD", "GTQ"])
def test_a_listed_currency_is_accepted(code: str) -> None:
    assert code in ACCEPTED


@pytest.mark.parametrize("code", ["BGN", "HRK", "IRR", "XAU", "BTC", "usd"])
def test_any_other_is_not(code: str) -> None:
    assert code not in ACCEPTED


@pytest.mark.parametrize(("given", "code"), [(" eur ", "EUR"), ("USD", "USD"), ("", None), ("  ", None), (None, None)])
def test_a_code_is_read_in_either_case(given: str | None, code: str | None) -> None:
    assert normalise(given) == code
