"""What is remembered of an ad never changes what its next click says."""

from pathlib import Path
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from clicks.address import packed_address
from clicks.links import Link
from clicks.record import RecordCodec
from redirector.ads import AdClick, Ads
from redirector.counters import Counters
from redirector.link_table import LinkTable

SPRING = Link("spring", "app_1", "https://apps.apple.com/app/id1", "https://play.google.com/store/apps/details?id=a.b")
CODEC = RecordCodec()
AGENTS = (b"Phone/1.0 (a; b)", b"Phone")
ADDRESSES = tuple(packed_address(text) or b"" for text in ("203.0.113.7", "2001:db8::1"))
OF_AGENTS = [f"ua={quote_plus(agent)}" for agent in AGENTS]
PLACES = (
    [
        "callback=abc",
        "callback=x_y",
        "callback=__CALLBACK_PARAM__",
        "callback=a%3Bb",
        "callback=a;ad_id=9",
        "callback=",
    ],
    ["ip=203.0.113.7", "ip=203.0.113.8", "ip=2001:db8::1", "ip=__IP__", "x=y"],
    [*OF_AGENTS, "ua=Phone%2F1.0%20%28a%3B%20b%29", "ua=__UA__", "amp;ad_id=8"],
    ["ttclid=E.C.P.abcd", "ttclid=E.C.P.xyz012", "ttclid=odd", "ad_id=7"],
)
queries = st.tuples(*map(st.sampled_from, PLACES)).map(lambda parts: "&".join(["ad_name=1", *parts]).encode())


def ads() -> Ads:
    return Ads(LinkTable(Redis(), Path("unused")), Counters(), CODEC)


def said(click: AdClick) -> tuple[object, ...]:
    return click.ad.text.text, click.cut, click.other_address, click.ad.before, click.ad.count_label


@given(visits=st.lists(st.tuples(queries, st.sampled_from(ADDRESSES), st.sampled_from(AGENTS)), max_size=12))
def test_an_ad_seen_before_is_read_like_one_never_seen(visits: list[tuple[bytes, bytes, bytes]]) -> None:
    remembers = ads()
    for query, address, agent in visits:
        again = remembers.read(SPRING, "android", query, address, agent)
        assert said(again) == said(ads().read(SPRING, "android", query, address, agent))


def test_clicks_of_an_ad_that_differ_in_their_own_values_are_clicks_of_one_ad() -> None:
    remembers = ads()
    first, second = (
        remembers.read(
            SPRING, "android",
            b"ad_id=7&callback=" + callback + b"&ip=203.0.113.7&ttclid=E.C.P." + ttclid, ADDRESSES[0], AGENTS[0],
        )
        for callback, ttclid in ((b"abc", b"abcd"), (b"xyz", b"wxyz"))
    )  # fmt: skip
    assert first.ad is second.ad
    assert (first.cut.own, second.cut.own) == ((b"abc",), (b"xyz",))
    assert first.cut.packed != second.cut.packed
    assert len(remembers) == 1
