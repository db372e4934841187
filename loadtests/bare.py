"""The limit of the chosen server: an ASGI callable that answers 302 and does nothing else."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

START = {
    "type": "http.response.start",
    "status": 302,
    "headers": [(b"location", b"https://apps.apple.com/app/id1234567890"), (b"content-length", b"0")],
}
BODY = {"type": "http.response.body", "body": b""}


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer any request; there is no lifespan to speak of."""
    del receive
    if scope["type"] == "http":
        await send(START)
        await send(BODY)
