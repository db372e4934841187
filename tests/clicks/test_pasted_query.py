import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.macros import read_macros, straightened

WHOLE = {"campaign_id": "17", "campaign_name": "A B", "ttclid": "E.C.P.a-b_c"}


@pytest.mark.parametrize(
    "joint",
    [
        "&",
        "&amp;",
        "&amp%3B",
        "&amp%3b",
        "&#38;",
        "&#x26;",
        "&amp;amp;",
        "?",
        "%3F",
        "%3f",
        ";",
        "%26amp%3B",
        "%26amp;",
    ],
)
def test_a_bent_separator_separates(joint: str) -> None:
    query = joint.join(("campaign_id=17", "campaign_name=A+B", "ttclid=E.C.P.a-b_c"))
    assert read_macros(straightened(query.encode())).values == WHOLE


@pytest.mark.parametrize("before", ["?", "&amp;", "?&amp;"])
def test_a_bent_separator_before_everything_separates(before: str) -> None:
    assert read_macros(straightened(f"{before}ttclid=E.C.P.a".encode())).values == {"ttclid": "E.C.P.a"}


@pytest.mark.parametrize(
    "query",
    [
        "campaign_name=What?&ad_id=1",
        "ad_name=a;b",
        "ad_name=a%3Bb%3F",
        "ad_name=R%26amp%3BB",
        "ttclid=E.C.P.a?b;c",
        "ad_name=x%3Fy=1",
        "ad_name=A%26ad_id=2",
        "",
    ],
)
def test_a_value_keeps_what_only_looks_like_one(query: str) -> None:
    assert straightened(query.encode()) == query.encode()


@given(st.binary(max_size=200))
def test_no_bytes_raise_and_what_is_straight_stays(query: bytes) -> None:
    once = straightened(query)
    assert len(once) <= len(query)
    if b"?" not in query and b";" not in query and b"%" not in query:
        assert once == query
