"""The table of Signal links as redirectors serve it: published to Redis, kept in their memory and in a file."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from clicks.keys import LINKS, LINKS_VERSION


class Link(msgspec.Struct, frozen=True):
    """A Signal link with everything the redirect needs. URLs are absolute http(s); None = no such store."""

    slug: str
    app_id: str
    ios_url: str | None = None
    android_url: str | None = None
    fallback_url: str | None = None
    mode: str = "redirect"  # redirect | bridge
    enabled: bool = True
    generate_ttp: bool = True  # whether a visitor without a `_ttp` cookie is given one


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Link).decode

# The version is a hash of the content: publishing what already stands changes nothing and makes no redirector reload.
_PUBLISH = """
local version = ARGV[1]
if redis.call('GET', KEYS[2]) == version then return 0 end
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[2], version)
return 1
"""


async def publish_links(redis: Any, links: Iterable[Link]) -> bool:
    """Replace the published table in one step; whether it changed."""
    rows = {link.slug: _encode(link) for link in sorted(links, key=lambda link: link.slug)}
    version = _version(rows)
    arguments: list[str | bytes] = [part for item in rows.items() for part in item]
    return bool(await redis.eval(_PUBLISH, 2, LINKS, LINKS_VERSION, version, *arguments))


async def published_version(redis: Any) -> str | None:
    """The version of the published table; None where nothing was published."""
    version = await redis.get(LINKS_VERSION)
    return version.decode() if version is not None else None


async def read_links(redis: Any) -> list[Link]:
    """The published table."""
    return [_decode(row) for row in (await redis.hgetall(LINKS)).values()]


def _version(rows: dict[str, bytes]) -> str:
    return hashlib.sha256(b"\n".join(rows.values())).hexdigest()[:16]
