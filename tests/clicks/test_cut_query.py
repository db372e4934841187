"""Cutting a query in two: together again it is the query byte for byte, and clicks of one ad share one text."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks import cut_query
from clicks.cut_query import MAX_OWN, CutQuery, cut_own, cut_ttclid, put_together

ADDRESS = bytes((203, 0, 113, 7))
AGENT = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 musical_ly_43.0.0"
# a URL holds no control character and no space
URL_BYTES = st.binary(max_size=60).map(lambda raw: bytes(byte for byte in raw if byte > 0x20 and byte != 0x7F))
VALUES = st.one_of(
    URL_BYTES,
    st.sampled_from([b"", b"__IP__", b"203.0.113.7", quote_plus(AGENT).encode(), quote(AGENT, safe="").encode()]),
    st.text("abcXYZ019_-=", max_size=50).map(lambda token: b"E.C.P." + token.encode()),
)
NAMES = st.sampled_from([b"ttclid", b"ip", b"ua", b"callback", b"ad_id", b"xttclid", b"", b"TTCLID"])
QUERIES = st.one_of(
    URL_BYTES, st.lists(st.builds(lambda name, value: name + b"=" + value, NAMES, VALUES)).map(b"&".join)
)


def cut(query: bytes) -> CutQuery:
    first = cut_ttclid(query)
    shared, own = cut_own(first.shared, ADDRESS, AGENT)
    return CutQuery(shared, first.prefix, first.packed, own)


@given(QUERIES)
def test_what_is_cut_is_put_together_byte_for_byte(query: bytes) -> None:
    assert put_together(cut(query), ADDRESS, AGENT) == query


def query_of(click: int, names: str = "campaign_id=1&campaign_name=Spring&ad_id=2") -> bytes:
    """All ten macros filled in, those of the click differently for each."""
    agent = quote_plus(AGENT) if click % 2 else "Other%2F1"
    return (
        f"{names}&callback=cb{click}&ip=198.51.100.{click}&ua={agent}{click}&ttclid=E.C.P.{click:020d}&utm_x=1"
    ).encode()


def test_clicks_of_one_ad_share_one_text() -> None:
    assert len({cut(query_of(click)).shared for click in range(20)}) == 1
    assert len({cut(query_of(click)).own for click in range(20)}) == 20


def test_clicks_of_two_ads_do_not_share_a_text() -> None:
    assert cut(query_of(1)).shared != cut(query_of(1, "campaign_id=1&ad_id=3")).shared


@pytest.mark.parametrize(
    ("query", "own"),
    [
        (b"ip=__IP__&ua=__UA__&callback=__CALLBACK_PARAM__", ()),
        (b"ip=203.0.113.7", ()),
        (b"ip=203.0.113.8", (b"203.0.113.8",)),
        (b"ip=203.000.113.7", (b"203.000.113.7",)),
        (b"ua=" + quote(AGENT, safe="").encode(), ()),
        (b"ua=" + quote_plus(AGENT).encode(), ()),
        (b"ua=" + quote_plus(AGENT).encode().lower(), (quote_plus(AGENT).encode().lower(),)),
        (b"callback=one&callback=two", (b"one", b"two")),
        (b"ttclid=test-click", (b"test-click",)),
        (b"ttclid=E.C.P." + b"a" * 995, (b"E.C.P." + b"a" * 995,)),
        (b"ttclid=E.C.P.a%2Bb", (b"E.C.P.a%2Bb",)),
        (b"ttclid=E.C.P.one&ttclid=E.C.P.two", (b"E.C.P.one",)),
        (b"ttclid=__CLICKID__", ()),
        (b"ad_id=7&other=8&ip=&=x&&", ()),
    ],
    ids=[
        "unexpanded", "the visitor's address", "another address", "odd spelling", "the header percent-encoded",
        "the header form-encoded", "another header", "twice", "a ttclid in another shape", "a ttclid too long",
        "a ttclid escaped", "two ttclids: the last is packed", "an unexpanded ttclid", "nothing of its own",
    ],
)  # fmt: skip
def test_own_are_the_values_that_neither_the_ad_nor_the_visit_says(query: bytes, own: tuple[bytes, ...]) -> None:
    assert cut(query).own == own


@pytest.mark.parametrize(
    ("query", "prefix"),
    [
        (b"ttclid=E.C.P.abcd-_", 1),
        (b"a=1&ttclid=E_C_P_abcd&b=2", 2),
        (b"a=1&ttclid=E.C.P." + b"z" * 994, 1),
        (b"a=1&ttclid=E.C.P." + b"z" * 995, 0),
        (b"a=1&ttclid=E.C.P.", 0),
        (b"a=1&ttclid=E.C.P.ab+d", 0),
        (b"a=1&ttclid=E.C.P.ab/d", 0),
        (b"a=1&ttclid=E.C.P.ab==", 0),
        (b"a=1&ttclid=E.C.P.\xff\xfeab", 0),
        (b"a=1&xttclid=E.C.P.abcd", 0),
        (b"", 0),
    ],
)
def test_a_ttclid_is_packed_where_it_has_tiktoks_shape(query: bytes, prefix: int) -> None:
    assert cut_ttclid(query).prefix == prefix


def test_a_ttclid_is_packed_to_three_bytes_for_four_characters() -> None:
    assert len(cut_ttclid(b"ttclid=E.C.P." + b"a" * 316).packed) == 2 + 237


@pytest.mark.parametrize("pair", [b"ua=1", b"ip=1.2.3.4", b"callback=1", b"ttclid=x"])
def test_of_thousands_of_own_values_a_few_are_cut_and_all_come_back(pair: bytes) -> None:
    query = b"&".join([pair] * 1_600)
    assert len(cut(query).own) == MAX_OWN
    assert put_together(cut(query), ADDRESS, AGENT) == query


def test_a_user_agent_that_cannot_be_the_value_is_not_encoded() -> None:
    before = cut_query._encode_once.cache_info()
    cut_own(b"ua=1&ua=2", ADDRESS, b"Mozilla/5.0 never seen")
    assert cut_query._encode_once.cache_info() == before
