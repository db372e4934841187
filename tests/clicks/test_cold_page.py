"""Pages of clicks: what comes out is what went in."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.click_id import ClickId
from clicks.cold import ColdMember, cold_key
from clicks.cold_page import PAGE_CLICKS, ColdPages
from clicks.enrichment import enrichment_record
from clicks.record import RecordCodec, pointer
from clicks.record_layout import VISITOR_REFERENCE, assemble
from tests.clicks.records import encode
from tests.clicks.texts import ad, visitor
from tests.clicks.visits import made_up_visit

AT_MS = 1_800_000_000_000
PAGES = ColdPages()


def members(count: int, seed: int = 1) -> list[ColdMember]:
    rng = random.Random(seed)
    visits = [made_up_visit(rng) for _ in range(count)]
    ids = [ClickId(AT_MS + n, rng.getrandbits(46), visit.random) for n, visit in enumerate(visits)]
    made = [
        ColdMember(
            "app_k3x7q2m5n8p4",
            cold_key(click_id),
            encode(visit),
            enrichment_record(click_id.random, {"timezone": "Europe/Berlin"}) if rng.random() < 0.2 else None,
        )
        for click_id, visit in zip(ids, visits, strict=True)
    ]
    return sorted(made, key=lambda member: member.key)


@given(st.integers(1, 40), st.integers(0, 1_000_000))
def test_a_page_gives_back_its_clicks(count: int, seed: int) -> None:
    given_members = members(count, seed)
    unpacked = list(PAGES.unpack("app_k3x7q2m5n8p4", PAGES.pack(given_members)))
    codec = RecordCodec()
    assert [(m.key, m.enrichment) for m in unpacked] == [(m.key, m.enrichment) for m in given_members]
    assert [codec.decode(m.record, AT_MS, 1) for m in unpacked] == [
        codec.decode(m.record, AT_MS, 1) for m in given_members
    ]


def test_what_has_other_seams_stands_whole() -> None:
    click_id = ClickId(AT_MS, 1, b"12345")
    text = visitor()
    text.reference = b"\x01" * 6  # that Redis had lost
    whole = [
        pointer(click_id),
        assemble(b"12345", 0, b"\xcb\x00\x71\x07", text, ad()),
        encode(made_up_visit(random.Random(2))).replace(b"\x02", b"\x01", 1),  # an earlier version
    ]
    assert whole[1][6] & VISITOR_REFERENCE
    packed = [ColdMember("a", cold_key(ClickId(AT_MS, n, b"12345")), record) for n, record in enumerate(whole)]
    assert list(PAGES.unpack("a", PAGES.pack(packed))) == packed


def test_only_the_wanted_are_unpacked() -> None:
    every = members(20)
    wanted = frozenset({every[3].key, every[17].key})
    assert [m.key for m in PAGES.unpack("a", PAGES.pack(every), wanted)] == sorted(wanted)


def test_a_page_without_some_is_the_page_of_the_others() -> None:
    every = members(20)
    gone = frozenset({every[0].key, every[9].key})
    left = PAGES.without(PAGES.pack(every), gone)
    assert left is not None
    assert [m.key for m in PAGES.unpack("a", left)] == [m.key for m in every if m.key not in gone]


def test_a_page_without_any_is_none() -> None:
    every = members(3)
    assert PAGES.without(PAGES.pack(every), frozenset(m.key for m in every)) is None


def test_a_page_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        list(PAGES.unpack("a", b"\x09" + PAGES.pack(members(1))[1:]))


def test_what_many_clicks_say_alike_stands_once() -> None:
    """Forty ads in a page; a click's own, mostly its ttclid, is 255 bytes."""
    rng = random.Random(3)
    ads = [made_up_visit(rng) for _ in range(40)]
    every = []
    for n in range(PAGE_CLICKS):
        visit = made_up_visit(rng)
        query = rng.choice(ads).query[:-322] + visit.query[-322:]
        key = cold_key(ClickId(AT_MS + n, n << 30, visit.random))
        every.append(ColdMember("a", key, encode(msgspec.structs.replace(visit, query=query))))
    assert len(PAGES.pack(every)) / PAGE_CLICKS < 320
