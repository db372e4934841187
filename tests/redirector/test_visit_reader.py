"""The reader of visits, where HTTP cannot show it: what it remembers, and what it never does."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from clicks.address import AddressHasher, packed_address
from clicks.batch import clicks_key
from clicks.links import Link
from clicks.record import RecordCodec
from redirector import ads, visit_reader
from redirector.counters import Counters
from redirector.link_table import LinkTable
from redirector.visit_reader import Request, VisitReader, VisitReaderSettings
from tests.redirector.wire import ANDROID

SPRING = Link("spring", "app_1", "https://apps.apple.com/app/id1", "https://play.google.com/store/apps/details?id=a.b")


def reader(base: str = "http://t.test") -> VisitReader:
    links = LinkTable(Redis(), Path("unused"))
    return VisitReader(links, Counters(), VisitReaderSettings(b"k" * 32, (), base), clock=lambda: 1_800_000_000.5)


READER = reader()


def headers(*pairs: tuple[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"user-agent", ANDROID.encode()), *pairs)


@given(
    query=st.binary(max_size=200),
    values=st.lists(
        st.tuples(st.sampled_from([b"user-agent", b"cookie", b"x-forwarded-for", b"purpose"]), st.binary())
    ),
    peer=st.text(max_size=40),
)
def test_no_visit_raises_and_each_is_sent_to_the_stored_url(
    query: bytes, values: list[tuple[bytes, bytes]], peer: str
) -> None:
    redirect = READER.open(SPRING, Request(query, values, peer))
    assert redirect.location.startswith(
        (b"https://apps.apple.com/app/id1", b"https://play.google.com/store/", b"/spring/")
    )
    assert redirect.location.isascii()
    assert b"\r" not in redirect.location
    assert b"\n" not in redirect.location


@pytest.mark.parametrize(("base", "secure"), [("https://go.example", True), ("http://127.0.0.1:8000", False)])
def test_the_ttp_cookie_is_secure_where_the_links_are_https(base: str, secure: bool) -> None:
    redirect = reader(base).open(SPRING, Request(b"", headers(), "203.0.113.7"))
    assert redirect.set_cookie is not None
    assert redirect.set_cookie.endswith(b"; Max-Age=34190000; Path=/; SameSite=Lax" + (b"; Secure" if secure else b""))


@pytest.mark.parametrize(
    "cookie", [b"_ttp=", b"_ttp=" + b"a" * 101, b"_ttp=\xc3\xa9", b"x_ttp=abc", b"_ttp", b'_ttp=""']
)
def test_a_ttp_that_cannot_be_tiktoks_is_replaced(cookie: bytes) -> None:
    assert reader().open(SPRING, Request(b"", headers((b"cookie", cookie)), "203.0.113.7")).set_cookie is not None


def test_long_user_agents_and_queries_are_not_remembered() -> None:
    one = reader()
    for number in range(50):
        long = b"Mozilla/5.0 (iPhone) %d " % number + b"a" * visit_reader.MAX_REMEMBERED_BYTES
        one.open(SPRING, Request(b"q=" + long, ((b"user-agent", long),), "203.0.113.7"))
    assert len(one._visitors) == len(one._ads) == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_reader, "MAX_REMEMBERED", 10)
    monkeypatch.setattr(ads, "MAX_REMEMBERED", 10)
    one = reader()
    for number in range(100):
        request = Request(b"ad_id=%d" % number, ((b"user-agent", b"Phone %d" % number),), f"203.0.113.{number}")
        one.open(SPRING, request)
    assert max(len(one._visitors), len(one._ads), len(one._addresses)) <= 10


def test_a_link_that_changed_is_not_answered_from_memory() -> None:
    links = LinkTable(Redis(), Path("unused"))
    one = VisitReader(links, Counters(), VisitReaderSettings(b"k" * 32, (), "http://t.test"))
    visit = Request(b"ad_id=1", headers(), "203.0.113.7")
    assert b"id=a.b" in one.open(SPRING, visit).location
    links.generation += 1
    changed = Link("spring", "app_1", android_url="https://play.google.com/store/apps/details?id=c.d")
    assert b"id=c.d" in one.open(changed, visit).location


def test_clicks_on_one_link_of_two_apps_are_each_their_apps() -> None:
    one = reader()
    for app_id in ("app_1", "app_2"):
        link = msgspec.structs.replace(SPRING, app_id=app_id)
        (row,) = one.open(link, Request(b"ad_id=1", headers(), "203.0.113.7")).rows
        assert RecordCodec().decode(row.record, row.at_ms, 1).app_id == app_id


@pytest.mark.parametrize(
    ("query", "address"),
    [
        (b"ad_id=1&ip=198.51.100.1", "198.51.100.1"),
        (b"ad_id=1&ip=198.51.100.1&ip=198.51.100.2", "198.51.100.1"),
        (b"ad_id=1&ip=198.51.100.1&%69p=198.51.100.2", "198.51.100.1"),
        (b"ad_id=1&%69p=198.51.100.2&ip=198.51.100.1", "198.51.100.2"),
        (b"ad_id=1&ip=203.0.113.7&%69p=198.51.100.2", None),
        (b"ad_id=1&ip=__IP__&ip=198.51.100.1", "198.51.100.1"),
        (b"ad_id=1&ip=203.0.113.7", None),
        (b"ad_id=1&ip=__IP__", None),
    ],
)
def test_a_click_also_lies_under_the_address_its_ip_macro_says(query: bytes, address: str | None) -> None:
    for _ in range(2):  # also when the ad is remembered
        rows = READER.open(SPRING, Request(query, headers(), "203.0.113.7")).rows
        packed = packed_address(address) if address is not None else None
        second = [clicks_key(AddressHasher(b"k" * 32).hash(packed))] if packed is not None else []
        assert [row.key for row in rows[1:]] == second
