"""Visits per quarter hour, link, platform, kind, ad and creative: in Redis until the worker moves them to the ledger.

A drain renames the hash, so that counting goes on beside it, and keeps its id until the ledger has committed: a drain
that was cut off is given again with the same id, which lets the ledger add it once.
"""

import uuid
from typing import Any

import msgspec

from clicks.keys import COUNTS, COUNTS_DRAIN_ID, COUNTS_DRAINING

SEPARATOR = "\x1f"
QUARTER_MS = 900_000
QUARTER_S = 900
HOUR_S = 3600
# Marks a field whose number counts quarters: versions before counted hours, and what they wrote may lie in Redis and
# in spools. A worker of such a version fails to read a marked field and leaves it to the next.
QUARTER_MARK = "q"
MAX_ID_CHARS = 32  # TikTok's ids have up to 19 digits; anything else is not one, and would only make the hash grow


class VisitCount(msgspec.Struct, frozen=True):
    """How many visits of one kind a link had in one quarter of an hour. Ids are '' where absent."""

    begins_s: int  # Unix seconds
    link: str
    platform: str  # ios | android | other
    kind: str  # click | preload | prefetch | bot | preview | head
    campaign_id: str
    adgroup_id: str
    ad_id: str
    visits: int
    creative_id: str = ""


class Drain(msgspec.Struct, frozen=True):
    """Counts on their way to the ledger, under an id that names them if they are given again."""

    drain_id: str
    counts: list[VisitCount]


def count_label(link: str, platform: str, *ids: str) -> str:
    """The part of a count's field that does not change with the time and the kind.

    `ids` are campaign, ad group, ad and creative. Without a creative the field is as versions before wrote it, which
    counted none: their workers read all others meanwhile.
    """
    campaign_id, adgroup_id, ad_id, creative_id = ((one if is_id(one) else "") for one in (*ids, "")[:4])
    ad = SEPARATOR.join((link, platform, campaign_id, adgroup_id, ad_id))
    return f"{ad}{SEPARATOR}{creative_id}" if creative_id else ad


def count_field(at_ms: int, kind: str, label: str) -> str:
    """The field of the counts hash for a visit at this time."""
    return f"{QUARTER_MARK}{at_ms // QUARTER_MS}{SEPARATOR}{kind}{SEPARATOR}{label}"


def is_id(text: str) -> bool:
    """Whether this may be an id of TikTok's."""
    return len(text) <= MAX_ID_CHARS and text.isascii() and text.isalnum()


def _read_field(field: str, visits: int) -> VisitCount:
    begin, kind, link, platform, campaign_id, adgroup_id, ad_id, *creative_id = field.split(SEPARATOR)
    ids = (campaign_id, adgroup_id, ad_id)
    return VisitCount(_begins_s(begin), link, platform, kind, *ids, visits, "".join(creative_id))


def _begins_s(begin: str) -> int:
    if begin.startswith(QUARTER_MARK):
        return int(begin.removeprefix(QUARTER_MARK)) * QUARTER_S
    return int(begin) * HOUR_S


async def drain(redis: Any) -> Drain | None:
    """Set the counts so far aside for the ledger; None where there are none. Finish once the ledger has committed."""
    # two workers at once: the first one's id stands, both add the same drain, the ledger takes one
    await redis.set(COUNTS_DRAIN_ID, uuid.uuid4().hex, nx=True)
    moved = await redis.exists(COUNTS_DRAINING) or await _set_aside(redis)
    if not moved:
        return None
    drain_id = await redis.get(COUNTS_DRAIN_ID)
    fields = await redis.hgetall(COUNTS_DRAINING)
    if drain_id is None or not fields:  # another worker has finished it meanwhile
        return None
    return Drain(drain_id.decode(), [_read_field(field.decode(), int(visits)) for field, visits in fields.items()])


async def _set_aside(redis: Any) -> bool:
    if not await redis.exists(COUNTS):
        return False
    return bool(await redis.renamenx(COUNTS, COUNTS_DRAINING))


_FINISH = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1], KEYS[2])
end
return 0
"""


async def finish_drain(redis: Any, drained: Drain) -> None:
    """Forget a drain that the ledger holds. Does nothing where another worker did so already."""
    await redis.eval(_FINISH, 2, COUNTS_DRAIN_ID, COUNTS_DRAINING, drained.drain_id)
