"""`/{slug}` the long way: whatever `redirector.protocol` does not answer itself.

HEAD, pipelined requests, links that were unknown a moment ago, bridge pages, links with a click cap, foreign hosts.
"""

import asyncio

from starlette.types import Receive, Scope, Send

from clicks.links import Link
from redirector.answers import redirect_headers
from redirector.bridge import BridgePage, bridge_share, gets_bridge
from redirector.enrichment_token import issue_token
from redirector.pages import not_found, wrong_method
from redirector.state import RedirectorState
from redirector.visit_reader import Redirect, Request


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
        state: RedirectorState = scope["state"]["redirector"]
        if scope["method"] not in ("GET", "HEAD"):
            await wrong_method("GET, HEAD")(scope, receive, send)
            return
        link = await state.link(scope["path_params"]["slug"], scope["headers"])
        if link is None:
            await not_found()(scope, receive, send)
            return
        link = state.caps.admit(link)
        redirect = await _recorded(state, link, scope)
        if _shows_page(state, link, redirect, scope):
            click_id = redirect.click_id if redirect.rows else None
            token = issue_token(state.token_keys[0], link.slug, click_id, state.clock())
            await self._page.render(redirect, token)(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 302, "headers": redirect_headers(redirect)})
            await send({"type": "http.response.body", "body": b""})


async def _recorded(state: RedirectorState, link: Link, scope: Scope) -> Redirect:
    """The redirect of this visit, once its click is as safe as any."""
    loop = asyncio.get_running_loop()
    peer = scope["client"][0] if scope["client"] else ""
    is_head = scope["method"] == "HEAD"
    started = loop.time()
    redirect = state.reader.open(link, Request(scope["query_string"], scope["headers"], peer, is_head))
    if redirect.rows:
        state.caps.clicked(link)
    answer = _Answer()
    state.recorder.record(redirect.rows, redirect.count, answer)
    await answer.wait()
    state.counters.seconds.add(loop.time() - started)
    return redirect


def _shows_page(state: RedirectorState, link: Link, redirect: Redirect, scope: Scope) -> bool:
    """Whether this visit gets the bridge page; both ways are counted, persons alone."""
    cookie = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    shows = gets_bridge(link, redirect.click_id, cookie)
    if redirect.rows and bridge_share(link) > 0:
        state.counters.bridge[link.slug, "page" if shows else "redirect"] += 1
    return shows
