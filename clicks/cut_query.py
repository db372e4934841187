"""A click's query string, cut into what it shares with other clicks of its ad and what is its own.

In what is shared, bytes that no URL holds mark the places of what was cut out: the ttclid, packed to three bytes for
four characters, and the values of `callback`, `ip`, `ua` and of ttclids in other shapes than TikTok's. Put together
again it is the query byte for byte.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

import msgspec

from clicks.address import address_text

PREFIXES = {b"E.C.P.": 1, b"E_C_P_": 2}  # of TikTok's ttclids, and their numbers; 0 = no ttclid is packed
_PREFIX_BYTES = {number: prefix for prefix, number in PREFIXES.items()}
PREFIX_CHARS = 6
MAX_PACKED_CHARS = 1_000  # a longer one is stored as absent: see clicks.macros
OWN_PARAMETERS = frozenset({b"callback", b"ip", b"ua", b"ttclid"})
_OWN_STARTS = tuple(name + b"=" for name in sorted(OWN_PARAMETERS))
MAX_OWN = 8  # values: TikTok sends each once, and whoever sends thousands would have us encode and compare each
MAX_REMEMBERED_AGENTS = 5_000
MAX_REMEMBERED_BYTES = 1_024

PACKED = b"\x01"
SAME_ADDRESS = b"\x02"  # the value is the visitor's address
SAME_AGENT_FORM = b"\x03"  # the User-Agent header, form-encoded
SAME_AGENT = b"\x04"  # the same, percent-encoded
OWN = b"\x05"  # the next of the click's own values
_MARKS = re.compile(rb"[\x01-\x05]")
# URL-safe base64 to the standard's, and all that it does not know to what the standard does not know either
_URLSAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URLSAFE_TO_STANDARD = bytes(_STANDARD[_URLSAFE.index(byte)] if byte in _URLSAFE else 0 for byte in range(256))
_BASE64 = msgspec.json.Decoder(bytes)  # twice as fast as binascii's; nothing but base64 gets into its string
_STANDARD_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")


class CutQuery(msgspec.Struct, frozen=True, gc=False):
    """`prefix` is a number of PREFIXES, `packed` two bytes with the number of characters behind it and their bytes."""

    shared: bytes
    prefix: int = 0
    packed: bytes = b""
    own: tuple[bytes, ...] = ()


def cut_ttclid(query: bytes) -> CutQuery:
    """The query without its last ttclid, where that has TikTok's shape; nothing else is cut."""
    start = query.rfind(b"=") + 1  # found at once where the ttclid is the last parameter, as TikTok has it
    if query[start - 7 : start + 1] != b"ttclid=E" or start < 7:
        start = query.rfind(b"ttclid=E") + 7
    if start < 7 or (start > 7 and query[start - 8] != 38):  # "&"
        return CutQuery(query)
    end = query.find(b"&", start)
    if end < 0:
        end = len(query)
    number = PREFIXES.get(query[start : start + PREFIX_CHARS])
    length = end - start - PREFIX_CHARS
    if number is None or not 0 < length <= MAX_PACKED_CHARS - PREFIX_CHARS:
        return CutQuery(query)
    characters = query[start + PREFIX_CHARS : end].translate(_URLSAFE_TO_STANDARD)
    try:
        packed = _BASE64.decode(b'"%b%b"' % (characters, b"AAA"[: -length % 4]))
    except msgspec.MsgspecError:
        return CutQuery(query)
    return CutQuery(query[:start] + PACKED + query[end:], number, length.to_bytes(2) + packed)


def cut_own(shared: bytes, address: bytes, user_agent: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """What `cut_ttclid` left, further cut: what is shared, and the values that are not, in their order.

    `address` is the visitor's, packed.
    """
    pairs = shared.split(b"&")
    own: list[bytes] = []
    cut = 0
    for index in [index for index, pair in enumerate(pairs) if pair.startswith(_OWN_STARTS)]:
        name, _, value = pairs[index].partition(b"=")
        if not value or value[:1] == b"_" or value == PACKED:
            continue
        mark = mark_of(name, value, address, user_agent)
        if mark == OWN:
            own.append(value)
        pairs[index] = name + b"=" + mark
        cut += 1
        if cut == MAX_OWN:
            break
    return b"&".join(pairs), tuple(own)


def mark_of(name: bytes, value: bytes, address: bytes, user_agent: bytes) -> bytes:
    """The mark for a value that the visit carries anyway; OWN for any other."""
    if name == b"ip" and value == address_text(address).encode():
        return SAME_ADDRESS
    if name == b"ua" and len(user_agent) <= len(value):  # encoded it is no shorter
        form, percent = _encoded(user_agent)
        if value == form:
            return SAME_AGENT_FORM
        if value == percent:
            return SAME_AGENT
    return OWN


def put_together(cut: CutQuery, address: bytes, user_agent: bytes) -> bytes:
    """The query that was cut; what is missing of its own values is left empty."""
    own: Iterator[bytes] = iter(cut.own)
    ttclid = unpacked_ttclid(cut.prefix, cut.packed).encode()
    repeats: Mapping[bytes, bytes] = {PACKED: ttclid, SAME_ADDRESS: address_text(address).encode()}
    if SAME_AGENT_FORM in cut.shared or SAME_AGENT in cut.shared:
        form, percent = _encoded(user_agent)
        repeats = {**repeats, SAME_AGENT_FORM: form, SAME_AGENT: percent}
    return _MARKS.sub(lambda mark: next(own, b"") if mark[0] == OWN else repeats[mark[0]], cut.shared)


def has_marks(part: bytes) -> bool:
    """Whether anything was cut out of this."""
    return _MARKS.search(part) is not None


def packed_length(record: bytes, start: int) -> int:
    """The bytes that a packed ttclid which begins at `start` takes."""
    characters = record[start] << 8 | record[start + 1]
    return 2 + -(-characters // 4) * 3


def unpacked_ttclid(prefix: int, packed: bytes) -> str:
    """The ttclid that `cut_ttclid` packed; '' where it packed none."""
    if not prefix:
        return ""
    length = packed[0] << 8 | packed[1]
    characters = b2a_base64(packed[2:], newline=False)[:length].translate(_STANDARD_TO_URLSAFE)
    return (_PREFIX_BYTES[prefix] + characters).decode()


def _encoded(user_agent: bytes) -> tuple[bytes, bytes]:
    """The header form-encoded and percent-encoded."""
    return _encode_once(user_agent) if len(user_agent) <= MAX_REMEMBERED_BYTES else _encode(user_agent)


def _encode(user_agent: bytes) -> tuple[bytes, bytes]:
    return quote_plus(user_agent).encode(), quote(user_agent, safe="").encode()


_encode_once = lru_cache(MAX_REMEMBERED_AGENTS)(_encode)
