"""Texts of one browser and one ad, and clicks that hold or refer to them."""

import random

from redis.asyncio import Redis

from clicks.address import AddressHasher, packed_address
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId
from clicks.committer import Committer
from clicks.cut_query import cut_ttclid
from clicks.record import Click, RecordCodec
from clicks.record_layout import PREFIX_SHIFT, Text, assemble
from clicks.record_strings import ad_text, visitor_text
from clicks.shared_strings import WEEK_S
from clicks.store import DAY_S, ClickStore

KEY = b"k" * 32
MONDAY = 2_951 * WEEK_S + 3 * DAY_S  # seconds; weeks count from a Thursday
RETENTION_S = 28 * DAY_S
AGENT = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 musical_ly_43.0.0"
QUERY = b"campaign_id=1&campaign_name=Spring&ttclid=E.C.P." + b"a" * 316
CODEC = RecordCodec()


class Clock:
    """Unix seconds that a test moves."""

    def __init__(self, now: float = MONDAY) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def visitor(agent: bytes = AGENT) -> Text:
    return CODEC.text(visitor_text(agent, b"en-GB"))


def ad() -> Text:
    return CODEC.text(ad_text(b"spring", b"app_1", cut_ttclid(QUERY).shared))


async def store_click(client: Redis, at_s: float, *pieces: Text, committer: Committer | None = None) -> bytes:
    """One click from 203.0.113.7 with these texts (visitor, ad); its record."""
    packed = packed_address("203.0.113.7")
    assert packed is not None
    cut = cut_ttclid(QUERY)
    click_id = ClickId(int(at_s * 1000), AddressHasher(KEY).hash(packed), random.randbytes(5))
    record = assemble(click_id.random, cut.prefix << PREFIX_SHIFT, packed + cut.packed, *pieces)
    batch = Batch("w", random.getrandbits(30), [Row(clicks_key(click_id.address_hash), click_id.at_ms, record)], {})
    await (committer or ClickStore(client, (KEY,))).apply(batch)
    return record


async def clicks_of(client: Redis) -> list[Click]:
    return await ClickStore(client, (KEY,)).find("203.0.113.7", 0, 2**53)


def is_whole(click: Click) -> bool:
    said = (click.link, click.app_id, click.user_agent, click.languages, click.query)
    return said == ("spring", "app_1", AGENT.decode(), "en-GB", QUERY.decode())
