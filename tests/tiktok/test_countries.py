"""Which country is meant."""

from typing import Any

import pytest

from tiktok.identifiers import country


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("US", "us"), ("us", "us"), (" De ", "de"), ("USA", "us"), ("UK", "gb"), ("GBR", "gb"), ("840", "us"),
        ("EL", "gr"),
        ("United States", "us"), ("united states of america", "us"), ("U.S.A.", "us"), ("Deutschland", "de"),
        ("The Netherlands", "nl"), ("México", "mx"), ("Mexique", "mx"), ("日本", "jp"),
        ("Россия", "ru"), ("Türkiye", "tr"),
        ("Côte d’Ivoire", "ci"), ("Great Britain", "gb"), ("us-CA", "us"), ("US-NY", "us"),
        ("gb-ENG", "gb"), ("de-BY", "de"),
        ("no_NO", "no"), ("tl-PH", "ph"), ("zh-Hant-TW", "tw"), ("sr_Latn_RS", "rs"), ("en-UK", "gb"), ("TL-AN", "tl"),
        ("en_US", "us"), ("in_ID", "id"), ("iw_IL", "il"), ("IN-MH", "in"), ("pt-BR", "br"),
        ("XK", "xk"), ("Brasil", "br"), ("대한민국", "kr"), ("España", "es"),
        ("", None), ("atlantis", None), ("EU", None), ("ZZ", None), ("xx", None), ("123", None),
        ("SUN", None), (None, None),
        (7, None), ("Korea or so", None),
    ],
)  # fmt: skip
def test_a_country_is_its_code_or_nothing(raw: Any, code: str | None) -> None:
    assert country(raw) == code


def test_a_name_of_two_countries_is_none() -> None:
    assert country("Congo") is None
