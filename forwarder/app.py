"""The forwarder's web application: what is opened, and which path leads where."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

import asyncpg
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from clicks.all_clicks import AllClicks
from clicks.connection import connect
from clicks.store import ClickStore
from config import tracing
from config.collector import spare_the_imported
from config.logging import configure_logging
from config.secrets import Keyring, load_keyring
from config.settings import ForwarderSettings, load
from config.tracing import traced
from forwarder.directory import Directory
from forwarder.errors import (
    Handler,
    Refusal,
    bug_response,
    on_http_exception,
    on_refusal,
    refusal_response,
    unavailable,
)
from forwarder.health import healthz, readyz
from forwarder.intake.answer_deadline import ANSWER_WITHIN_S, AnswerDeadline
from forwarder.intake.authenticator import Authenticator
from forwarder.intake.data_centres import read_data_centres
from forwarder.intake.event_batch import EventLedger, app_of
from forwarder.intake.event_handler import post_events
from forwarder.intake.group_commit import BatchLimits, GroupCommit
from forwarder.intake.grouped_commit import GroupedCommit
from forwarder.intake.install_batch import InstallLedger
from forwarder.intake.install_handler import delete_install, delete_person, get_install_with_deliveries, post_install
from forwarder.intake.openapi import get_openapi
from forwarder.intake.report_handler import get_report
from forwarder.intake.set_aside_counts import SetAside
from forwarder.intake.webhooks.routes import post_webhook
from forwarder.intake.webhooks.storing import WebhookLedger
from forwarder.matching.learning import Knowledge
from forwarder.outages import ENGINE_AWAY, OutageLog
from forwarder.services import Services, services_of
from ledger.cold_clicks import ColdClicks
from ledger.outages import LEDGER_FAILED
from ledger.pool import open_pool
from ledger.report_pool import ReportPool
from ledger.shard_groups import one_group
from tiktok.currency_rates import RateTable

REDIS_TIMEOUT_S = 1.0  # an install is taken and matched later rather than kept waiting
POOL_SIZE = 8
WEBHOOKS_AT_ONCE = 200  # in one transaction
EVENT_BATCHES = 2  # at a time (decision 12); installs would wait for one another's clicks, webhooks for their charges
# a statement is planned once per connection, mostly while its tables are still small: without this it would go on
# reading them from end to end as they grow, until PostgreSQL next counts their rows
LOOKUPS = {"enable_seqscan": "off", "jit": "off"}
BY_APP = attrgetter("app_id")
CLOSE_WITHIN_S = 2.0
CANCEL_AGAIN_S = 0.2
MAY_BE_STARTING = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,  # of a pooler whose server is away
    asyncpg.TargetServerAttributeNotMatched,  # standbys, one of which is about to be promoted
)
LEDGER_WAIT_S = 30  # how long a start waits for PostgreSQL

log = structlog.get_logger()


def create_app() -> Starlette:
    """What uvicorn calls in each process."""
    settings = load(ForwarderSettings)
    configure_logging(settings.log_level, settings.log_format, "forwarder")
    spare_the_imported()
    return build_app(settings)


def build_app(settings: ForwarderSettings, within_s: float = ANSWER_WITHIN_S) -> Starlette:
    """The application; its lifespan opens the ledger, Redis and the directory. What is not done `within_s` seconds is
    answered 503.
    """

    def route(path: str, **handlers: Handler) -> Route:
        return Route(path, ByMethod(within_s, **handlers))

    app = Starlette(
        routes=[
            route("/v1/installs", POST=post_install, DELETE=delete_person),
            route("/v1/installs/{install_id:path}", GET=get_install_with_deliveries, DELETE=delete_install),
            route("/v1/events", POST=post_events),
            route("/v1/reports", GET=get_report),
            route("/v1/webhooks/{provider}/{app_id}", POST=post_webhook),
            route("/openapi.json", GET=get_openapi),
            route("/healthz", GET=healthz),
            route("/readyz", GET=readyz),
        ],
        exception_handlers={
            Refusal: on_refusal,
            HTTPException: on_http_exception,
            **dict.fromkeys(ENGINE_AWAY, on_outage),
            Exception: on_bug,
        },
        lifespan=lambda _: opened(settings, within_s),
    )
    app.router.redirect_slashes = False
    return app


class ByMethod:
    """One handler per method of a path, each within its time; any other method is a 405 that names these."""

    def __init__(self, within_s: float, **handlers: Handler) -> None:
        self._within_s = within_s
        self._handlers = handlers | ({"HEAD": handlers["GET"]} if "GET" in handlers else {})
        self._allowed = ", ".join(sorted(self._handlers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["method"])
        if handler is None:
            raise HTTPException(405, headers={"Allow": self._allowed})
        await AnswerDeadline(scope, receive, send, self._within_s).answer(handler)


@asynccontextmanager
async def opened(settings: ForwarderSettings, within_s: float) -> AsyncIterator[dict[str, Any]]:
    """Everything the handlers need, for as long as the process serves.

    Raises:
        OSError, asyncpg.PostgresError: PostgreSQL was not there within 30 seconds.
        DataCentreRangesError, RatesError: DATACENTER_RANGES_FILE or CURRENCY_RATES_FILE cannot be used.
    """
    tracing.begin(settings.otel_exporter_otlp_endpoint, "forwarder")
    outages, limits = OutageLog(), BatchLimits(seconds=within_s)
    of_events, of_webhooks = replace(limits, in_flight=EVENT_BATCHES), replace(limits, rows=WEBHOOKS_AT_ONCE)
    keyring = load_keyring(settings.secret_key, settings.data_dir)
    data_centres = read_data_centres(settings.datacenter_ranges_file)
    pool = await _open_ledger(settings.database_url, within_s)
    redis = connect(settings.redis_url, timeout_s=REDIS_TIMEOUT_S, data_dir=settings.data_dir)
    clicks = _clicks(settings, keyring, redis, pool)
    directory, knowledge, tombstone_keys = Directory(pool, keyring), Knowledge(pool), keyring.derive("tombstone")
    ledger = EventLedger(pool, directory, tombstone_keys)
    installs = traced("installs", InstallLedger(pool, clicks, directory, tombstone_keys, knowledge, outages).commit)
    webhooks = traced("webhooks", WebhookLedger(pool, directory, tombstone_keys, ledger).commit)
    services = Services(
        settings=settings,
        pool=pool,
        redis=redis,
        clicks=clicks,
        directory=directory,
        authenticator=Authenticator(directory, redis, outages),
        installs=_grouped(BY_APP, installs, lambda _: 1, directory.catch_up, outages, limits),
        events=_grouped(app_of, traced("events", ledger.commit), len, directory.catch_up, outages, of_events),
        webhooks=_grouped(BY_APP, webhooks, lambda _: 1, directory.catch_up, outages, of_webhooks),
        tombstone_keys=tombstone_keys,
        data_centres=data_centres,
        set_aside=SetAside(pool),
        rates=RateTable(settings.currency_rates_file),
        reports=ReportPool(pool, settings.report_database_url),
        outages=outages,
        answer_within_s=within_s,
    )
    await directory.refresh()
    async with _kept_fresh(services, knowledge):
        yield {"services": services}


def _grouped(app_of_item: Callable[[Any], str], *group_commit: Any) -> GroupedCommit[Any, Any]:
    """What follows `app_of_item` is each GroupCommit's."""
    return GroupedCommit(one_group, app_of_item, partial(GroupCommit, *group_commit))


def _clicks(settings: ForwarderSettings, keyring: Keyring, redis: Any, pool: Any) -> AllClicks:
    hot = ClickStore(redis, keyring.derive("address"), settings.click_retention_days)
    return AllClicks(hot, ColdClicks(pool), settings.click_hot_hours)


@asynccontextmanager
async def _kept_fresh(services: Services, knowledge: Knowledge) -> AsyncIterator[None]:
    """What is read and written beside the requests; at its end all is closed."""
    outages = services.outages
    refreshing = asyncio.gather(
        services.directory.keep_fresh(outages), knowledge.keep_fresh(outages), services.set_aside.keep_stored(outages)
    )
    try:
        yield
    finally:
        await _close(services, refreshing)


async def _end(refreshing: asyncio.Future[Any]) -> None:
    """Cancel until it has ended: engines' clients take a cancellation for their time-out where both come at once."""
    while not refreshing.done():
        refreshing.cancel()
        await asyncio.wait([refreshing], timeout=CANCEL_AGAIN_S)
    with suppress(asyncio.CancelledError):
        await refreshing


async def _close(services: Services, refreshing: asyncio.Future[Any]) -> None:
    """What was taken is written down first."""
    await services.installs.drain()
    await services.events.drain()
    await services.webhooks.drain()
    await _end(refreshing)
    with suppress(*LEDGER_FAILED):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await services.set_aside.store()
    await services.redis.aclose()
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await services.reports.close()
            await services.pool.close()
    except LEDGER_FAILED:  # a stopped PostgreSQL acknowledges nothing
        services.pool.terminate()


async def _open_ledger(database_url: str, within_s: float) -> Any:
    """The pool; PostgreSQL may still be starting."""
    bounds = LOOKUPS | {
        "statement_timeout": str(round(within_s * 900)),  # ms: PostgreSQL's own end comes before ours
        "idle_in_transaction_session_timeout": str(round(within_s * 2000)),  # of a forwarder that is gone
    }
    for _ in range(LEDGER_WAIT_S):
        try:
            return await open_pool(database_url, POOL_SIZE, bounds)
        except MAY_BE_STARTING as error:
            log.warning("waiting for PostgreSQL", error=type(error).__name__)
            await asyncio.sleep(1)
    return await open_pool(database_url, POOL_SIZE, bounds)


async def on_outage(request: Request, error: Exception) -> Response:
    """An engine that went away where nobody was prepared for it."""
    services_of(request).outages.failed("request failed", error)
    return refusal_response(unavailable("an engine"))


async def on_bug(request: Request, error: Exception) -> Response:
    """An exception nobody expected."""
    return bug_response(request.method, error)
