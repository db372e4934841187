"""What the texts of a record tell, read once for all records that hold the same: an address has thousands of clicks."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from clicks.cut_query import PACKED, CutQuery, has_marks, put_together, unpacked_ttclid
from clicks.dictionary import Dictionaries
from clicks.macros import CLICK_FIELDS, Macros, clean_text, read_macros
from clicks.record_layout import ONE_FRAME, VERSION, Layout, Piece

SEPARATOR = b"\x00"
PLAIN, FRAME = b"\x00", b"\x01"  # what begins the end of a record: the click's own as it is, or compressed
MAX_REMEMBERED = 5_000  # visitors, ads; forgotten all at once
MAX_REMEMBERED_BYTES = 2_048  # of each, decompressed


class RecordFields(msgspec.Struct, frozen=True):
    """A record's texts. `macros` are the fields of a Click that its query says, by name."""

    link: str
    app_id: str
    user_agent: str
    languages: str
    ttp: str  # the cookie; '' where there is none
    query: str
    macros: Mapping[str, Any]


class _Visitor(msgspec.Struct, frozen=True):
    agent: bytes
    user_agent: str
    languages: str


class _Ad(msgspec.Struct, frozen=True):
    """`macros` is None where they depend on more than the ad and a packed ttclid."""

    link: str
    app_id: str
    shared: bytes
    before: str  # the ttclid
    after: str
    macros: Mapping[str, Any] | None


_Said = TypeVar("_Said", _Visitor, _Ad)


def visitor_text(user_agent: bytes, languages: bytes) -> bytes:
    """What a record says of the visitor's browser."""
    return user_agent + SEPARATOR + languages


def ad_text(link: bytes, app_id: bytes, shared_query: bytes) -> bytes:
    """What a record says of the ad."""
    return SEPARATOR.join((link, app_id, shared_query))


_NO_VISITOR = visitor_text(b"", b"")
_NO_AD = ad_text(b"", b"", b"ttclid=" + PACKED)  # without its ad a click still has what it is kept for


class RecordStrings:
    """Reads the texts of records."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries
        self._visitors: dict[Piece, _Visitor] = {}
        self._ads: dict[Piece, _Ad] = {}

    def told(self, layout: Layout, texts: Mapping[bytes, bytes]) -> RecordFields:
        """What a record tells; `texts` by reference."""
        if layout.version == ONE_FRAME:
            return self._one_frame(layout)
        visitor_piece, ad_piece = layout.texts
        visitor = self._visitors.get(visitor_piece) or self._visitor(visitor_piece, texts)
        ad = self._ads.get(ad_piece) or self._ad(ad_piece, texts)
        ttp, own = self._own(layout.rest)
        if ad.macros is None or own:
            query, macros = _read_query(CutQuery(ad.shared, layout.prefix, layout.packed, own), layout, visitor.agent)
        elif layout.prefix:
            ttclid = unpacked_ttclid(layout.prefix, layout.packed)
            query, macros = ad.before + ttclid + ad.after, {**ad.macros, "ttclid": ttclid}
        else:
            query, macros = ad.before + ad.after, ad.macros
        return RecordFields(ad.link, ad.app_id, visitor.user_agent, visitor.languages, ttp, query, macros)

    def _one_frame(self, layout: Layout) -> RecordFields:
        text = self._dictionaries.decompress(layout.rest, layout.version)
        link, app_id, user_agent, languages, ttp, shared = text.split(SEPARATOR, 5)
        query, macros = _read_query(CutQuery(shared, layout.prefix, layout.packed), layout, user_agent)
        agent, accepts = _header_text(user_agent), _header_text(languages)
        return RecordFields(link.decode(), app_id.decode(), agent, accepts, _header_text(ttp), query, macros)

    def _own(self, rest: bytes) -> tuple[str, tuple[bytes, ...]]:
        """The `_ttp` cookie and the query's own values."""
        if not rest:
            return "", ()
        text = rest[1:] if rest[:1] == PLAIN else self._dictionaries.decompress(rest[1:], VERSION)
        ttp, *values = text.split(SEPARATOR)
        return _header_text(ttp), tuple(values)

    def _visitor(self, piece: Piece, texts: Mapping[bytes, bytes]) -> _Visitor:
        text = self._text(piece, texts)
        agent, _, languages = (_NO_VISITOR if text is None else text).partition(SEPARATOR)
        visitor = _Visitor(agent, _header_text(agent), _header_text(languages))
        if text is not None and len(text) <= MAX_REMEMBERED_BYTES:
            _remember(self._visitors, piece, visitor)
        return visitor

    def _ad(self, piece: Piece, texts: Mapping[bytes, bytes]) -> _Ad:
        text = self._text(piece, texts)
        link, app_id, shared = (_NO_AD if text is None else text).split(SEPARATOR, 2)
        before, packed, after = shared.partition(PACKED)
        macros = read_macros(shared)
        depends = has_marks(before) or has_marks(after)
        if packed:  # another ttclid might come before it
            depends |= "ttclid" in macros.values or "ttclid" in macros.unexpanded
        fields = None if depends else _fields(macros)
        ad = _Ad(link.decode(), app_id.decode(), shared, before.decode("latin-1"), after.decode("latin-1"), fields)
        if text is not None and len(text) <= MAX_REMEMBERED_BYTES:
            _remember(self._ads, piece, ad)
        return ad

    def _text(self, piece: Piece, texts: Mapping[bytes, bytes]) -> bytes | None:
        return texts.get(piece.value) if piece.is_reference else self._dictionaries.decompress(piece.value, VERSION)


def _remember(known: dict[Piece, _Said], piece: Piece, said: _Said) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    known[piece] = said


def _read_query(cut: CutQuery, layout: Layout, agent: bytes) -> tuple[str, Mapping[str, Any]]:
    query = put_together(cut, layout.address, agent)
    return query.decode("latin-1"), _fields(read_macros(query))


def _fields(macros: Macros) -> Mapping[str, Any]:
    values = macros.values
    return {name: values.get(name) for name in CLICK_FIELDS} | {
        "macro_ip": values.get("ip"),
        "macro_user_agent": values.get("ua"),
        "macros_unexpanded": macros.unexpanded,
    }


def _header_text(raw: bytes) -> str:
    """Header values are bytes: UTF-8 where they are that, else latin-1."""
    try:
        return clean_text(raw.decode())
    except UnicodeDecodeError:
        return clean_text(raw.decode("latin-1"))
