"""Normalising and hashing of what names a person, and the raw fields beside it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiktok import identifiers
from tiktok.identifiers import (
    MAX_VALUES,
    country,
    email_hash,
    external_id_hash,
    hashes,
    locale,
    name_hash,
    phone_hash,
    place,
    public_ip,
    state,
    zip_hash,
)

HASHERS: dict[str, Callable[[object], str | None]] = {
    "email": email_hash,
    "phone": phone_hash,
    "external_id": external_id_hash,
    "first_name": name_hash,
    "last_name": name_hash,
    "zip_code": zip_hash,
}
IMPOSSIBLE_NUMBERS = {"hash-phone-segment-bare-digits", "hash-phone-segment-bare-digits-2", "hash-rudder-util"}
RAW: list[Callable[[object], str | None]] = [place, state, locale, public_ip]
ANYTHING = st.one_of(
    st.text(st.characters()),  # lone surrogates included
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(), max_size=3),
    st.dictionaries(st.text(), st.integers(), max_size=2),
    st.binary(),
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.tiktok_cases("hash")
def test_the_collected_hashes_come_out(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    if "field" in given:
        given, expected = {given["field"]: given["raw"]}, {given["field"]: expected["sha256"]}
    elif "fields" in given:
        given = given["fields"]
    hashed = {field: HASHERS[field](raw) for field, raw in given.items()}
    if case["id"] in IMPOSSIBLE_NUMBERS:  # other senders hash any digits; nobody can have these numbers
        assert hashed.pop("phone") is None
        expected.pop("phone")
    assert hashed == expected


@pytest.mark.tiktok_cases("passthrough")
def test_places_go_out_as_they_are(case: dict[str, Any]) -> None:
    given = case["input"]
    got = {"city": place(given["city"]), "state": state(given["state"])}
    assert got == {name: case["expected"][name] for name in got}
    assert country(given["country"]) is None  # other senders send any text; TikTok asks for a code


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        (" Alice@Example.COM ", "alice@example.com"),
        ("alice@\x00example.com", "alice@example.com"),
        ("ÉMILE@exemple.fr", "émile@exemple.fr"),
        ("alice", None),
        ("a b@example.com", None),
        ("a@b@c", None),
        ("@", None),
        ("", None),
        (7, None),
    ],
)
def test_an_email_is_trimmed_and_lower_cased_and_must_be_one(raw: object, normalised: str | None) -> None:
    assert email_hash(raw) == (sha256(normalised) if normalised else None)


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        (" User_123 ", "User_123"),
        (123, "123"),
        (123.0, "123"),
        (12345678901234567890, "12345678901234567890"),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("   ", None),
        (None, None),
        ({"id": 1}, None),
    ],
)
def test_an_external_id_keeps_its_case_and_may_be_a_number(raw: object, normalised: str | None) -> None:
    assert external_id_hash(raw) == (sha256(normalised) if normalised else None)


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("Max", "max"),
        (" O'Neil-Smith, Jr. ", "oneilsmith jr"),
        ("José  María", "josé maría"),
        ("José", "josé"),
        ("张伟", "张伟"),
        ("张·伟", "张伟"),
        ("!!!", None),
        ("", None),
    ],
)
def test_a_name_loses_case_and_punctuation_but_no_letter(raw: str, normalised: str | None) -> None:
    assert name_hash(raw) == (sha256(normalised) if normalised else None)


@pytest.mark.parametrize(
    ("raw", "country", "normalised"),
    [
        ("94105", "us", "94105"),
        ("94105-1234", "us", "94105"),
        ("94105-1234", None, "941051234"),
        ("SW1A 1AA", "gb", "sw1a1aa"),
        (94105, "us", "94105"),
        (" - ", None, None),
    ],
)
def test_a_zip_code_loses_case_spaces_and_dashes(raw: object, country: str | None, normalised: str | None) -> None:
    assert zip_hash(raw, country) == (sha256(normalised) if normalised else None)


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("CA", "us", "ca"),
        ("US-CA", "us", "ca"),
        ("California", "us", "ca"),
        ("New York", "us", "ny"),
        ("GB-ENG", "gb", "eng"),
        ("California", None, "california"),
        ("Île-de-France", "fr", "îledefrance"),
        ("", "us", None),
    ],
)
def test_a_state_becomes_its_short_code_where_it_has_one(raw: str, country: str | None, expected: str | None) -> None:
    assert state(raw, country) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("San Francisco", "sanfrancisco"), ("St. John's", "stjohns"), ("東京", "東京"), ("US", "us"), (" ", None)],
)
def test_a_place_loses_case_spaces_and_punctuation(raw: str, expected: str | None) -> None:
    assert place(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("en-US", "en-US"),
        ("en_us", "en-US"),
        ("EN", "en"),
        ("zh_hans_cn", "zh-Hans-CN"),
        ("es-419", "es-419"),
        ("de_DE.UTF-8", "de-DE"),
        ("en_US@calendar=gregorian", "en-US"),
        ("en-GB-oxendict", "en-GB"),
        ("english", None),
        ("C", None),
        ("", None),
        (None, None),
    ],
)
def test_a_locale_becomes_a_bcp47_tag(raw: object, expected: str | None) -> None:
    assert locale(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("8.8.8.8", "8.8.8.8"),
        (" 8.8.8.8 ", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700:0000:0000:0000:0000:0000:1111", "2606:4700::1111"),
        ("10.0.0.1", None),
        ("100.64.0.1", None),
        ("127.0.0.1", None),
        ("::ffff:10.0.0.1", None),
        ("0.0.0.0", None),
        ("203.0.113.7", None),
        ("224.0.0.1", None),
        ("fe80::1%eth0", None),
        ("2606:4700::1111%eth0", None),
        ("fd00::1", None),
        ("8.8.8.8:443", None),
        ("__IP__", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_globally_routable_address_is_sent(raw: object, expected: str | None) -> None:
    assert public_ip(raw) == expected


@pytest.mark.parametrize("field", HASHERS)
@given(digest=st.binary(min_size=32, max_size=32).map(bytes.hex), upper=st.booleans())
def test_a_hash_is_not_hashed_again_only_lower_cased(field: str, digest: str, upper: bool) -> None:
    assert HASHERS[field](digest.upper() if upper else digest) == digest


@pytest.mark.parametrize("field", HASHERS)
@given(value=ANYTHING)
@example(value="\ud800")
@example(value="+" * 300)
@example(value=10**5000)
def test_hashing_takes_anything_and_gives_a_hash_or_nothing(field: str, value: object) -> None:
    digest = HASHERS[field](value)
    assert digest is None or identifiers._SHA256.fullmatch(digest)


@pytest.mark.parametrize("normalise", RAW)
@given(value=ANYTHING)
@example(value="\ud800")
def test_raw_fields_take_anything_and_give_printable_text_or_nothing(
    normalise: Callable[[object], str | None], value: object
) -> None:
    text = normalise(value)
    assert text is None or (text == text.strip() and text.encode())


def test_a_list_is_hashed_value_by_value_without_repeats_and_empties() -> None:
    values = ["A@b.com", " a@b.com", "", None, "junk", "c@d.com", 7]
    assert hashes(values, email_hash) == [sha256("a@b.com"), sha256("c@d.com")]


@pytest.mark.parametrize("nothing", [None, "", [], [None, ""], [[]]])
def test_nothing_gives_an_empty_list(nothing: object) -> None:
    assert hashes(nothing, external_id_hash) == []


def test_a_flood_of_values_is_cut() -> None:
    assert len(hashes(list(range(10_000)), external_id_hash)) == MAX_VALUES


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        ("in_ID", "id-ID"),
        ("iw_IL", "he-IL"),
        ("ji", "yi"),
        ("iw", "he"),
        ("zh_CN_#Hans", "zh-Hans-CN"),
        ("mo_MD", "ro-MD"),
    ],
)
def test_a_language_has_the_code_of_today(raw: str, tag: str) -> None:
    assert locale(raw) == tag
