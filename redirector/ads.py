"""What all clicks of one ad share, worked out once and remembered.

The generated link names the ad first and what belongs to the one click last (`callback`, `ip`, `ua`, `ttclid`), so the
query up to `callback` is the ad's. A query in another order is remembered whole, but for its ttclid.
"""

import msgspec

from clicks.address import packed_address
from clicks.counts import count_label
from clicks.links import Link
from clicks.macros import is_unexpanded, read_macros
from clicks.names import names_in
from redirector.destinations import Destination, destination, is_wrong_os
from redirector.link_table import LinkTable
from redirector.tally import Tally
from redirector.utm import read_utm

MAX_REMEMBERED = 20_000  # ads, user agents; forgotten all at once, which costs one parse each
MAX_REMEMBERED_BYTES = 2_048  # of each: longer ones nobody sends twice, and they would fill the memory
MAX_USUAL = 100
MAX_USUAL_BYTES = 100
TTCLID_MAX_CHARS = 1_000
OWN_PARAMETERS = frozenset({b"", b"callback", b"ip", b"ua", b"ttclid"})


class Ad(msgspec.Struct, frozen=True):
    """What clicks of one ad on one link and platform have in common."""

    link: bytes
    app_id: bytes
    destination: Destination
    count_label: str
    other_address: bytes | None  # of the ip macro, where it stands among the ad's parameters
    unexpanded: tuple[str, ...]
    is_wrong_os: bool


class Particulars(msgspec.Struct, frozen=True):
    """What a click's own parameters say."""

    other_address: bytes | None
    unexpanded: tuple[str, ...]


NONE = Particulars(None, ())


class Ads:
    """The ads seen lately, by link, platform and query."""

    def __init__(self, links: LinkTable, tally: Tally) -> None:
        self._links = links
        self._tally = tally
        self._generation = 0
        self._known: dict[tuple[str, str, bytes], Ad] = {}
        self._usual: dict[bytes, Particulars] = {}  # parameters that TikTok left unexpanded are the same for everybody

    def __len__(self) -> int:
        return len(self._known)

    def read(self, link: Link, platform: str, query: bytes) -> tuple[Ad, Particulars]:
        """The ad of a click's raw query, and what is the click's own."""
        rest = self._without_ttclid(query)
        cut = rest.find(b"&callback=")
        if cut >= 0:
            own = rest[cut:]
            particulars = self._usual.get(own) or self._particulars(own)
            if particulars is not None:
                return self._ad(link, platform, rest[:cut]), particulars
        return self._ad(link, platform, rest), NONE

    def _ad(self, link: Link, platform: str, shared: bytes) -> Ad:
        key = (link.slug, platform, shared)
        if self._generation != self._links.generation or len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
            self._generation = self._links.generation
        ad = self._known.get(key)
        if ad is None:
            ad = self._read(link, platform, shared)
            if len(shared) <= MAX_REMEMBERED_BYTES:
                self._known[key] = ad
        return ad

    def _read(self, link: Link, platform: str, shared: bytes) -> Ad:
        macros = read_macros(shared)
        values = macros.values
        campaign = values.get("campaign_name") or values.get("campaign_id") or ""
        ids = (values.get("campaign_id", ""), values.get("adgroup_id", ""), values.get("ad_id", ""))
        macro_ip = values.get("ip")
        if len(self._tally.names) < MAX_REMEMBERED:
            self._tally.names |= {(name.kind, name.id): name for name in names_in(values)}
        base = self._links.hosts.base_of(link.app_id)
        return Ad(
            link.slug.encode(),
            link.app_id.encode(),
            destination(link, platform, campaign, f"{base}/{link.slug}/stores", read_utm(shared)),
            count_label(link.slug, platform, *ids),
            packed_address(macro_ip) if macro_ip else None,
            macros.unexpanded,
            is_wrong_os(link, platform),
        )

    def _particulars(self, own: bytes) -> Particulars | None:
        """What the query says from `callback` on; None where an ad's parameter stands there, too."""
        address = None
        unexpanded: list[str] = []
        for pair in own.split(b"&"):
            name, _, value = pair.partition(b"=")
            if name not in OWN_PARAMETERS:
                return None
            if value.startswith(b"_") and is_unexpanded(value.decode("latin-1")):
                unexpanded.append(name.decode())
            elif name == b"ip" and address is None:
                address = packed_address(read_macros(pair).values.get("ip", ""))
        particulars = Particulars(address, tuple(unexpanded)) if address or unexpanded else NONE
        if address is None and len(own) <= MAX_USUAL_BYTES:
            if len(self._usual) >= MAX_USUAL:
                self._usual.clear()
            self._usual[own] = particulars
        return particulars

    def _without_ttclid(self, query: bytes) -> bytes:
        start = query.rfind(b"ttclid=")
        if start < 0 or (start > 0 and query[start - 1] != ord("&")):
            return query
        end = query.find(b"&", start)
        self._watch(query[start + 7 :] if end < 0 else query[start + 7 : end])
        return query[:start] if end < 0 else query[:start] + query[end:]

    def _watch(self, ttclid: bytes) -> None:
        """Count a ttclid that is stored as absent."""
        if (len(ttclid) > TTCLID_MAX_CHARS or b"%" in ttclid) and read_macros(b"ttclid=" + ttclid).ttclid_refused:
            self._tally.ttclids_refused += 1
