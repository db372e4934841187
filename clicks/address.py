"""What two visits by one phone share on the network: the exact IPv4 address, or the /64 of an IPv6 one.

Phones change the lower half of an IPv6 address about daily, while a /64 belongs to one connection or one home
(RFC 6459, RFC 8981). IPv4-mapped IPv6 addresses are the IPv4 address they hold.
"""

import hashlib
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

HASH_BITS = 46
MAPPED_PREFIX = bytes(10) + b"\xff\xff"
MAX_REMEMBERED = 50_000

Networks = Sequence[IPv4Network | IPv6Network]


def packed_address(text: str) -> bytes | None:
    """The 4 or 16 bytes of an address; None where the text is none. Brackets, a zone and a port are tolerated."""
    if ":" not in text:
        try:
            return socket.inet_pton(socket.AF_INET, text)
        except (OSError, ValueError):
            pass
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        if ":" in text:
            packed = socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
            return packed[12:] if packed.startswith(MAPPED_PREFIX) else packed
        return socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return None


def address_text(packed: bytes) -> str:
    """The canonical text of 4 or 16 bytes."""
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def address_key(text: str) -> str | None:
    """What two visits share: `203.0.113.7`, or `2001:db8:1:2::/64`; None where the text is no address."""
    packed = packed_address(text)
    if packed is None:
        return None
    if len(packed) == 4:
        return address_text(packed)
    return address_text(packed[:8] + bytes(8)) + "/64"


class AddressHasher:
    """Keyed hashes of address keys: Redis never holds a key from which an address could be enumerated."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=8)  # copied for each address: the key is read once
        self._known: dict[bytes, int] = {}

    def hash(self, packed: bytes) -> int:
        """46 bits for the key of 4 or 16 packed bytes. Two addresses may share one: records hold the address."""
        shared = packed if len(packed) == 4 else packed[:8]
        value = self._known.get(shared)
        if value is None:
            keyed = self._keyed.copy()
            keyed.update(shared)
            value = int.from_bytes(keyed.digest()) >> (64 - HASH_BITS)
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[shared] = value
        return value


def client_address(peer: str, forwarded_for: str | None, trusted: Networks) -> str:
    """Whose visit this is: the connection's address, or what trusted proxies say of it.

    X-Forwarded-For is read from the right and only as far as each hop that spoke is trusted: what stands to the left of
    the first stranger was written by the client itself.
    """
    address = peer
    if not forwarded_for or not is_trusted(peer, trusted):
        return address
    ranges = _ranges(tuple(trusted))
    for hop in reversed(forwarded_for.split(",")):
        packed = packed_address(hop)
        if packed is None:
            break
        address = address_text(packed)
        if not _lies_in(packed, ranges):
            break
    return address


def is_trusted(peer: str, trusted: Networks) -> bool:
    """Whether a connection's address is one of a trusted proxy."""
    packed = packed_address(peer)
    return packed is not None and _lies_in(packed, _ranges(tuple(trusted)))


@lru_cache(maxsize=16)
def _ranges(networks: tuple[IPv4Network | IPv6Network, ...]) -> tuple[tuple[int, int, int], ...]:
    """Bytes of an address, mask and masked value of each network: comparing integers takes a tenth of `ipaddress`."""
    return tuple(
        (network.max_prefixlen // 8, int(network.netmask), int(network.network_address)) for network in networks
    )


def _lies_in(packed: bytes, ranges: tuple[tuple[int, int, int], ...]) -> bool:
    number = int.from_bytes(packed)
    return any(len(packed) == size and number & mask == value for size, mask, value in ranges)
