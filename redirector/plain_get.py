"""A strict look at the raw bytes of a request: the plain GET that nearly every visit is, before the parser is asked.

It takes one whole head that any two parsers read alike, and nothing else: an exact request line, ASCII, one blank or
none behind each colon, no folded or empty header, none that frames a body, upgrades, expects or closes. Whatever it
does not take is no error: the parser decides. What lines say is remembered, as most visitors send the same ones.
"""

import re

from config.http_heads import MAX_HEADERS, is_host
from redirector.seen_headers import PREFETCH_HEADERS, SeenHeaders, is_prefetch, joined_cookies, joined_hops

MAX_HEAD_BYTES = 8 * 1024  # below the parser's limits of a target and of all headers
MAX_REMEMBERED = 5_000  # header lines; forgotten all at once
MAX_REMEMBERED_BYTES = 1_024  # of each
START, END = b"GET /", b" HTTP/1.1\r"
_TARGET_BYTES = bytes(byte for byte in range(0x21, 0x7F) if byte != ord("#"))  # a fragment is the long way's
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([!-~](?:[\t -~]*[!-~])?)\r")
# a request with one of these is the parser's: what follows may be its body, or its end is not ours to say
_NEVER_PLAIN = frozenset(
    {
        b"content-length", b"transfer-encoding", b"connection", b"proxy-connection", b"upgrade", b"expect", b"te",
        b"trailer", b"http2-settings",
    }
)  # fmt: skip
_KEPT_ALIVE = b"keep-alive"
_NOTHING, _HOST, _USER_AGENT, _LANGUAGES, _COOKIE, _FORWARDED_FOR, _PREFETCH = range(7)
_KINDS = {
    b"host": _HOST, b"user-agent": _USER_AGENT, b"accept-language": _LANGUAGES, b"cookie": _COOKIE,
    b"x-forwarded-for": _FORWARDED_FOR,
}  # fmt: skip
_HOPS = (b"X-Forwarded-For: ", b"x-forwarded-for: ")
_ADDRESS_BYTES = b"0123456789abcdefABCDEF.:"
_EACH_VISITORS_OWN = (_COOKIE, _FORWARDED_FOR)

PlainGet = tuple[bytes, bytes, bytes, SeenHeaders]  # path, query, Host, what the headers say
_Line = tuple[int, bytes]  # what kind of header, its value


class PlainGets:
    """Reads plain GETs."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Line] = {}

    def __len__(self) -> int:
        return len(self._known)

    def read(self, data: bytes) -> PlainGet | None:
        """The request that these bytes are, whole and alone; None where the parser has to be asked."""
        if data[:5] != START or data[-4:] != b"\r\n\r\n" or len(data) > MAX_HEAD_BYTES:
            return None
        lines = data.split(b"\n")
        first = lines[0]
        target = first[4:-10]
        if first[-10:] != END or target.translate(None, _TARGET_BYTES) or len(lines) > MAX_HEADERS:
            return None
        del lines[0], lines[-2:]
        seen = SeenHeaders()
        host = self._read_lines(lines, seen)
        if host is None:
            return None
        path, _, query = target.partition(b"?")
        return path, query, host, seen

    def _read_lines(self, lines: list[bytes], seen: SeenHeaders) -> bytes | None:
        """Note what header lines say; the Host, None where the parser has to see them."""
        host = None
        known = self._known
        for line in lines:
            kind, value = known.get(line) or self._line(line)
            if kind == _NOTHING:
                continue
            if kind == _USER_AGENT:
                seen.user_agent = value
            elif kind == _FORWARDED_FOR:
                seen.forwarded_for = joined_hops(seen.forwarded_for, value)
            elif kind == _HOST and host is None:
                host = value
            elif kind == _LANGUAGES:
                seen.languages = value
            elif kind == _COOKIE:
                seen.cookie = joined_cookies(seen.cookie, value)
            elif kind == _PREFETCH:
                seen.prefetch = True
            else:  # not plain, or a second Host
                return None
        return host

    def _line(self, line: bytes) -> _Line:
        """A header line, read; `_NOT_PLAIN` for one that the parser has to see."""
        if (
            line[:17] in _HOPS
            and line[-1:] == b"\r"
            and (hop := line[17:-1])
            and not hop.translate(None, _ADDRESS_BYTES)
        ):
            return _FORWARDED_FOR, hop  # of all lines the one that differs from visitor to visitor
        match = _LINE.fullmatch(line)
        if match is None:
            return _NOT_PLAIN
        read = _read_line(match[1].lower(), match[2])
        if read is not _NOT_PLAIN and read[0] not in _EACH_VISITORS_OWN and len(line) <= MAX_REMEMBERED_BYTES:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[line] = read
        return read


_NOT_PLAIN: _Line = (-1, b"")


def _read_line(name: bytes, value: bytes) -> _Line:
    if name in _NEVER_PLAIN and not (name == b"connection" and value.lower() == _KEPT_ALIVE):
        return _NOT_PLAIN
    if name in PREFETCH_HEADERS:
        return (_PREFETCH if is_prefetch(value) else _NOTHING), value
    kind = _KINDS.get(name, _NOTHING)
    return _NOT_PLAIN if kind == _HOST and not is_host(value) else (kind, value)
