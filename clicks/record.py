"""A click, and the bytes it is in Redis.

The time is the member's score and the address hash its key, so neither is in the record (`clicks.record_layout`). A
ttclid is base64url after its prefix: three bytes hold four characters, which no general compressor reaches. The visitor
(User-Agent and Accept-Language) and the ad (link, app and the query but for what is the click's own) are texts that
many clicks share: each lies in the record, compressed with a trained dictionary, or in `clicks.shared_texts`. The query
string comes out byte for byte; what it says is read when the click is read.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from clicks.address import address_text
from clicks.click_id import ClickId, format_click_id
from clicks.cut_query import PACKED, CutQuery, cut_own, cut_ttclid, put_together
from clicks.dictionary import Dictionaries
from clicks.macros import clean_text, read_macros
from clicks.record_layout import (
    IPV6,
    ONE_FRAME,
    PLATFORM_BITS,
    POINTER,
    PREFIX_SHIFT,
    TTP_GENERATED,
    VERSION,
    Layout,
    Piece,
    Text,
    assemble,
    read_layout,
    with_length,
)

PLATFORMS = ("ios", "android", "other")
PLATFORM_NUMBERS = {platform: number for number, platform in enumerate(PLATFORMS)}
TTP_CHARS = 27
TTP_HASH_BYTES = 20  # 27 base64 characters
MAX_PLAIN_BYTES = 100  # of a click's own: what is that short and nobody else's does not compress

_SEPARATOR = b"\x00"
_PLAIN, _FRAME = b"\x00", b"\x01"
_STANDARD_TO_ALPHANUMERIC = bytes.maketrans(b"+/", b"pS")
NO_TEXTS: Mapping[bytes, bytes] = {}


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """One person's opening of a Signal link, as the visit carried it. Absent and unexpanded values are None."""

    click_id: str
    at_ms: int  # Unix time in ms
    link: str  # slug
    app_id: str
    platform: str  # ios | android | other
    ip: str  # the visitor's address, canonical text
    user_agent: str
    languages: str  # the Accept-Language header
    query: str  # the raw query string as clicked
    ttp: str | None
    ttclid: str | None
    macro_ip: str | None
    macro_user_agent: str | None
    campaign_id: str | None
    campaign_name: str | None
    adgroup_id: str | None
    adgroup_name: str | None
    ad_id: str | None
    ad_name: str | None
    placement: str | None
    callback: str | None
    macros_unexpanded: tuple[str, ...]
    enrichment: dict[str, Any] | None = None  # what a bridge page told: screen, timezone, languages, touch_points


class Visit(msgspec.Struct, frozen=True):
    """What of a visit goes into a record; `random` is the click id's last 5 bytes, `platform` an index of PLATFORMS."""

    random: bytes
    platform: int
    ip: bytes  # 4 or 16 bytes
    link: bytes
    app_id: bytes
    user_agent: bytes
    languages: bytes
    query: bytes
    ttp: bytes | None  # the cookie; None = generated, see `generated_ttp`


class _Said(msgspec.Struct, frozen=True):
    """The texts of a record."""

    link: bytes
    app_id: bytes
    user_agent: bytes
    languages: bytes
    ttp: bytes
    query: bytes  # as `clicks.cut_query` cut it
    own: tuple[bytes, ...]


def generated_ttp(click_id: str) -> str:
    """The `_ttp` set for a visitor without one: 27 characters like TikTok's own, from the click id, never stored."""
    digest = blake2b(click_id.encode(), digest_size=TTP_HASH_BYTES).digest()
    return b2a_base64(digest, newline=False)[:TTP_CHARS].translate(_STANDARD_TO_ALPHANUMERIC).decode()


def visitor_text(user_agent: bytes, languages: bytes) -> bytes:
    """What a record says of the visitor's browser."""
    return user_agent + _SEPARATOR + languages


def ad_text(link: bytes, app_id: bytes, shared_query: bytes) -> bytes:
    """What a record says of the ad."""
    return _SEPARATOR.join((link, app_id, shared_query))


class RecordCodec:
    """Writes and reads records. Holds the compressor, so one per thread."""

    def __init__(self) -> None:
        self._dictionaries = Dictionaries()

    def text(self, text: bytes) -> Text:
        """A text to assemble records with."""
        frame = self._dictionaries.compress(text)
        return Text(text, frame, with_length(frame))

    def own(self, ttp: bytes, values: tuple[bytes, ...]) -> bytes:
        """The end of a record: the `_ttp` cookie and the query's own values, nothing where there are none."""
        if not ttp and not values:
            return b""
        text = _SEPARATOR.join((ttp, *values))
        return _PLAIN + text if len(text) <= MAX_PLAIN_BYTES else _FRAME + self._dictionaries.compress(text)

    def encode(self, visit: Visit) -> bytes:
        """The record of a click, nothing of it shared."""
        cut = cut_ttclid(visit.query)
        shared, own = cut_own(cut.shared, visit.ip, visit.user_agent)
        flags = visit.platform | cut.prefix << PREFIX_SHIFT
        flags |= (IPV6 if len(visit.ip) == 16 else 0) | (TTP_GENERATED if visit.ttp is None else 0)
        visitor = self.text(visitor_text(visit.user_agent, visit.languages))
        ad = self.text(ad_text(visit.link, visit.app_id, shared))
        return assemble(visit.random, flags, visit.ip + cut.packed, visitor, ad) + self.own(visit.ttp or b"", own)

    def decode(self, record: bytes, at_ms: int, address_hash: int, texts: Mapping[bytes, bytes] = NO_TEXTS) -> Click:
        """The click of a record of this version or an earlier one.

        `texts` holds what `record_layout.references` names, by reference; where one is missing, what it said is empty.
        """
        layout = read_layout(record)
        said = self._one_frame(layout) if layout.version == ONE_FRAME else self._pieces(layout, texts)
        cut = CutQuery(said.query, layout.prefix, layout.packed, said.own)
        query = put_together(cut, layout.address, said.user_agent)
        click_id = format_click_id(at_ms, address_hash, layout.random)
        macros = read_macros(query)
        return Click(
            click_id=click_id,
            at_ms=at_ms,
            link=said.link.decode(),
            app_id=said.app_id.decode(),
            platform=PLATFORMS[layout.flags & PLATFORM_BITS],
            ip=address_text(layout.address),
            user_agent=_header_text(said.user_agent),
            languages=_header_text(said.languages),
            query=query.decode("latin-1"),
            ttp=generated_ttp(click_id) if layout.flags & TTP_GENERATED else _header_text(said.ttp) or None,
            macros_unexpanded=macros.unexpanded,
            **_macro_fields(macros.values),
        )

    def _one_frame(self, layout: Layout) -> _Said:
        text = self._dictionaries.decompress(layout.rest, layout.version)
        link, app_id, user_agent, languages, ttp, query = text.split(_SEPARATOR, 5)
        return _Said(link, app_id, user_agent, languages, ttp, query, ())

    def _pieces(self, layout: Layout, texts: Mapping[bytes, bytes]) -> _Said:
        visitor, ad = (self._read(piece, texts) for piece in layout.texts)
        user_agent, _, languages = (visitor or b"").partition(_SEPARATOR)
        # without its ad a click still has its ttclid, which is what it is kept for
        link, app_id, query = (ad or ad_text(b"", b"", b"ttclid=" + PACKED)).split(_SEPARATOR, 2)
        own = layout.rest[1:]
        if layout.rest[:1] == _FRAME:
            own = self._dictionaries.decompress(own, VERSION)
        ttp, *values = own.split(_SEPARATOR)
        return _Said(link, app_id, user_agent, languages, ttp, query, tuple(values))

    def _read(self, piece: Piece, texts: Mapping[bytes, bytes]) -> bytes | None:
        return texts.get(piece.value) if piece.is_reference else self._dictionaries.decompress(piece.value, VERSION)


def pointer(click_id: ClickId) -> bytes:
    """The record under a click's second address: it says where the click itself lies."""
    return bytes((POINTER,)) + click_id.pack()


def _macro_fields(values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ttclid": values.get("ttclid"),
        "macro_ip": values.get("ip"),
        "macro_user_agent": values.get("ua"),
        "campaign_id": values.get("campaign_id"),
        "campaign_name": values.get("campaign_name"),
        "adgroup_id": values.get("adgroup_id"),
        "adgroup_name": values.get("adgroup_name"),
        "ad_id": values.get("ad_id"),
        "ad_name": values.get("ad_name"),
        "placement": values.get("placement"),
        "callback": values.get("callback"),
    }


def _header_text(raw: bytes) -> str:
    """Header values are bytes: UTF-8 where they are that, else latin-1."""
    try:
        return clean_text(raw.decode())
    except UnicodeDecodeError:
        return clean_text(raw.decode("latin-1"))
