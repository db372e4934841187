"""The redirector: routes, and what is opened and closed around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clicks.committer import Committer
from clicks.connection import connect
from clicks.store import DAY_S, ClickStore
from config.logging import configure_logging
from config.secrets import load_keyring
from config.settings import RedirectorSettings, load
from redirector.answers import redirect_headers
from redirector.click import ClickDesk, DeskSettings, Hop, Request
from redirector.drain import Drainer
from redirector.front import Front
from redirector.link_table import LinkTable
from redirector.metrics import publish
from redirector.pages import StoresPage, not_found, wrong_method
from redirector.recorder import Recorder
from redirector.spool import Spool
from redirector.tally import Tally

MAINTENANCE_EVERY_S = 1.0
LINK_TIMEOUT_S = 1.0
COMMIT_TIMEOUT_S = 1.0  # a live commit is given up by its own budget long before; this bounds replays

log = structlog.get_logger()


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
    """`/{slug}` as a plain ASGI callable: HEAD, pipelined requests and links that were unknown a moment ago."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        front: Front = scope["state"]["front"]
        link = await front.links.get_fresh(scope["path_params"]["slug"].encode())
        if scope["method"] not in ("GET", "HEAD"):
            await wrong_method("GET, HEAD")(scope, receive, send)
        elif link is None:
            await not_found()(scope, receive, send)
        else:
            peer = scope["client"][0] if scope["client"] else ""
            is_head = scope["method"] == "HEAD"
            started = asyncio.get_running_loop().time()
            hop = front.desk.open(link, Request(scope["query_string"], scope["headers"], peer, is_head))
            answer = _Answer()
            front.recorder.record(hop.rows, hop.count, answer)
            await answer.wait()
            front.tally.redirected(asyncio.get_running_loop().time() - started)
            await _send_redirect(hop, send)


async def _send_redirect(hop: Hop, send: Send) -> None:
    await send({"type": "http.response.start", "status": 302, "headers": redirect_headers(hop)})
    await send({"type": "http.response.body", "body": b""})


class Stores:
    """`/{slug}/stores`: where visitors without the right phone are sent."""

    def __init__(self, public_base: str) -> None:
        self._page = StoresPage()
        self._public_base = public_base

    async def answer(self, request: HttpRequest) -> Response:
        front: Front = request.state.front
        link = await front.links.get_fresh(request.path_params["slug"].encode())
        return self._page.render(link, f"{self._public_base}/{link.slug}") if link is not None else not_found()


async def healthz(_request: HttpRequest) -> Response:
    """Alive."""
    return JSONResponse({"ok": True})


async def readyz(request: HttpRequest) -> Response:
    """Ready once links are loaded, from Redis or from the last-known-good file: without Redis it serves and spools."""
    front: Front = request.state.front
    is_away = front.recorder.breaker.is_open or not front.links.is_following
    redis = "away: clicks are spooled" if is_away else "ok"
    ready = front.links.is_loaded
    return JSONResponse({"ok": ready, "links": len(front.links.by_slug), "redis": redis}, 200 if ready else 503)


async def nothing_here(_request: HttpRequest, _error: Exception) -> Response:
    return not_found()


async def not_so(_request: HttpRequest, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return wrong_method((headers or {}).get("Allow", "GET"))


@asynccontextmanager
async def opened(settings: RedirectorSettings) -> AsyncIterator[dict[str, Any]]:
    """The parts of a redirect, and the tasks that keep them going, for as long as the process serves."""
    keyring = load_keyring(settings.secret_key, settings.data_dir)
    budget_s = settings.redis_budget_ms / 1000
    redis = connect(settings.redis_url, timeout_s=COMMIT_TIMEOUT_S)
    links_redis = connect(settings.redis_url, timeout_s=LINK_TIMEOUT_S)
    tally = Tally()
    links = LinkTable(links_redis, settings.data_dir / "links.json")
    links.load_file()
    await links.refresh()
    store = ClickStore(redis, keyring.derive("address"), settings.click_retention_days)
    spool = Spool(settings.data_dir / "spool", settings.spool_max_mb * 1024 * 1024)
    committer = Committer(redis, settings.click_retention_days * DAY_S) if isinstance(redis, Redis) else None
    recorder = Recorder(committer or store, spool, tally, budget_s)
    desk = ClickDesk(
        links, tally, DeskSettings(keyring.derive("address")[0], settings.trusted_proxies, settings.public_base)
    )
    front = Front(links, desk, recorder, tally)
    tasks = [
        asyncio.create_task(links.follow()),
        asyncio.create_task(Drainer(store, spool, recorder, tally).run()),
        asyncio.create_task(_maintain(front, spool)),
    ]
    try:
        yield {"front": front}
    finally:
        await recorder.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        spool.close()
        publish(tally, spool)
        if committer is not None:
            await committer.close()
        await redis.aclose()
        await links_redis.aclose()


async def _maintain(front: Front, spool: Spool) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(MAINTENANCE_EVERY_S)
        front.close_overdue(loop.time())
        publish(front.tally, spool)


def create_app(settings: RedirectorSettings) -> Starlette:
    """The application; uvicorn serves it with `redirector.protocol.SignalLinkProtocol`."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with opened(settings) as state:
            yield state

    application = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", readyz, methods=["GET"]),
            Route("/{slug}", SignalLink()),
            Route("/{slug}/stores", Stores(settings.public_base).answer, methods=["GET"]),
        ],
        exception_handlers={404: nothing_here, 405: not_so},
        lifespan=lifespan,
    )
    application.router.redirect_slashes = False  # its redirects go to whatever host the request names
    return application


def app() -> Starlette:
    """What uvicorn calls in each worker process."""
    settings = load(RedirectorSettings)
    configure_logging(settings.log_level, settings.log_format, "redirector")
    return create_app(settings)
