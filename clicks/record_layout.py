"""Where what lies in the bytes of a click record.

    version 2 | 5 random bytes of the click id | flags | IPv4 (4 bytes) or IPv6 (16) | ttclid, packed | texts | own
    version 1 | the same up to the ttclid                                                            | one frame

The texts are the visitor's and the ad's, each a frame behind its length, or a reference. What was written stays
readable: a new layout gets a new number.
"""

from collections.abc import Mapping, Sequence

import msgspec

from clicks.click_id import RANDOM_BYTES
from clicks.cut_query import packed_length

POINTER = 0  # in place of a version: the record is the id of a click that lies under its other address
ONE_FRAME = 1
VERSION = 2
REFERENCE_BYTES = 6

PLATFORM_BITS = 0b0000_0011
IPV6 = 0b0000_0100
TTP_GENERATED = 0b0000_1000
PREFIX_SHIFT = 4  # two bits: clicks.cut_query.PREFIXES
VISITOR_REFERENCE = 0b0100_0000
AD_REFERENCE = 0b1000_0000

_ADDRESS_START = 2 + RANDOM_BYTES
_BYTES = [bytes((number,)) for number in range(256)]
_VERSION = _BYTES[VERSION]


class Text(msgspec.Struct, weakref=True):
    """What many records say alike. The one thing here that changes: it may become a reference, and a frame again."""

    text: bytes
    inline: bytes  # compressed to a frame and behind its length, as it stands in a record
    reference: bytes | None = None  # where `clicks.shared_strings` keeps it, once it does
    uses: int = 0  # by clicks that hold it inline

    @property
    def frame(self) -> bytes:
        """The text, compressed."""
        return _piece(self.inline, 0, is_reference=False)[0].value


class Piece(msgspec.Struct, frozen=True):
    """A text as a record has it: a frame, or a reference to one."""

    value: bytes
    is_reference: bool


class Layout(msgspec.Struct, frozen=True):
    """The parts of a record; `packed` as in CutQuery. `rest` is the frame of all texts in version 1, else `own`."""

    version: int
    random: bytes
    flags: int
    address: bytes
    packed: bytes
    texts: tuple[Piece, ...]  # visitor, ad; none in version 1
    rest: bytes

    @property
    def prefix(self) -> int:
        return self.flags >> PREFIX_SHIFT & 3

    @property
    def head(self) -> bytes:
        """All before the texts, as it stands in the record."""
        return b"".join((_BYTES[self.version], self.random, _BYTES[self.flags], self.address, self.packed))


def with_length(frame: bytes) -> bytes:
    """A frame as it stands in a record."""
    length, head = len(frame), b""
    while length > 0x7F:  # seven bits to a byte, the lowest first, as in protocol buffers
        head += _BYTES[length & 0x7F | 0x80]
        length >>= 7
    return head + _BYTES[length] + frame


def assemble(random: bytes, flags: int, body: bytes, visitor: Text, ad: Text) -> bytes:
    """A record but for what is its own: `flags` without those of references, `body` the address and the ttclid."""
    first, second = visitor.reference, ad.reference
    if first is None:
        first = visitor.inline
    else:
        flags |= VISITOR_REFERENCE
    if second is None:
        second = ad.inline
    else:
        flags |= AD_REFERENCE
    return b"".join((_VERSION, random, _BYTES[flags], body, first, second))


def inlined_record(head: bytes, frames: Sequence[bytes], rest: bytes) -> bytes:
    """The record of a head that has no flags of references, the frames of visitor and ad, and the rest."""
    return b"".join((head, *map(with_length, frames), rest))


def inlined(record: bytes, texts: Mapping[bytes, Text]) -> bytes:
    """The same record with the texts it refers to, by reference; one that is not among them stays a reference."""
    if not references(record):
        return record
    layout = read_layout(record)
    flags, pieces = layout.flags, []
    for piece, flag in zip(layout.texts, (VISITOR_REFERENCE, AD_REFERENCE), strict=True):
        text = texts.get(piece.value) if piece.is_reference else None
        if text is not None:
            flags &= ~flag
            pieces.append(text.inline)
        else:
            pieces.append(piece.value if piece.is_reference else with_length(piece.value))
    return b"".join((msgspec.structs.replace(layout, flags=flags).head, *pieces, layout.rest))


def read_layout(record: bytes) -> Layout:
    """The parts of a record of this version or an earlier one."""
    version, flags = record[0], record[1 + RANDOM_BYTES]
    at = ttclid_start = _ADDRESS_START + (16 if flags & IPV6 else 4)
    if flags >> PREFIX_SHIFT & 3:
        at += packed_length(record, ttclid_start)
    packed = record[ttclid_start:at]
    texts: tuple[Piece, ...] = ()
    if version != ONE_FRAME:
        visitor, at = _piece(record, at, bool(flags & VISITOR_REFERENCE))
        ad, at = _piece(record, at, bool(flags & AD_REFERENCE))
        texts = visitor, ad
    address = record[_ADDRESS_START:ttclid_start]
    return Layout(version, record[1 : 1 + RANDOM_BYTES], flags, address, packed, texts, record[at:])


def references(record: bytes) -> list[bytes]:
    """What has to be fetched before a record can be read."""
    if record[0] != VERSION or record[1 + RANDOM_BYTES] < VISITOR_REFERENCE:
        return []
    return [piece.value for piece in read_layout(record).texts if piece.is_reference]


def _piece(record: bytes, at: int, is_reference: bool) -> tuple[Piece, int]:
    """The text that begins at `at`, and where the next part begins."""
    length = REFERENCE_BYTES
    if not is_reference:
        length = shift = 0
        while record[at] > 0x7F:
            length |= (record[at] & 0x7F) << shift
            shift += 7
            at += 1
        length |= record[at] << shift
        at += 1
    return Piece(record[at : at + length], is_reference), at + length
