"""The console's web application: what is opened, and which page stands where. A page is a module of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from admin.refusal import Refused
from admin.session import Session, open_session
from config.settings import AllSettings
from console.health import healthz, readyz
from console.metrics import ConsoleMetrics
from console.pages import page
from console.response_headers import ResponseHeaders
from console.tiktok_callback import tiktok_callback

ACTOR: Final = "console"  # in the audit log, where no user of ours acts
LEDGER_WAIT_S: Final = 30  # how long a start waits for PostgreSQL
STATIC: Final = Path(__file__).parent / "static"

log = structlog.get_logger()


def build_app(settings: AllSettings, metrics: ConsoleMetrics | None = None) -> Starlette:
    """The application; its lifespan opens the ledger and the keys."""
    counted = metrics or ConsoleMetrics()
    app = Starlette(
        routes=[
            Route("/oauth/tiktok/callback", tiktok_callback, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", readyz, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(ResponseHeaders)],
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
        yield {"session": session, "metrics": metrics}


async def _open_ledger(open_until_the_end: AsyncExitStack, settings: AllSettings) -> Session:
    """PostgreSQL may still be starting."""
    for _ in range(LEDGER_WAIT_S):
        try:
            return await open_until_the_end.enter_async_context(open_session(settings, actor=ACTOR))
        except Refused as error:
            log.warning("waiting for PostgreSQL", reason=str(error))
            await asyncio.sleep(1)
    return await open_until_the_end.enter_async_context(open_session(settings, actor=ACTOR))


async def on_http_exception(_: Request, error: Exception) -> Response:
    """404, 405 and their like, as a page."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return page("problem.html", {"title": error.detail, "sentences": []}, error.status_code, error.headers)


async def on_bug(request: Request, error: Exception) -> Response:
    """What nobody expected is logged and answered without it. The query is not logged: it may hold a code."""
    log.error("request failed", method=request.method, path=request.url.path, error=type(error).__name__)
    sentences = ["This is a fault of the server; it was logged."]
    return page("problem.html", {"title": "Something went wrong", "sentences": sentences}, 500)
