"""What all clicks of one ad share, worked out once and remembered."""

import msgspec

from clicks.address import packed_address
from clicks.counts import QUARTER_MS, count_field, count_label
from clicks.cut_query import OWN, SAME_ADDRESS, CutQuery, cut_own, cut_ttclid
from clicks.links import Link
from clicks.macros import Macros, read_macros, straightened
from clicks.names import names_in
from clicks.query_shape import QueryShape, beginning, shape_of
from clicks.record import RecordCodec
from clicks.record_layout import Text
from clicks.record_strings import ad_text
from redirector.counters import Counters
from redirector.destinations import destination, is_wrong_os, says_something_to_the_app_store
from redirector.link_table import LinkTable
from redirector.utm import read_utm

_OWN_IP, _SAME_IP = b"ip=" + OWN, b"ip=" + SAME_ADDRESS
MAX_REMEMBERED = 20_000  # ads, user agents; forgotten all at once, which costs one parse each
MAX_REMEMBERED_BYTES = 1_024  # of each: longer ones nobody sends twice, and they would fill the memory


class Ad(msgspec.Struct):
    """What clicks of one ad on one link and platform have in common. Only the last three change."""

    link: str  # slug
    platform: str
    text: Text  # link, app and query as a record has them
    before: bytes  # the click id, in the URL where its visitors are sent
    after: bytes | None  # None where the URL carries no click id
    count_label: str
    other_address: bytes | None  # of the ip macro, where all of them have the same
    unexpanded: tuple[str, ...]
    is_wrong_os: bool
    clicks: int = 0  # since the counters was last moved
    quarter: int = 0  # of an hour, since 1970, in which its last click came
    field: str = ""  # of the counts hash, of a click in that quarter

    def location(self, click_id: bytes) -> bytes:
        """Where a visitor is sent."""
        return self.before if self.after is None else self.before + click_id + self.after

    def click_field(self, at_ms: int) -> str:
        """The field of the counts hash for a click at this time: made once a quarter of an hour."""
        quarter = at_ms // QUARTER_MS
        if quarter != self.quarter:
            self.quarter, self.field = quarter, count_field(at_ms, "click", self.count_label)
        return self.field


class AdClick(msgspec.Struct, frozen=True, gc=False):
    """A click's ad, its query without what it shares with it, and the address its ip macro says."""

    ad: Ad
    cut: CutQuery
    other_address: bytes | None


class _Shaped(msgspec.Struct, frozen=True):
    """How the queries of an ad look that have values of their own."""

    shape: QueryShape
    ad: Ad


_Key = tuple[str, str, str, bytes]


class Ads:
    """The ads seen lately, by link, platform and shared query."""

    def __init__(self, links: LinkTable, counters: Counters, codec: RecordCodec) -> None:
        self._links = links
        self._counters = counters
        self._codec = codec
        self._generation = 0
        # by link, its app (a backtest's clicks on one link are several apps'), platform and query
        self._known: dict[_Key, Ad] = {}
        self._shaped: dict[_Key, _Shaped] = {}  # the same, with the query up to the first value of its own; no more

    def __len__(self) -> int:
        return len(self._known)

    def read(self, link: Link, platform: str, query: bytes, address: bytes, user_agent: bytes) -> AdClick:
        """What a click's raw query says; `address` (packed) and `user_agent` are the visitor's."""
        if self._generation != self._links.generation:
            self._forget()
            self._generation = self._links.generation
        cut = cut_ttclid(query)
        ad = self._known.get((link.slug, link.app_id, platform, cut.shared))
        if ad is not None:  # but for its ttclid it has nothing of its own
            return AdClick(ad, cut, ad.other_address)
        key = (link.slug, link.app_id, platform, beginning(cut.shared))
        shaped = self._shaped.get(key) if cut.prefix else None
        if shaped is not None:
            own = shaped.shape.own_values(cut.shared, address, user_agent)
            if own is not None:
                return AdClick(shaped.ad, CutQuery(shaped.shape.shared, cut.prefix, cut.packed, own), None)
        ad_click = self._take_apart(link, platform, query, address, user_agent)
        is_known = shaped is not None and shaped.shape.shared == ad_click.cut.shared
        if cut.prefix and not is_known and straightened(query) is query:
            self._remember_shape(key, cut.shared, ad_click)
        return ad_click

    def _take_apart(self, link: Link, platform: str, query: bytes, address: bytes, user_agent: bytes) -> AdClick:
        # where it was bent, its ttclid may stand behind what was no separator
        cut = cut_ttclid(straightened(query))
        shared, own = cut_own(cut.shared, address, user_agent)
        if not cut.prefix and read_macros(cut.shared).ttclid_refused:
            self._counters.ttclids_refused += 1
        ad = self._ad(link, platform, shared)
        is_own = _OWN_IP in shared or (ad.other_address is not None and _SAME_IP in shared)
        other_address = _own_address(cut.shared) if is_own else ad.other_address
        return AdClick(ad, CutQuery(shared, cut.prefix, cut.packed, own), other_address)

    def _remember_shape(self, key: _Key, query: bytes, ad_click: AdClick) -> None:
        """Take the next query of this shape apart no more; where the ip macro says another address, it has to be."""
        shared = ad_click.cut.shared
        shape = None if _OWN_IP in shared else shape_of(query, shared)
        if shape is not None and len(shared) <= MAX_REMEMBERED_BYTES and ad_click.ad.other_address is None:
            self._shaped[key] = _Shaped(shape, ad_click.ad)

    def _forget(self) -> None:
        self._known.clear()
        self._shaped.clear()

    def _ad(self, link: Link, platform: str, shared: bytes) -> Ad:
        key = (link.slug, link.app_id, platform, shared)
        ad = self._known.get(key)
        if ad is None:
            ad = self._read(link, platform, shared)
            if len(self._known) >= MAX_REMEMBERED:
                self._forget()
            if len(shared) <= MAX_REMEMBERED_BYTES:
                self._known[key] = ad
        return ad

    def _read(self, link: Link, platform: str, shared: bytes) -> Ad:
        macros = read_macros(shared)
        values = macros.values
        campaign = values.get("campaign_name", "")
        if not campaign or (platform == "ios" and not says_something_to_the_app_store(campaign)):
            campaign = values.get("campaign_id", "")
        ids = (values.get(name, "") for name in ("campaign_id", "adgroup_id", "ad_id", "creative_id"))
        if len(self._counters.names) < MAX_REMEMBERED:
            self._counters.names |= {(name.kind, name.id): name for name in names_in(values)}
        base = self._links.hosts.base_of(link.app_id)
        leads_to = destination(link, platform, campaign, f"{base}/{link.slug}/stores", read_utm(shared))
        return Ad(
            link.slug,
            platform,
            self._codec.text(ad_text(link.slug.encode(), link.app_id.encode(), shared)),
            leads_to.before.encode("latin-1"),
            None if leads_to.after is None else leads_to.after.encode("latin-1"),
            count_label(link.slug, platform, *ids),
            _macro_address(macros),
            macros.unexpanded,
            is_wrong_os(link, platform),
        )


def _own_address(shared: bytes) -> bytes | None:
    """The address of the ip macro in a query; the other parameters, most of the work, are not read for it."""
    pairs = [
        pair for pair in shared.split(b"&") if pair.startswith((b"i", b"%", b"+"))
    ]  # as far as names may be encoded
    return _macro_address(read_macros(b"&".join(pairs)))


def _macro_address(macros: Macros) -> bytes | None:
    address = macros.values.get("ip")
    return packed_address(address) if address else None
