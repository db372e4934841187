"""`/{slug}` the long way: whatever `redirector.protocol` does not answer itself.

HEAD, pipelined requests, links that were unknown a moment ago, bridge pages, links with a click cap, foreign hosts.
"""

import asyncio

from starlette.types import Receive, Scope, Send

from clicks.links import Link
from redirector.answers import redirect_headers
from redirector.bridge import BridgePage, bridge_share, gets_bridge
from redirector.click import Hop, Request
from redirector.enrichment_token import issue_token
from redirector.front import Front
from redirector.pages import not_found, wrong_method


class _Answer:
    """Waits for a click that came the long way."""

    def __init__(self) -> None:
        self._recorded = asyncio.get_running_loop().create_future()

    def release(self) -> None:
        if not self._recorded.done():
            self._recorded.set_result(None)

    async def wait(self) -> None:
        await self._recorded


class SignalLink:
    """A plain ASGI callable."""

    def __init__(self) -> None:
        self._page = BridgePage()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        front: Front = scope["state"]["front"]
        if scope["method"] not in ("GET", "HEAD"):
            await wrong_method("GET, HEAD")(scope, receive, send)
            return
        link = await front.link(scope["path_params"]["slug"], scope["headers"])
        if link is None:
            await not_found()(scope, receive, send)
            return
        link = front.caps.admit(link)
        hop = await _recorded(front, link, scope)
        if _shows_page(front, link, hop, scope):
            click_id = hop.click_id if hop.rows else None
            token = issue_token(front.token_keys[0], link.slug, click_id, front.clock())
            await self._page.render(hop, token)(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 302, "headers": redirect_headers(hop)})
            await send({"type": "http.response.body", "body": b""})


async def _recorded(front: Front, link: Link, scope: Scope) -> Hop:
    """The hop of this visit, once its click is as safe as any."""
    loop = asyncio.get_running_loop()
    peer = scope["client"][0] if scope["client"] else ""
    is_head = scope["method"] == "HEAD"
    started = loop.time()
    hop = front.desk.open(link, Request(scope["query_string"], scope["headers"], peer, is_head))
    if hop.rows:
        front.caps.clicked(link)
    answer = _Answer()
    front.recorder.record(hop.rows, hop.count, answer)
    await answer.wait()
    front.tally.seconds.add(loop.time() - started)
    return hop


def _shows_page(front: Front, link: Link, hop: Hop, scope: Scope) -> bool:
    """Whether this visit gets the bridge page; both ways are counted, persons alone."""
    cookie = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    shows = gets_bridge(link, hop.click_id, cookie)
    if hop.rows and bridge_share(link) > 0:
        front.tally.bridge[link.slug, "page" if shows else "redirect"] += 1
    return shows
