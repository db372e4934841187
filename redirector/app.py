"""The redirector: routes, and what is opened and closed around them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clicks.connection import connect
from clicks.names import note_names
from clicks.shared_strings import SharedStrings
from clicks.store import DAY_S, ClickStore
from config.logging import configure_logging
from config.news import News
from config.secrets import load_keyring
from config.settings import RedirectorSettings, load
from redirector import deep_links
from redirector.caps import ClickCaps
from redirector.committing import COMMIT_TIMEOUT_S, Committing
from redirector.counters import Counters
from redirector.drain import Drainer
from redirector.enrich import enrich
from redirector.link_table import LinkTable
from redirector.metrics import publish
from redirector.pages import StoresPage, not_found, wrong_method
from redirector.recorder import Recorder
from redirector.refusals import log_refusals
from redirector.signal_link import SignalLink
from redirector.spool import Spool
from redirector.state import Bridging, RedirectorState
from redirector.visit_reader import VisitReader, VisitReaderSettings

MAINTENANCE_EVERY_S = 1.0
CANCEL_AGAIN_S = 0.2
STAGGER_S = 0.08  # what is done each second is not all done at once: redirects would stand behind it
NAMES_AT_ONCE = 1_000
LINK_TIMEOUT_S = 1.0
NOT_COPIED = "ok, but fewer replicas have the clicks than REDIS_WAIT_REPLICAS asks"


Upkeep = Callable[[], Coroutine[Any, Any, None]]


class Stores:
    """`/{slug}/stores`: where visitors without the right phone are sent."""

    def __init__(self) -> None:
        self._page = StoresPage()

    async def answer(self, request: HttpRequest) -> Response:
        state: RedirectorState = request.state.redirector
        link = await state.link(request.path_params["slug"], request.scope["headers"])
        if link is None:
            return not_found()
        hosts = state.links.hosts
        return self._page.render(link, f"{hosts.base_of(link.app_id)}/{link.slug}", hosts.name_of(link.app_id))


log = structlog.get_logger()


async def healthz(_request: HttpRequest) -> Response:
    """Alive."""
    return JSONResponse({"ok": True})


async def readyz(request: HttpRequest) -> Response:
    """Ready once links are loaded, from Redis or from the last-known-good file: without Redis it serves and spools."""
    state: RedirectorState = request.state.redirector
    is_away = state.recorder.breaker.is_open or not state.links.is_following
    kept = "the spool takes no more: clicks are dropped" if state.recorder.is_dropping else "clicks are spooled"
    redis = f"away: {kept}" if is_away else NOT_COPIED if state.replicas.is_short else "ok"
    ready = state.links.is_loaded
    return JSONResponse({"ok": ready, "links": len(state.links.by_slug), "redis": redis}, 200 if ready else 503)


async def nothing_here(_request: HttpRequest, _error: Exception) -> Response:
    return not_found()


async def not_so(_request: HttpRequest, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return wrong_method((headers or {}).get("Allow", "GET"))


@asynccontextmanager
async def opened(settings: RedirectorSettings) -> AsyncIterator[dict[str, Any]]:
    """The parts of a redirect, and the tasks that keep them going, for as long as the process serves."""
    keyring = load_keyring(settings.secret_key, settings.data_dir)
    redis = connect(settings.redis_url, timeout_s=COMMIT_TIMEOUT_S, data_dir=settings.data_dir)
    links_redis = connect(settings.redis_url, timeout_s=LINK_TIMEOUT_S, data_dir=settings.data_dir)
    counters = Counters()
    links = LinkTable(links_redis, settings.data_dir / "links.json", settings.public_base)
    links.load_file()
    await links.refresh()
    caps = ClickCaps(links, links_redis)
    await caps.sync()
    store = ClickStore(redis, keyring.derive("address"), settings.click_retention_days)
    spool = Spool(settings.data_dir / "spool", settings.spool_max_mb * 1024 * 1024)
    texts = SharedStrings(links_redis, settings.click_retention_days * DAY_S)
    commits = Committing(redis, texts, settings)
    recorder = Recorder(commits.live, spool, counters, settings.redis_budget_ms / 1000)
    reader_settings = VisitReaderSettings(keyring.derive("address")[0], settings.trusted_proxies, settings.public_base)
    reader = VisitReader(links, counters, reader_settings)
    state = RedirectorState(links, reader, recorder, counters, Bridging(store, caps, keyring.derive("enrichment")))
    state.replicas = commits.replicas
    upkeep: tuple[Upkeep, ...] = (
        links.follow,
        caps.run,
        Drainer(partial(commits.replay, store), spool, recorder, counters).run,
        partial(_maintain, state, spool),
        partial(_note_names, counters, links_redis),
        partial(_share_texts, counters, texts),
    )
    tasks = [asyncio.create_task(_keep_going(work, turn * STAGGER_S)) for turn, work in enumerate(upkeep)]
    try:
        yield {"redirector": state}
    finally:
        await recorder.close()
        await end(tasks)
        await caps.sync()
        spool.close()
        log_refusals(counters)
        publish(counters, spool)
        for connection in (commits, redis, links_redis):
            await connection.aclose()


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all have ended. Redis's client takes a cancellation for its own time-out where both come at once:
    the task would go on for ever.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


async def _keep_going(work: Upkeep, after_s: float) -> None:
    """Work that never ends by itself; where a mistake of ours ends it, it is said and begun again.

    What ends every round (no file descriptors left) is said once a minute, with where it came from.
    """
    news = News()
    await asyncio.sleep(after_s)
    while True:
        try:
            await work()
        except Exception as error:
            if news.is_news(type(error).__name__):
                log.exception("upkeep failed, going on")
            await asyncio.sleep(MAINTENANCE_EVERY_S)


async def _maintain(state: RedirectorState, spool: Spool) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(MAINTENANCE_EVERY_S)
        state.close_overdue(loop.time())
        log_refusals(state.counters)
        publish(state.counters, spool)


async def _note_names(counters: Counters, redis: Any) -> None:
    """Leave the names of ads seen for the first time to the worker, for ever."""
    while True:
        await asyncio.sleep(MAINTENANCE_EVERY_S)
        names = list(counters.names.values())[:NAMES_AT_ONCE]
        try:
            if not names or not await note_names(redis, names):
                continue
        except (RedisError, OSError, TimeoutError):
            continue  # said by whoever follows the links; the names wait
        for name in names:
            if counters.names.get((name.kind, name.id)) is name:  # else it is called something else by now
                del counters.names[name.kind, name.id]


async def _share_texts(counters: Counters, texts: SharedStrings) -> None:
    """Have what many clicks say alike kept once, for ever."""
    while True:
        await asyncio.sleep(MAINTENANCE_EVERY_S)
        wanted, counters.texts = counters.texts, []
        try:
            await texts.keep(wanted)
        except (RedisError, OSError, TimeoutError):
            continue  # said by whoever follows the links; until they are shared records hold them


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
            Route("/.well-known/apple-app-site-association", deep_links.apple, methods=["GET"]),
            Route("/.well-known/assetlinks.json", deep_links.android, methods=["GET"]),
            Route("/{slug}", SignalLink()),
            Route("/{slug}/stores", Stores().answer, methods=["GET"]),
            Route("/{slug}/enrich", enrich, methods=["POST"]),
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
