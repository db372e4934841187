"""The worker process: delivers to TikTok and keeps the timetable. Any number of them may run side by side."""

import contextlib
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import anyio
import httpx
import structlog
from anyio.abc import TaskStatus
from prometheus_client import start_http_server

from ad_accounts.account_side import AccountSide, opened_side
from ad_accounts.import_context import ImportContext
from ad_accounts.quota import Quota
from clicks.all_clicks import AllClicks
from clicks.connection import connect
from clicks.store import ClickStore
from config import tracing
from config.collector import spare_the_imported
from config.secrets import Keyring, load_keyring
from config.settings import METRICS_PORT_OFFSET, WorkerSettings
from forwarder.delivering.delivery import DeliveryContext
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.jobs.alert_webhook import AlertWebhook, alert_client
from forwarder.jobs.alerts import announce_test_mode
from forwarder.jobs.timetable import TIMETABLE, JobContext, JobScheduler
from forwarder.outages import OutageLog, wait_after
from forwarder.worker_health import Engines, health_server
from forwarder.worker_metrics import WorkerMetrics
from ledger.cold_clicks import ColdClicks
from ledger.outages import LEDGER_FAILED
from ledger.pool import open_pool
from tiktok.currency_rates import RateTable
from tiktok.events_api import EventsApi, events_client
from tiktok.http_client import environment_proxies

log = structlog.get_logger()

FINISH_WITHIN_S: Final = 10.0  # what is in flight when the stop comes has this long
CLOSE_WITHIN_S: Final = 2.0
POOL_SIZE: Final = 16


def serve(settings: WorkerSettings) -> None:
    """Run until SIGTERM or SIGINT; then claim nothing more, finish what is in flight and return.

    An engine that is away is waited for, at the start as at any other time.

    Raises:
        config.secrets.SecretError: SECRET_KEY cannot be used.
        tiktok.currency_rates.RatesError: CURRENCY_RATES_FILE cannot be used.
        OSError: a port is taken.
    """
    keyring = load_keyring(settings.secret_key, settings.data_dir)
    rates = RateTable(settings.currency_rates_file)
    anyio.run(_run, settings, keyring, rates, backend_options={"use_uvloop": True})


async def _run(settings: WorkerSettings, keyring: Keyring, rates: RateTable) -> None:
    tracing.begin(settings.otel_exporter_otlp_endpoint, "worker")
    stopping, metrics = anyio.Event(), WorkerMetrics()
    engines = Engines(metrics.undelivered)
    async with anyio.create_task_group() as background:
        await background.start(_stop_on_signal, stopping)
        if settings.worker_port:
            background.start_soon(health_server(engines, settings.host, settings.worker_port).serve)
        with _metrics_port(settings, metrics):
            async with (
                _opened(settings, engines, stopping),
                events_client() as client,
                alert_client() as alerts,
                opened_side(engines.pool, keyring, settings) as account_side,
            ):
                api = EventsApi(client, settings.tiktok_api_url, version=settings.tiktok_version("events"))
                delivery_context = DeliveryContext(
                    engines.pool, api, keyring, settings, metrics, _utc_now, random.random, rates
                )
                hot = ClickStore(engines.redis, keyring.derive("address"), settings.click_retention_days)
                clicks = AllClicks(hot, ColdClicks(engines.pool), settings.click_hot_hours)
                webhook = _alert_webhook(settings, alerts)
                imports = _import_context(settings, account_side, metrics)
                opened = engines.redis, clicks, webhook, account_side, imports
                jobs = JobScheduler(stopping, metrics.task_failed, engines.outages)
                await _work(delivery_context, lambda scheduler: JobContext(delivery_context, scheduler, *opened), jobs)
        background.cancel_scope.cancel()
    log.info("worker stopped")


def _import_context(settings: WorkerSettings, side: AccountSide, metrics: WorkerMetrics) -> ImportContext:
    return ImportContext(
        pool=side.pool,
        api=side.api,
        keyring=side.keyring,
        quota=Quota(_utc_now, per_minute=settings.tiktok_calls_per_minute),
        clock=_utc_now,
        public_base=settings.public_base,
        window_days=settings.conversion_window_days,
        counted=metrics.pulled,
    )


def _alert_webhook(settings: WorkerSettings, client: httpx.AsyncClient) -> AlertWebhook | None:
    if not settings.alert_webhook_url:
        return None
    url = httpx.URL(settings.alert_webhook_url)
    return AlertWebhook(client, url, settings.console_base, settings.alert_webhook_allow_private)


async def _stop_on_signal(stopping: anyio.Event, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            stopping.set()


@contextlib.contextmanager
def _metrics_port(settings: WorkerSettings, metrics: WorkerMetrics) -> Iterator[None]:
    if not settings.worker_port:
        yield
        return
    port = settings.worker_port + METRICS_PORT_OFFSET
    server, _ = start_http_server(port, addr=settings.host, registry=metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextlib.asynccontextmanager
async def _opened(settings: WorkerSettings, engines: Engines, stopping: anyio.Event) -> AsyncIterator[None]:
    """Fill `engines`. Redis is opened by its first command; PostgreSQL is waited for, unless the stop comes first."""
    engines.redis = connect(settings.redis_url, data_dir=settings.data_dir)
    try:
        engines.pool = await _pool(settings.database_url, stopping, engines.outages)
        yield
    finally:
        with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
            await engines.redis.aclose()
            if engines.pool is not None:
                await engines.pool.close()


async def _pool(database_url: str, stopping: anyio.Event, outages: OutageLog) -> Any:
    failures = 0
    while not stopping.is_set():
        try:
            return await open_pool(database_url, POOL_SIZE)
        except LEDGER_FAILED as error:
            outages.away(error)
            failures += 1
            with anyio.move_on_after(wait_after(failures)):
                await stopping.wait()
    return None


async def _work(
    delivery_context: DeliveryContext,
    job_with: Callable[[DeliveryScheduler], JobContext],
    job_scheduler: JobScheduler,
) -> None:
    """Keep the timetable until the stop, then let what is in flight come to its end."""
    stopping = job_scheduler.stopping
    async with anyio.create_task_group() as tasks:
        scheduler = DeliveryScheduler(delivery_context, tasks, stopping, job_scheduler.guarded)
        job = job_with(scheduler)
        for task in TIMETABLE:
            tasks.start_soon(job_scheduler.keep, task, job)
        spare_the_imported()
        log.info("worker started")
        for sentence in environment_proxies().unusable:
            log.warning("a proxy is not used", reason=sentence)
        tasks.start_soon(job_scheduler.guarded, "announce test mode", lambda: announce_test_mode(job.pool))
        await stopping.wait()
        tasks.cancel_scope.deadline = anyio.current_time() + FINISH_WITHIN_S


def _utc_now() -> datetime:
    return datetime.now(UTC)
