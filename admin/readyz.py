"""Whether one of our processes says that it is ready to do its work.

Asked a hundred times while they start, by whoever starts them: an HTTP client would take longer to load than they do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

TIMEOUT_S = 2.0


def answers(base_url: str) -> Callable[[], Awaitable[bool]]:
    """Ask `/readyz` below the URL, an `http://` one. A process without a listener (an empty URL) counts as ready."""
    url = urlsplit(base_url)

    async def ready() -> bool:
        if not base_url:
            return True
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await _status(url.hostname or "", url.port or 80) == b"200"
        except (OSError, ValueError):  # ValueError: what answers there does not end its lines
            return False

    return ready


async def _status(host: str, port: int) -> bytes:
    """The status of the answer; empty where there is none."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        shown = f"[{host}]" if ":" in host else host
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {shown}:{port}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return b"".join(line.split()[1:2]) if line.startswith(b"HTTP/1.") else b""
