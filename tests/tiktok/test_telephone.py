"""Telephone numbers as they are dialled today, or none."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.identifiers import phone_hash
from tiktok.telephone import e164


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("+12133734253", None, "+12133734253"),
        ("(+1)2133734253", None, "+12133734253"),
        ("+1 (213) 373-4253", None, "+12133734253"),
        ("+1 213 373 4253 ext. 7", None, "+12133734253"),
        ("tel:+1-213-373-4253", None, "+12133734253"),
        ("＋1２133734253", None, "+12133734253"),
        ("12133734253", None, "+12133734253"),
        ("0044 20 7946 0958", None, "+442079460958"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", "gb", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(213) 373-4253", "us", "+12133734253"),
        ("12133734253", "us", "+12133734253"),
        ("447911123456", "us", "+447911123456"),
        ("555-555-5555", "us", "+15555555555"),
        ("06 12 34 56 78", "fr", "+33612345678"),
        ("+33612345678", "us", "+33612345678"),
        ("12133734253", "atlantis", "+12133734253"),
        ("(415) 555-2671", None, None),
        ("2133734253", None, None),
        ("4155552671", None, None),
        ("+2133734253", None, None),
        ("+4155552671", None, None),
        ("+1 234 567 890", None, None),
        ("00 213 3734253", None, None),
        ("3734253", "us", None),
        ("447911123456", None, "+447911123456"),
        ("+447911123456", "us", "+447911123456"),
        ("9123456789", None, None),
        ("51987654321", None, None),
        ("+51987654321", None, "+51987654321"),
        ("020 7946 0958", None, None),
        ("911", "us", None),
        ("call me maybe", None, None),
        ("n/a", "us", None),
        ("+", None, None),
        ("+999123456789", None, None),
        ("4" * 17, None, None),
        ("", None, None),
    ],
)
def test_a_telephone_number_becomes_e164_or_nothing(raw: str, country: str | None, number: str | None) -> None:
    assert e164(raw, country) == number
    assert phone_hash(raw, country) == (sha256(number) if number else None)


@given(
    text=st.text(st.sampled_from("+0123456789 ()-.x"), max_size=30), country=st.sampled_from([None, "us", "GB", "xx"])
)
def test_what_e164_gives_it_gives_again(text: str, country: str | None) -> None:
    number = e164(text, country)
    assert number is None or e164(number, country) == number


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("+52 1 55 1234 5678", "+525512345678"),
        ("+52 55 1234 5678", "+525512345678"),
        ("+229 97 12 34 56", "+2290197123456"),
        ("+229 01 97 12 34 56", "+2290197123456"),
        ("+225 07 12 34 56", "+2250707123456"),
        ("+225 05 12 34 56", "+2250505123456"),
        ("+225 01 12 34 56", "+2250101123456"),
        ("+225 67 12 34 56", "+2250767123456"),
        ("+225 22 41 23 45", "+2252722412345"),
        ("+225 07 07 12 34 56", "+2250707123456"),
        ("+55 11 8765-4321", "+5511987654321"),
        ("+55 11 98765-4321", "+5511987654321"),
        ("+55 11 3333-4444", "+551133334444"),
        ("+84 162 123 4567", "+84321234567"),
        ("+57 1 123 4567", "+576011234567"),
        ("+56 9876 5432", "+56998765432"),
        ("+230 712 3456", "+23057123456"),
        ("5215512345678", "+525512345678"),
    ],
)
def test_a_number_goes_out_as_it_is_dialled_today(old: str, today: str) -> None:
    assert e164(old) == today
    assert e164(today) == today


def test_a_national_number_of_a_plan_that_changed_is_read_in_its_country() -> None:
    assert e164("97 12 34 56", "bj") == "+2290197123456"
    assert e164("11 8765-4321", "br") == "+5511987654321"


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("13012345678", None, None),  # a Chinese mobile, or one of Maryland
        ("51987654321", None, None),  # Porto Alegre, or Peru
        ("14155552671", None, "+14155552671"),
        ("1 55 1234 5678", "mx", "+525512345678"),
        ("97 12 34 56", "bj", "+2290197123456"),
        ("+241 07 12 34 56", None, "+24177123456"),
        ("07 12 34 56", "ga", "+24177123456"),
        ("+241 77 12 34 56", None, "+24177123456"),
        ("+237 77 12 34 56", None, "+237677123456"),
        ("+506 812 3456", None, "+50688123456"),
    ],
)
def test_further_plans_and_numbers_that_two_countries_write_alike(
    raw: str, country: str | None, number: str | None
) -> None:
    assert e164(raw, country) == number
