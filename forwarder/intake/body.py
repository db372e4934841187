"""Reading a request's body: JSON of at most 1 MiB, within a deadline for the whole of it."""

import asyncio
from functools import lru_cache

from starlette.requests import ClientDisconnect, Request

from config.http_heads import MAX_HEADER_BYTES, MAX_HEADERS
from forwarder.errors import Refusal

MAX_BODY_BYTES = 1 << 20
DEADLINE_S = 10.0


def malformed(where: str = "") -> Refusal:
    """`where`: what stands in the way, and at which byte."""
    return Refusal(400, "malformed_json", f"the body is not JSON in UTF-8{where and ': '}{where}")


async def read_body(request: Request) -> bytes:
    """The raw body.

    Raises:
        Refusal: 413 over 1 MiB, 415 for another content type, 431 for too many headers, 400 where the body is not
        UTF-8,
            does not arrive within 10 seconds, or breaks off.
    """
    _check_headers(request)
    try:
        async with asyncio.timeout(DEADLINE_S):
            raw = await _collect(request)
    except TimeoutError:
        raise late() from None
    except ClientDisconnect:
        raise Refusal(400, "body_incomplete", "the connection ended before the body did; nothing was stored") from None
    check_text(raw)
    return raw


def late() -> Refusal:
    """A body that took longer than its deadline."""
    message = f"the body did not arrive within {DEADLINE_S:g} seconds; nothing was stored"
    return Refusal(400, "body_timeout", message, headers={"Connection": "close"})


def check_text(raw: bytes) -> None:
    """Half a surrogate pair passes: it is mended by whoever decodes the JSON.

    Raises:
        Refusal: 400 where it is not UTF-8.
    """
    if raw.isascii():
        return
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise malformed() from None


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Whether a Content-Type header says JSON, or nothing."""
    named = content_type.partition(";")[0].strip().lower()
    return not named or named == "application/json" or named.endswith("+json")


async def _collect(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _check_headers(request: Request) -> None:
    headers = request.headers
    raw = headers.raw
    if len(raw) > MAX_HEADERS or sum(len(name) + len(value) for name, value in raw) > MAX_HEADER_BYTES:
        message = f"at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES // 1024} KiB in all"
        raise Refusal(431, "headers_too_large", message, headers={"Connection": "close"})
    if not is_json(headers.get("content-type", "")):
        raise Refusal(415, "not_json", "send JSON with Content-Type: application/json")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "encoded_body", "send the body without Content-Encoding")
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise _too_large()


def _too_large() -> Refusal:
    message = "the body is larger than 1 MiB; send fewer events at once"
    return Refusal(413, "body_too_large", message, headers={"Connection": "close"})
