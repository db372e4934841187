"""A page: hundreds of clicks of one app and day in the order of their keys, in the bytes of one ledger row.

    version | msgpack of keys, heads, numbers of the visitors' and the ads' texts, ends, enrichments, texts

A record is taken apart where `record_layout` has its seams. Its head (from the flags to the ttclid, which no
compressor makes shorter; the key says what stands before) stands as it is. What its visitor and its ad say stands once
for the page, and all of that is compressed together. What has other seams (an earlier version, a pointer) stands whole.
"""

from collections.abc import Iterator, Sequence

import msgspec

from clicks.click_id import PACKED_BYTES, RANDOM_BYTES
from clicks.cold import ColdMember
from clicks.dictionary import Dictionaries
from clicks.enrichment import ENRICHMENT
from clicks.record_layout import POINTER, VERSION, Piece, inlined_record, read_layout

PAGE_VERSION = b"\x01"
PAGE_CLICKS = 256
"""Texts take few bytes per click then, and reading a page takes a quarter of a millisecond."""
_DICTIONARY = VERSION  # the dictionary of this version's records is the pages', too
_WHOLE = -1  # in place of the number of a text: the record is no head


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    keys: bytes
    heads: list[bytes]
    visitors: list[int]
    ads: list[int]
    ends: list[bytes]
    enrichments: dict[int, bytes]
    texts: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode
_encode_texts = _encode
_decode_texts = msgspec.msgpack.Decoder(list[bytes]).decode


class ColdPages:
    """Writes and reads pages. Holds the compressor, so one per thread."""

    def __init__(self) -> None:
        self._dictionaries = Dictionaries()

    def pack(self, members: Sequence[ColdMember]) -> bytes:
        """The page of members of one app and day, in the order of their keys."""
        numbers: dict[bytes, int] = {}
        heads, visitors, ads, ends = [], [], [], []
        for member in members:
            head, texts, end = self._apart(member.record)
            visitor, ad = (numbers.setdefault(text, len(numbers)) for text in texts) if texts else (_WHOLE, _WHOLE)
            heads.append(head)
            visitors.append(visitor)
            ads.append(ad)
            ends.append(end)
        enrichments = {n: member.enrichment for n, member in enumerate(members) if member.enrichment is not None}
        texts_frame = self._dictionaries.compress(_encode_texts(list(numbers)))
        keys = b"".join(member.key for member in members)
        return PAGE_VERSION + _encode(_Packed(keys, heads, visitors, ads, ends, enrichments, texts_frame))

    def unpack(self, app_id: str, page: bytes, wanted: frozenset[bytes] | None = None) -> Iterator[ColdMember]:
        """The members of a page, or those of the wanted keys.

        Raises:
            ValueError: a later program wrote it.
        """
        if page[:1] != PAGE_VERSION:
            raise ValueError(f"a page of clicks has version {page[0]}, which this program does not know")
        packed = _decode(page[1:])
        texts: list[bytes] = []
        for number, head in enumerate(packed.heads):
            key = packed.keys[number * PACKED_BYTES : (number + 1) * PACKED_BYTES]
            if wanted is not None and key not in wanted:
                continue
            texts = texts or _decode_texts(self._dictionaries.decompress(packed.texts, _DICTIONARY))
            record = head
            if packed.visitors[number] != _WHOLE:
                frames = [self._dictionaries.compress(texts[n[number]]) for n in (packed.visitors, packed.ads)]
                before = bytes((VERSION,)) + key[-RANDOM_BYTES:]
                record = inlined_record(before + head, frames, packed.ends[number])
            yield ColdMember(app_id, key, record, packed.enrichments.get(number))

    def without(self, page: bytes, keys: frozenset[bytes]) -> bytes | None:
        """The page without the members of these keys; None where nothing is left."""
        left = [member for member in self.unpack("", page) if member.key not in keys]
        return self.pack(left) if left else None

    def _apart(self, record: bytes) -> tuple[bytes, tuple[bytes, bytes] | None, bytes]:
        """Head, the texts of visitor and ad, end; the whole record and no texts where it does not come apart so."""
        if record[0] in (POINTER, ENRICHMENT) or record[0] != VERSION:
            return record, None, b""
        layout = read_layout(record)
        visitor, ad = layout.texts
        if visitor.is_reference or ad.is_reference:  # Redis had lost what it refers to
            return record, None, b""
        return layout.head[1 + RANDOM_BYTES :], (self._text(visitor), self._text(ad)), layout.rest

    def _text(self, piece: Piece) -> bytes:
        return self._dictionaries.decompress(piece.value, VERSION)
