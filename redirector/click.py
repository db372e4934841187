"""One visit to a Signal link: who came, with what, from where, and where they are sent."""

import secrets
import time
from collections.abc import Callable, Iterable

import msgspec

from clicks.address import AddressHasher, Networks, client_address, is_trusted, packed_address
from clicks.click_id import RANDOM_BYTES, ClickId
from clicks.counts import count_field
from clicks.links import Link
from clicks.record import PLATFORM_NUMBERS, RecordCodec, Visit, generated_ttp, pointer
from clicks.store import Row, clicks_key
from redirector.ads import MAX_REMEMBERED, MAX_REMEMBERED_BYTES, Ads
from redirector.link_table import LinkTable
from redirector.tally import Tally
from redirector.visitors import Visitor, read_user_agent

TTP_MAX_AGE_S = 34_190_000  # 13 months, as TikTok's own cookie
TTP_MAX_CHARS = 100
RANDOM_POOL_BYTES = 4_096
UNKNOWN_ADDRESS = bytes(4)
PREFETCH_HEADERS = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})

Headers = Iterable[tuple[bytes, bytes]]


class Request(msgspec.Struct, frozen=True):
    """A request for a Signal link: raw query string, headers with lower-case names, the connection's address."""

    query: bytes
    headers: Headers
    peer: str
    is_head: bool = False


class Hop(msgspec.Struct, frozen=True):
    """What a visit is answered with, and what of it is kept."""

    location: bytes
    set_cookie: bytes | None  # value of a Set-Cookie header
    rows: tuple[Row, ...]  # empty for visits that are not clicks
    count: str  # field of the counts hash
    click_id: str


class DeskSettings(msgspec.Struct, frozen=True):
    """What an operator decides about reading visits."""

    address_key: bytes  # the newest secret key of the address hash
    trusted_proxies: Networks  # whose X-Forwarded-For is believed
    public_base: str  # base of the Signal links: the page that offers both stores lies below it


class _Seen(msgspec.Struct):
    """The headers that matter."""

    user_agent: bytes = b""
    languages: bytes = b""
    cookie: bytes = b""
    forwarded_for: bytes = b""
    prefetch: bool = False


class ClickDesk:
    """Turns requests for Signal links into hops. `clock` gives Unix time in seconds, `random_bytes` that many."""

    def __init__(
        self,
        links: LinkTable,
        tally: Tally,
        settings: DeskSettings,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._links = links
        self._tally = tally
        self._settings = settings
        self._clock = clock
        self._token_bytes = random_bytes
        self._hasher = AddressHasher(settings.address_key)
        self._codec = RecordCodec()
        secure = "; Secure" if settings.public_base.startswith("https:") else ""
        self._cookie_end = f"; Max-Age={TTP_MAX_AGE_S}; Path=/; SameSite=Lax{secure}"
        self._visitors: dict[bytes, tuple[Visitor, bytes]] = {}
        self._languages: dict[bytes, bytes] = {}
        self._ads = Ads(links, tally)
        self._addresses: dict[str, tuple[bytes, bool]] = {}  # peer -> packed, whether its word on others counts
        self._random = b""
        self._random_at = 0

    def open(self, link: Link, visit: Request) -> Hop:
        """The hop of one visit. Never raises, whatever the visit carries."""
        seen = _read_headers(visit.headers)
        visitor, user_agent = self._visitor(seen.user_agent)
        kind = "head" if visit.is_head else visitor.kind
        if seen.prefetch and kind == "click":
            kind = "prefetch"
        self._tally.visits[link.slug, visitor.platform, kind] += 1
        ad, particulars = self._ads.read(link, visitor.platform, visit.query)
        address = self._address(visit.peer, seen.forwarded_for)
        at_ms = int(self._clock() * 1000)
        click = ClickId(at_ms, self._hasher.hash(address), self._random_bytes())
        click_id = click.text()
        location = ad.destination.location(click_id).encode("latin-1")
        count = count_field(at_ms, kind, ad.count_label)
        if kind != "click":
            return Hop(location, None, (), count, click_id)
        if ad.unexpanded or particulars.unexpanded:
            self._tally.unexpanded[ad.unexpanded + particulars.unexpanded] += 1
        if ad.is_wrong_os:
            self._tally.wrong_os[link.slug, visitor.platform] += 1
        languages = self._languages.get(seen.languages)
        if languages is None:
            languages = self._clean_languages(seen.languages)
        ttp, set_cookie = self._browser_id(link, seen.cookie, click_id)
        record = self._codec.encode(
            Visit(
                click.random, PLATFORM_NUMBERS[visitor.platform], address, ad.link, ad.app_id,
                user_agent, languages, visit.query, ttp,
            )
        )  # fmt: skip
        return Hop(
            location,
            set_cookie,
            self._rows(click, record, ad.other_address or particulars.other_address),
            count,
            click_id,
        )

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
        ttp = cookie_value(cookie)
        if ttp is not None or not link.generate_ttp:
            return ttp or b"", None
        return None, f"_ttp={generated_ttp(click_id)}{self._cookie_end}".encode()

    def _visitor(self, user_agent: bytes) -> tuple[Visitor, bytes]:
        """Who this is, and the header as it is stored."""
        known = self._visitors.get(user_agent)
        if known is None:
            known = read_user_agent(user_agent.decode("latin-1")), _without_controls(user_agent)
            if len(self._visitors) >= MAX_REMEMBERED:
                self._visitors.clear()
            if len(user_agent) <= MAX_REMEMBERED_BYTES:
                self._visitors[user_agent] = known
        return known

    def _clean_languages(self, header: bytes) -> bytes:
        languages = _without_controls(header)
        if len(self._languages) >= MAX_REMEMBERED:
            self._languages.clear()
        if len(header) <= MAX_REMEMBERED_BYTES:
            self._languages[header] = languages
        return languages

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


def _read_headers(headers: Headers) -> _Seen:
    seen = _Seen()
    for name, value in headers:
        if name == b"user-agent":
            seen.user_agent = value
        elif name == b"accept-language":
            seen.languages = value
        elif name == b"cookie":
            seen.cookie = seen.cookie + b"; " + value if seen.cookie else value
        elif name == b"x-forwarded-for":
            seen.forwarded_for = seen.forwarded_for + b"," + value if seen.forwarded_for else value
        elif name in PREFETCH_HEADERS and (b"prefetch" in value.lower() or b"preview" in value.lower()):
            seen.prefetch = True
    return seen


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
