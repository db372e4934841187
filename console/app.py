"""The console's web application: what is opened, and which page stands where. A page is a module of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from admin.live_feed import Feeds
from admin.readiness import LEDGER_AWAY
from admin.refusal import Refused
from admin.session import Session, open_session
from admin.sign_in import open_throttle
from config.settings import AllSettings
from console.call import Call, Console
from console.gate import call_of, endpoint
from console.health import healthz, readyz
from console.metrics import ConsoleMetrics
from console.problems import http_problem, problem_page
from console.response_headers import HEADERS, ResponseHeaders
from console.route_table import all_pages
from console.seal import Seal
from console.static_files import StaticFiles
from console.syncs import open_syncs
from console.tiktok_callback import tiktok_callback

ACTOR: Final = "console"  # in the audit log, where no user of ours acts
LEDGER_WAIT_S: Final = 30  # how long a start waits for PostgreSQL
POOL_SIZE: Final = 8
MAX_BODY_BYTES: Final = 4_000_000  # of a client that does not say how long; a form is refused at a quarter of it
PAGES: Final = all_pages()

log = structlog.get_logger()


def build_app(settings: AllSettings, metrics: ConsoleMetrics | None = None) -> Starlette:
    """The application; its lifespan opens the ledger, the keys and Redis."""
    counted = metrics or ConsoleMetrics()
    app = Starlette(
        routes=[
            *(Route(page.path, endpoint(page), methods=["GET", "POST"] if page.acts else ["GET"]) for page in PAGES),
            Route("/oauth/tiktok/callback", tiktok_callback, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", readyz, methods=["GET"]),
            Mount("/static", StaticFiles()),
        ],
        middleware=[
            Middleware(ResponseHeaders),
            Middleware(GZipMiddleware, minimum_size=1000),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        ],
        exception_handlers={HTTPException: on_http_exception, Exception: on_bug},
        lifespan=lambda _: opened(settings, counted),
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def opened(settings: AllSettings, metrics: ConsoleMetrics) -> AsyncIterator[dict[str, Any]]:
    """Everything the pages need, for as long as the process serves.

    Raises:
        Refused: PostgreSQL was not there within 30 seconds.
        SecretError: SECRET_KEY cannot be used.
    """
    async with AsyncExitStack() as open_until_the_end:
        session = await _open_ledger(open_until_the_end, settings)
        throttle = await open_until_the_end.enter_async_context(open_throttle(settings))
        syncs = await open_until_the_end.enter_async_context(open_syncs(session))
        feeds = Feeds(session)
        open_until_the_end.push_async_callback(feeds.close)
        console = Console(session, throttle, Seal(session.keyring), PAGES, syncs, feeds)
        yield {"session": session, "metrics": metrics, "console": console}


async def _open_ledger(open_until_the_end: AsyncExitStack, settings: AllSettings) -> Session:
    """PostgreSQL may still be starting."""
    for _ in range(LEDGER_WAIT_S):
        try:
            return await open_until_the_end.enter_async_context(_session(settings))
        except Refused as error:
            log.warning("waiting for PostgreSQL", reason=str(error))
            await asyncio.sleep(1)
    return await open_until_the_end.enter_async_context(_session(settings))


def _session(settings: AllSettings) -> AbstractAsyncContextManager[Session]:
    return open_session(settings, actor=ACTOR, connections=POOL_SIZE)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """404, 405 and their like, as a page."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return http_problem(await _known(request), error)


async def on_bug(request: Request, error: Exception) -> Response:
    """What nobody expected is logged and answered without it. The query is not logged: it may hold a code."""
    log.error("request failed", method=request.method, path=request.url.path, error=type(error).__name__)
    response = problem_page(await _known(request), 500)
    response.headers.update(HEADERS)  # no middleware of ours stands around this answer
    return response


async def _known(request: Request) -> Call:
    """Who asks, where that can be found out."""
    try:
        return await call_of(request)
    except LEDGER_AWAY:
        return Call(request, request.state.console, request.state.console.session)
