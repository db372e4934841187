"""Network addresses as apps send them: an address by which others can tell the phone, or none."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from clicks.address import address_text, packed_address
from clicks.placeholders import is_placeholder
from forwarder.errors import FieldError
from forwarder.intake.set_aside import NO_ADDRESS, NOT_PUBLIC, PLACEHOLDER, note

MAX_ADDRESSES = 8
MAX_LISTED = 100  # a phone's interfaces have many link-local addresses, which are not counted among the 8

# what everybody's documents (RFC 5737, RFC 3849) and load tests (RFC 2544) use stands for a public address
_EXAMPLES = (
    IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"),
    IPv4Network("198.18.0.0/15"), IPv6Network("2001:db8::/32"),
)  # fmt: skip
_PROTOCOLS = IPv4Network("192.0.0.0/24")  # RFC 6890: 192.0.0.4 is what a phone behind 464XLAT calls its own
# first bytes of IPv4 addresses with none among them that is private, shared, reserved, multicast or an example
_ORDINARY = frozenset(range(1, 224)) - {10, 100, 127, 169, 172, 192, 198, 203}
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|\[([0-9A-Fa-f:.]+)(?:%[^\]]*)?\](?::\d{1,5})?", re.ASCII)
_UNKNOWN = frozenset({"unknown", "localhost", "-", "n/a"})


def address(field: str, value: str | None) -> str | None:
    """A public IP address in its canonical text; an IPv4 mapped into IPv6 is the IPv4. None where the phone's network
    cannot be told by it: a private, shared or link-local address, or a word for nothing.

    A port, a zone id and a proxy's list (`client, proxy`) are read.

    Raises:
        FieldError: something else.
    """
    if value is None:
        return None
    packed = packed_address(value)
    if packed is not None:
        found = address_text(packed)
        if is_ordinary(packed) or is_public(found):
            return found
    return _from_parts(field, value) if value.strip() else None


def _from_parts(field: str, value: str) -> str | None:
    """The first public address of a proxy's list, or of anything that is none at once."""
    for part in value.split(","):
        text = _bare(part.strip())
        packed = packed_address(text)
        if packed is None:
            if not (is_placeholder(text) or text.lower() in _UNKNOWN or not text):
                raise FieldError(field, "must be an IPv4 or IPv6 address")
            note(field, PLACEHOLDER if is_placeholder(text) else NO_ADDRESS)
        elif is_public(found := address_text(packed)):
            return found
        else:
            note(field, NOT_PUBLIC)
    return None


def addresses(field: str, values: list[str] | None) -> list[str]:
    """Further addresses of one phone, without repeats and without those that tell nothing.

    Raises:
        FieldError: more than 8 of them, or as `address`.
    """
    listed = values or []
    if len(listed) > MAX_LISTED:
        raise FieldError(field, f"must be at most {MAX_ADDRESSES} addresses")
    found = [text for value in listed if (text := address(field, value)) is not None]
    if len(found) > MAX_ADDRESSES:
        raise FieldError(field, f"must be at most {MAX_ADDRESSES} addresses")
    return list(dict.fromkeys(found))


def is_ordinary(packed: bytes) -> bool:
    """Whether its first byte alone tells that the address is public: of nearly every IPv4 address it does."""
    return len(packed) == 4 and packed[0] in _ORDINARY


@lru_cache(maxsize=16_384)
def is_public(text: str) -> bool:
    """Whether the address is globally routable, or an example of the documents."""
    parsed = ip_address(text)
    if any(parsed in network for network in _EXAMPLES if network.version == parsed.version):
        return True
    if not parsed.is_global or parsed.is_multicast:
        return False
    return not _is_odd(parsed)


def _is_odd(parsed: IPv4Address | IPv6Address) -> bool:
    """Not for the public although Python's table of 3.11 says so."""
    return parsed in _PROTOCOLS if isinstance(parsed, IPv4Address) else parsed.is_site_local


def _bare(text: str) -> str:
    """Without port, brackets and zone id."""
    match = _WITH_PORT.fullmatch(text)
    return (match[1] or match[2]) if match is not None else text.partition("%")[0]
