"""The headers of a visit that matter: who came, with what, from where."""

from collections.abc import Iterable

import msgspec

PREFETCH_HEADERS = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})
READ_HEADERS = PREFETCH_HEADERS | {b"user-agent", b"accept-language", b"cookie", b"x-forwarded-for"}

Headers = Iterable[tuple[bytes, bytes]]


class SeenHeaders(msgspec.Struct, gc=False):
    """What they say. Cookies and hops of several headers of one name are one list."""

    user_agent: bytes = b""
    languages: bytes = b""
    cookie: bytes = b""
    forwarded_for: bytes = b""
    prefetch: bool = False


def read_headers(headers: Headers) -> SeenHeaders:
    """`headers` have names in lower case."""
    seen = SeenHeaders()
    for name, value in headers:
        if name not in READ_HEADERS:
            continue
        if name == b"user-agent":
            seen.user_agent = value
        elif name == b"accept-language":
            seen.languages = value
        elif name == b"cookie":
            seen.cookie = joined_cookies(seen.cookie, value)
        elif name == b"x-forwarded-for":
            seen.forwarded_for = joined_hops(seen.forwarded_for, value)
        elif is_prefetch(value):
            seen.prefetch = True
    return seen


def joined_cookies(before: bytes, value: bytes) -> bytes:
    return before + b"; " + value if before else value


def joined_hops(before: bytes, value: bytes) -> bytes:
    return before + b"," + value if before else value


def is_prefetch(value: bytes) -> bool:
    """Whether one of PREFETCH_HEADERS says that nobody has tapped."""
    value = value.lower()
    return b"prefetch" in value or b"preview" in value
