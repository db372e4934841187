"""What every listener of ours asks of a request's head: no more than it can need, and one host (RFC 9112, 3.2)."""

import re

HTTP_VERSIONS = ("1.1", "1.0")  # a request line without a version is 0.9 to the parser
MAX_URL_BYTES = 8 * 1024  # httptools mangles URLs of 64 KiB and more without an error (MagicStack/httptools#43)
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024  # names and values of all of them

# RFC 3986: a registered name, or an address in brackets; an empty one where the target has no authority
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?")


def is_host(value: bytes) -> bool:
    """Whether this is a valid value of a Host header."""
    return _HOST.fullmatch(value) is not None
