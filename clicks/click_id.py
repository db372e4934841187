"""Click ids: 128 bits in 22 base62 characters.

    42 bits  time in ms since 1970 (until 2109)
    46 bits  keyed hash of the address: leads back to the click's key in Redis
    40 bits  random

Nobody outside knows the last 86 bits, so an id cannot be guessed; and it sorts by time.
"""

import re
import string

import msgspec

from clicks.address import HASH_BITS

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH = 22
PACKED_BYTES = 16
RANDOM_BYTES = 5
RANDOM_BITS = 8 * RANDOM_BYTES
_HALF = 11  # 62**11 > 2**64: each 64-bit half is written on its own, which spares arithmetic on big integers
_BITS_BELOW = 64 - RANDOM_BITS  # of the address's hash, in the lower half
_BITS_ABOVE = HASH_BITS - _BITS_BELOW
_BELOW = (1 << _BITS_BELOW) - 1
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
# an id by itself, or in a referrer, which some store apps encode more than once
_NAMED = re.compile(rf"(?:^|(?:^|[&?]|%(?:25)*26)click_id(?:=|%(?:25)*3[Dd]))([0-9A-Za-z]{{{LENGTH}}})(?![0-9A-Za-z])")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


class ClickId(msgspec.Struct, frozen=True, gc=False):
    """The parts of a click id: time in ms, the address's keyed hash (46 bits), 5 random bytes."""

    at_ms: int
    address_hash: int
    random: bytes

    def text(self) -> str:
        """The id as it stands in URLs: 22 characters."""
        return format_click_id(self.at_ms, self.address_hash, self.random)

    def pack(self) -> bytes:
        """The id's 16 bytes."""
        return (_joined(self.at_ms, self.address_hash, self.random)).to_bytes(PACKED_BYTES)


def unpack_click_id(packed: bytes) -> ClickId:
    """The parts of 16 bytes that `ClickId.pack` made."""
    return _parts(int.from_bytes(packed))


def format_click_id(at_ms: int, address_hash: int, random: bytes) -> str:
    """The 22 characters for these parts."""
    high = at_ms << _BITS_ABOVE | address_hash >> _BITS_BELOW
    low = (address_hash & _BELOW) << RANDOM_BITS | int.from_bytes(random)
    return _half(high) + _half(low)


def _half(number: int) -> str:
    # four characters at a time keep the further divisions on small integers, which takes a third off
    rest, c = divmod(number, 62**4)
    a, b = divmod(rest, 62**4)
    pairs = _PAIRS
    return f"{pairs[a // 62]}{ALPHABET[a % 62]}{pairs[b // 3844]}{pairs[b % 3844]}{pairs[c // 3844]}{pairs[c % 3844]}"


def parse_click_id(text: str) -> ClickId | None:
    """The parts of an id; None where the text cannot be one of ours."""
    if len(text) != LENGTH:
        return None
    high, low = _number(text[:_HALF]), _number(text[_HALF:])
    if high is None or low is None:
        return None
    return _parts(high << 64 | low)


def click_ids_in(text: str) -> list[str]:
    """Every id that a text names which may be one of ours: it is an id itself, or Play's referrer."""
    return [one for one in _NAMED.findall(text) if parse_click_id(one) is not None]


def _joined(at_ms: int, address_hash: int, random: bytes) -> int:
    return (at_ms << HASH_BITS | address_hash) << RANDOM_BITS | int.from_bytes(random)


def _parts(number: int) -> ClickId:
    return ClickId(
        at_ms=number >> (HASH_BITS + RANDOM_BITS),
        address_hash=number >> RANDOM_BITS & ((1 << HASH_BITS) - 1),
        random=(number & ((1 << RANDOM_BITS) - 1)).to_bytes(RANDOM_BYTES),
    )


def _number(half: str) -> int | None:
    number = 0
    for character in half:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number * 62 + value
    return number if number < 1 << 64 else None
