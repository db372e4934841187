"""One visit to a Signal link: who came, with what, from where, and where they are sent."""

import secrets
import time
from collections.abc import Callable

import msgspec

from clicks.address import AddressHasher, Networks, client_address, is_trusted, packed_address
from clicks.batch import Row, clicks_key
from clicks.click_id import RANDOM_BYTES, ClickId
from clicks.counts import count_field
from clicks.links import Link
from clicks.record import PLATFORM_NUMBERS, RecordCodec, generated_ttp_bytes, pointer
from clicks.record_layout import IPV6, PREFIX_SHIFT, TTP_GENERATED, Text, assemble
from clicks.record_strings import visitor_text
from clicks.shared_strings import MIN_USES
from redirector.ads import MAX_REMEMBERED, MAX_REMEMBERED_BYTES, AdClick, Ads
from redirector.counters import Counters
from redirector.crawlers import LookupLimit, is_listed
from redirector.link_table import LinkTable
from redirector.seen_headers import Headers, SeenHeaders, read_headers
from redirector.visitors import read_user_agent

TTP_MAX_AGE_S = 34_190_000  # 13 months, as TikTok's own cookie
TTP_MAX_CHARS = 100
RANDOM_POOL_BYTES = 4_096
UNKNOWN_ADDRESS = bytes(4)
MAX_TEXTS = 10_000  # that wait to be shared


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request for a Signal link: raw query string, headers with lower-case names, the connection's address."""

    query: bytes
    headers: Headers
    peer: str
    is_head: bool = False


class Redirect(msgspec.Struct, frozen=True, gc=False):
    """What a visit is answered with, and what of it is kept."""

    location: bytes
    set_cookie: bytes | None  # value of a Set-Cookie header
    rows: tuple[Row, ...]  # empty for visits that are not clicks
    count: str  # field of the counts hash
    click_id: str


class VisitReaderSettings(msgspec.Struct, frozen=True):
    """What an operator decides about reading visits."""

    address_key: bytes  # the newest secret key of the address hash
    trusted_proxies: Networks  # whose X-Forwarded-For is believed
    public_base: str  # base of the Signal links: the page that offers both stores lies below it


class _Visitor(msgspec.Struct, frozen=True):
    """What a User-Agent and an Accept-Language header say: see `redirector.visitors`."""

    platform: str
    platform_number: int
    kind: str
    user_agent: bytes  # as it is stored
    text: Text


class VisitReader:
    """Turns requests for Signal links into redirects. `clock` gives Unix time in seconds, `random_bytes` that many."""

    def __init__(
        self,
        links: LinkTable,
        counters: Counters,
        settings: VisitReaderSettings,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._links = links
        self._counters = counters
        self._settings = settings
        self._clock = clock
        self._token_bytes = random_bytes
        self._hasher = AddressHasher(settings.address_key)
        self._codec = RecordCodec()
        secure = "; Secure" if settings.public_base.startswith("https:") else ""
        self._cookie_end = f"; Max-Age={TTP_MAX_AGE_S}; Path=/; SameSite=Lax{secure}".encode()
        self._visitors: dict[tuple[bytes, bytes], _Visitor] = {}
        self._ads = Ads(links, counters, self._codec)
        self._addresses: dict[str, tuple[bytes, bool]] = {}  # peer -> packed, whether its word on others counts
        self._lookups = LookupLimit(clock)
        self._random = b""
        self._random_at = 0

    def open(self, link: Link, visit: Request) -> Redirect:
        """The redirect of one visit. Never raises, whatever the visit carries."""
        return self.open_seen(link, visit.query, read_headers(visit.headers), visit.peer, visit.is_head)

    def open_seen(self, link: Link, query: bytes, seen: SeenHeaders, peer: str, is_head: bool = False) -> Redirect:
        """The same where the headers are read already."""
        visitor = self._visitor(seen.user_agent, seen.languages)
        kind = "head" if is_head else visitor.kind
        if seen.prefetch and kind == "click":
            kind = "prefetch"
        address = self._address(peer, seen.forwarded_for)
        ad_click = self._ads.read(link, visitor.platform, query, address, visitor.user_agent)
        ad = ad_click.ad
        at_ms = int(self._clock() * 1000)
        click = ClickId(at_ms, self._hasher.hash(address), self._random_bytes())
        click_id = click.text()
        location = ad.location(click_id.encode())
        if kind != "click":
            self._counters.visits[link.slug, visitor.platform, kind] += 1
            return Redirect(location, None, (), count_field(at_ms, kind, ad.count_label), click_id)
        if not ad.clicks:
            self._counters.clicked.append(ad)
        ad.clicks += 1
        ttp, set_cookie = self._browser_id(link, seen.cookie, click_id)
        rows = self._rows(click, self._record(click.random, visitor, ad_click, address, ttp), ad_click.other_address)
        return Redirect(location, set_cookie, rows, ad.click_field(at_ms), click_id)

    def _record(self, random: bytes, visitor: _Visitor, ad_click: AdClick, address: bytes, ttp: bytes | None) -> bytes:
        cut, text = ad_click.cut, ad_click.ad.text
        flags = visitor.platform_number | cut.prefix << PREFIX_SHIFT
        if len(address) == 16:
            flags |= IPV6
        if ttp is None:
            flags |= TTP_GENERATED
        if text.reference is None:
            self._used(text)
        if visitor.text.reference is None:
            self._used(visitor.text)
        record = assemble(random, flags, address + cut.packed, visitor.text, text)
        return record + self._codec.own(ttp or b"", cut.own) if ttp or cut.own else record

    def _used(self, text: Text) -> None:
        """A record holds this text: one that many hold is worth sharing."""
        text.uses += 1
        if text.uses % MIN_USES == 0 and len(self._counters.texts) < MAX_TEXTS:
            self._counters.texts.append(text)

    def _rows(self, click: ClickId, record: bytes, other_address: bytes | None) -> tuple[Row, ...]:
        row = Row(clicks_key(click.address_hash), click.at_ms, record)
        if other_address is None:
            return (row,)
        other_hash = self._hasher.hash(other_address)
        if other_hash == click.address_hash:  # the same address, or the same /64
            return (row,)
        return row, Row(clicks_key(other_hash), click.at_ms, pointer(click))

    def _browser_id(self, link: Link, cookie: bytes, click_id: str) -> tuple[bytes | None, bytes | None]:
        """The `_ttp` to keep with the click (None = the generated one), and the cookie to set."""
        ttp = cookie_value(cookie) if cookie else None
        if ttp is not None or not link.generate_ttp:
            return ttp or b"", None
        return None, b"_ttp=" + generated_ttp_bytes(click_id.encode()) + self._cookie_end

    def _visitor(self, user_agent: bytes, languages: bytes) -> _Visitor:
        known = self._visitors.get((user_agent, languages))
        if known is None:
            thorough = self._lookups.take()
            read = read_user_agent(user_agent.decode("latin-1"), is_listed if thorough else _nobody)
            stored = _without_controls(user_agent)
            text = self._codec.text(visitor_text(stored, _without_controls(languages)))
            known = _Visitor(read.platform, PLATFORM_NUMBERS[read.platform], read.kind, stored, text)
            if len(self._visitors) >= MAX_REMEMBERED:
                self._visitors.clear()
            if thorough and len(user_agent) + len(languages) <= MAX_REMEMBERED_BYTES:
                self._visitors[user_agent, languages] = known
        return known

    def _address(self, peer: str, forwarded_for: bytes) -> bytes:
        known = self._addresses.get(peer)
        if known is None:
            known = packed_address(peer) or UNKNOWN_ADDRESS, is_trusted(peer, self._settings.trusted_proxies)
            if len(self._addresses) >= MAX_REMEMBERED:
                self._addresses.clear()
            self._addresses[peer] = known
        address, speaks_for_others = known
        if not forwarded_for or not speaks_for_others:
            return address
        forwarded = forwarded_for.decode("latin-1")
        if "," not in forwarded:  # one proxy, which names its client
            return packed_address(forwarded) or address
        return packed_address(client_address(peer, forwarded, self._settings.trusted_proxies)) or address

    def _random_bytes(self) -> bytes:
        start = self._random_at
        if start + RANDOM_BYTES > len(self._random):
            self._random, start = self._token_bytes(RANDOM_POOL_BYTES), 0
        self._random_at = start + RANDOM_BYTES
        return self._random[start : start + RANDOM_BYTES]


def _nobody(_user_agent: str) -> bool:
    return False


_CONTROLS = bytes(range(32)) + b"\x7f"


def _without_controls(value: bytes) -> bytes:
    return value if value.isascii() and value.decode("ascii").isprintable() else value.translate(None, _CONTROLS)


def cookie_value(cookie: bytes) -> bytes | None:
    """The `_ttp` cookie; None where there is none that could be TikTok's."""
    if b"_ttp=" not in cookie:
        return None
    for part in cookie.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == b"_ttp":
            value = value.strip(b'"')
            usable = 0 < len(value) <= TTP_MAX_CHARS and value.isascii() and value.decode("ascii").isprintable()
            return value if usable else None
    return None
