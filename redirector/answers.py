"""The bytes of an answer to a Signal link, made without a response object per click."""

from email.utils import formatdate
from time import time

from redirector.visit_reader import Redirect

# A click must never be answered from a cache, told to the store as a referrer, or indexed.
FIXED_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)
_FIXED = b"".join(name + b": " + value + b"\r\n" for name, value in FIXED_HEADERS)
_HEAD = b"HTTP/1.1 302 Found\r\n" + _FIXED + b"content-length: 0\r\nlocation: "
_COOKIE = b"\r\nset-cookie: "
_CLOSE = b"\r\nconnection: close"


def redirect_headers(redirect: Redirect) -> list[tuple[bytes, bytes]]:
    """The headers of the 302 as an ASGI message holds them."""
    headers = [*FIXED_HEADERS, (b"content-length", b"0"), (b"location", redirect.location)]
    return headers if redirect.set_cookie is None else [*headers, (b"set-cookie", redirect.set_cookie)]


def redirect_bytes(redirect: Redirect, keep_alive: bool, date: bytes) -> bytes:
    """The whole 302 as it goes over the wire; `date` is a finished header line."""
    cookie = b"" if redirect.set_cookie is None else _COOKIE + redirect.set_cookie
    end = b"\r\n" if keep_alive else _CLOSE + b"\r\n"
    return b"".join((_HEAD, redirect.location, cookie, end, date, b"\r\n"))


def refusal_bytes(status: bytes, extra: bytes = b"") -> bytes:
    """An answer to a request that is refused before any application sees it; the connection closes behind it."""
    date = formatdate(time(), usegmt=True).encode()
    body = status + b"\n"
    length = b"content-length: %d\r\n" % len(body)
    kind = b"content-type: text/plain; charset=utf-8\r\n"
    head = b"HTTP/1.1 " + status + b"\r\n" + extra + _FIXED + kind + length
    return head + b"date: " + date + b"\r\nconnection: close\r\n\r\n" + body
