"""`POST /{slug}/enrich`: what a bridge page tells of its phone and of how it was left.

{"token", "step": "view" | "auto" | "tap", and with "view" the facts that `clicks.enrichment` knows}
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from redis.exceptions import RedisError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response

from clicks.enrichment import read_enrichment
from redirector.enrichment_token import NO_CLICK, read_token
from redirector.pages import HEADERS, not_found
from redirector.state import RedirectorState

MAX_BODY_BYTES = 2_048
BODY_DEADLINE_S = 10.0
STORE_DEADLINE_S = 1.0


class Beacon(msgspec.Struct, frozen=True):
    """What the page sends beside the facts, which are read one by one: a browser's oddity costs that one fact."""

    token: str
    step: Literal["view", "auto", "tap"]


_decode = msgspec.json.Decoder(dict[str, Any]).decode


async def enrich(request: HttpRequest) -> Response:
    """204, whether or not it was the first to tell."""
    state: RedirectorState = request.state.redirector
    link = await state.link(request.path_params["slug"], request.scope["headers"])
    if link is None:
        return not_found()
    body = await _body(request)
    if body is None:
        return _refused(413, "the body is over 2 KiB, or did not arrive in time")
    try:
        told = _decode(body)
        beacon = msgspec.convert(told, Beacon)
    except (msgspec.MsgspecError, RecursionError):
        return _refused(400, "not the JSON of a bridge page")
    click_id = read_token(state.token_keys, link.slug, beacon.token, state.clock())
    if click_id is None:
        state.counters.enrichments["refused"] += 1
        return _refused(403, "the token is not of this link, or older than ten minutes")
    if click_id != NO_CLICK:
        state.counters.bridge[link.slug, beacon.step] += 1
        return await _keep(state, click_id, told)
    return Response(status_code=204, headers=HEADERS)


async def _keep(state: RedirectorState, click_id: str, told: Mapping[str, Any]) -> Response:
    facts = read_enrichment(told)
    if facts:
        try:
            async with asyncio.timeout(STORE_DEADLINE_S):
                is_first = await state.store.enrich(click_id, facts)
        except (RedisError, OSError, TimeoutError):  # it only helps a match: not worth the spool
            state.counters.enrichments["lost"] += 1
            return _refused(503, "not stored")
        state.counters.enrichments["stored" if is_first else "repeated"] += 1
    return Response(status_code=204, headers=HEADERS)


async def _body(request: HttpRequest) -> bytes | None:
    body = b""
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY_BYTES:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return body


def _refused(status: int, reason: str) -> Response:
    return PlainTextResponse(reason + "\n", status_code=status, headers=HEADERS)
