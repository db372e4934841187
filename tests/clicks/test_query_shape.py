"""A query of a known shape is cut as `cut_own` cuts it, or is not known."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clicks.address import packed_address
from clicks.cut_query import cut_own, cut_ttclid
from clicks.macros import straightened
from clicks.query_shape import beginning, shape_of

AGENT = b"Phone/1.0 (a; b)"
ADDRESS = packed_address("203.0.113.7") or b""
START = b"campaign_id=1&ad_name=x&callback="
VALUES = (
    b"", b"abc", b"a-b_c.d", b"_x", b"__IP__", b"203.0.113.7", b"203.0.113.8", b"a%26b", b"a;b", b"a?ip=b", b"%3Fip=c",
    b"\x05", b"\x01", quote_plus(AGENT).encode(), quote(AGENT, safe="").encode(), b"a=b",
)  # fmt: skip
NAMES = (b"ip", b"ua", b"ttclid", b"callback", b"placement", b"utm_a", b"amp;ip")


@st.composite
def two_queries(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Two with the same parameters in the same order; most values may differ."""
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4))
    value = st.sampled_from(VALUES)
    values = [(draw(value), draw(value)) for _ in range(len(names) + 1)]
    both = [
        START + first + b"".join(b"&" + name + b"=" + each for name, each in zip(names, rest, strict=True))
        for first, *rest in zip(*values, strict=True)
    ]
    return both[0], both[1]


@settings(max_examples=1_000)
@given(both=two_queries())
def test_a_shape_finds_what_cutting_finds_or_nothing(both: tuple[bytes, bytes]) -> None:
    learnt, query = both
    shared, _ = cut_own(learnt, ADDRESS, AGENT)
    shape = shape_of(learnt, shared) if straightened(learnt) is learnt else None
    own = shape.own_values(query, ADDRESS, AGENT) if shape is not None else None
    if shape is not None and own is not None:
        assert straightened(query) is query
        assert (shape.shared, own) == cut_own(query, ADDRESS, AGENT)


harmless = st.text("abcXYZ019-.", min_size=1, max_size=20).map(str.encode)


@given(learnt=harmless, value=harmless)
def test_a_query_that_differs_in_harmless_values_alone_is_known(learnt: bytes, value: bytes) -> None:
    before, behind = b"ad_id=7&callback=", b"&ip=203.0.113.7&ua=" + quote_plus(AGENT).encode() + b"&x=y"
    shared, _ = cut_own(before + learnt + behind, ADDRESS, AGENT)
    shape = shape_of(before + learnt + behind, shared)
    assert shape is not None
    assert shape.own_values(before + value + behind, ADDRESS, AGENT) == (value,)


@pytest.mark.parametrize(
    "query",
    [
        b"ad_id=7", b"ad_id=7&callback=__CALLBACK_PARAM__&ip=203.0.113.7", b"callback=a&ip=203.0.113.7",
        b"ip=203.0.113.7&callback=a", b"ad_id=\x05&callback=a",
    ],
)  # fmt: skip
def test_a_query_whose_first_value_stands_elsewhere_has_no_shape(query: bytes) -> None:
    shared, _ = cut_own(query, ADDRESS, AGENT)
    assert shape_of(query, shared) is None


def test_the_beginning_ends_where_the_first_value_begins() -> None:
    assert beginning(START + b"abc&ip=1") == START
    assert beginning(b"callback=abc") == b""


def test_a_packed_ttclid_is_part_of_the_shape() -> None:
    cut = cut_ttclid(START + b"abc&ttclid=E.C.P.abcd")
    shared, own = cut_own(cut.shared, ADDRESS, AGENT)
    shape = shape_of(cut.shared, shared)
    assert own == (b"abc",)
    assert shape is not None
    assert shape.own_values(cut_ttclid(START + b"xyz&ttclid=E_C_P_defgh").shared, ADDRESS, AGENT) == (b"xyz",)
    assert shape.own_values(START + b"xyz", ADDRESS, AGENT) is None
