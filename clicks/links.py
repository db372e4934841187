"""The table of Signal links as redirectors serve it: published to Redis, kept in their memory and in a file."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from clicks.keys import LINK_CLICKS, LINKS, LINKS_VERSION, SITES


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Signal link with everything the redirect needs. URLs are absolute; None = no such store."""

    slug: str
    app_id: str
    ios_url: str | None = None
    android_url: str | None = None
    fallback_url: str | None = None
    mode: str = "redirect"  # redirect | bridge
    enabled: bool = True
    generate_ttp: bool = True  # whether a visitor without a `_ttp` cookie is given one
    bridge_weight: int | None = None  # percent of visitors who get the bridge page; None: the mode says
    utm: str = "add"  # add | replace | off: what becomes of utm_* parameters of the visit
    expires_at: int | None = None  # Unix s; from then on every visitor gets the fallback
    click_cap: int | None = None  # after so many clicks every visitor gets the fallback
    ended: bool = False  # expiry or cap has been reached; a redirector sets it for itself, it is never published


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """What redirectors serve of an app besides its links: its own host names and its deep-link files."""

    app_id: str
    domains: tuple[str, ...] = ()  # lower-case host names; the first is the base of the app's links
    apple_app_ids: tuple[str, ...] = ()  # `TEAMID0000.com.example.app`
    android_package: str = ""
    android_cert_sha256: tuple[str, ...] = ()  # fingerprints with colons
    name: str = ""  # of the app, as the operator calls it: shown on the page for computers


class Table(msgspec.Struct, frozen=True):
    """All that is published."""

    links: list[Link] = []
    sites: list[Site] = []
    clicks: dict[str, int] = {}  # slug -> clicks so far, as the ledger has them, for links with a cap


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Link).decode
_decode_site = msgspec.json.Decoder(Site).decode

# The version is a hash of the content: publishing what already stands changes nothing and makes no redirector reload.
_PUBLISH = """
local version, links = ARGV[1], tonumber(ARGV[2])
if redis.call('GET', KEYS[2]) == version then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
for i = 3, #ARGV, 2 do
    redis.call('HSET', i < 3 + 2 * links and KEYS[1] or KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call('SET', KEYS[2], version)
return 1
"""

# The ledger lags behind, and Redis may have been emptied: whichever number is higher stands.
_RAISE_CLICKS = """
for i = 1, #ARGV, 2 do
    if tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0) < tonumber(ARGV[i + 1]) then
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    end
end
"""


async def publish_links(
    redis: Any, links: Iterable[Link], sites: Iterable[Site] = (), clicks: Mapping[str, int] | None = None
) -> bool:
    """Replace the published table in one step; whether it changed. `clicks` raises the numbers of capped links."""
    rows = {link.slug: _encode(link) for link in sorted(links, key=lambda link: link.slug)}
    site_rows = {site.app_id: _encode(site) for site in sorted(sites, key=lambda site: site.app_id)}
    if clicks:
        numbers = [part for item in clicks.items() for part in item]
        await redis.eval(_RAISE_CLICKS, 1, LINK_CLICKS, *numbers)
    version = _version(rows, site_rows)
    arguments: list[str | bytes] = [part for item in (*rows.items(), *site_rows.items()) for part in item]
    return bool(await redis.eval(_PUBLISH, 3, LINKS, LINKS_VERSION, SITES, version, len(rows), *arguments))


async def published_version(redis: Any) -> str | None:
    """The version of the published table; None where nothing was published."""
    version = await redis.get(LINKS_VERSION)
    return version.decode() if version is not None else None


async def read_links(redis: Any) -> list[Link]:
    """The published links."""
    return [_decode(row) for row in (await redis.hgetall(LINKS)).values()]


async def read_sites(redis: Any) -> list[Site]:
    """What is published of the apps."""
    return [_decode_site(row) for row in (await redis.hgetall(SITES)).values()]


async def add_clicks(redis: Any, clicks: Mapping[str, int]) -> dict[str, int]:
    """Add clicks on capped links (slug -> clicks since the last call, 0 to only ask); the totals of all redirectors."""
    pipe = redis.pipeline(transaction=False)
    for slug, number in clicks.items():
        pipe.hincrby(LINK_CLICKS, slug, number)
    return dict(zip(clicks, await pipe.execute(), strict=True))


def _version(*tables: dict[str, bytes]) -> str:
    return hashlib.sha256(b"\0".join(b"\n".join(rows.values()) for rows in tables)).hexdigest()[:16]
