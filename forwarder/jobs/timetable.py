"""Everything a worker does, how often, and by which function."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import anyio
import msgspec
import structlog

from ad_accounts.account_side import AccountSide
from ad_accounts.grant_health import probe_due_grants
from ad_accounts.import_context import ImportContext
from clicks.ageing import OldClicks
from clicks.all_clicks import AllClicks
from clicks.counts import drain, finish_drain
from clicks.links import Table, publish_links
from clicks.names import forget_names, waiting_names
from forwarder.delivering.delivery import DeliveryContext, probe
from forwarder.delivering.scheduler import DeliveryScheduler
from forwarder.jobs.alert_webhook import AlertWebhook
from forwarder.jobs.alerts import (
    alerts_by_kind,
    post_alerts,
    watch_deliveries,
    watch_grants,
    watch_machine,
    watch_partitions,
    watch_reports,
    watch_sources,
    watch_spend,
)
from forwarder.jobs.machine_watch import machine_state
from forwarder.jobs.old_clicks import WALK_EVERY_S, Mover, drop_old, move_old, old_before_ms
from forwarder.jobs.pending_matches import join_long_missed, join_missed, match_pending
from forwarder.jobs.qualifying import emit_due
from forwarder.jobs.spend_imports import import_due
from forwarder.matching.learning import add_observations
from forwarder.outages import OutageLog, wait_after
from ledger import partitions, pixel_state, retention
from ledger.ad_names import add_names, lock_names
from ledger.counts import add_counts
from ledger.delivery_claims import backlog
from ledger.partitioning import give_up_abandoned
from ledger.report_roll_ups import NOTHING, add_up
from ledger.sites import lock_publishing, published_table
from ledger.spend_progress import last_pulls
from ledger.webhook_events import last_received

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class JobContext:
    """What the tasks work with."""

    delivery_context: DeliveryContext
    scheduler: DeliveryScheduler
    redis: Any
    clicks: AllClicks
    alert_webhook: AlertWebhook | None = None
    """None = alerts are logged and counted only."""
    account_side: AccountSide | None = None
    """None = nothing of TikTok's account side is asked for."""
    imports: ImportContext | None = None
    """None = no spend is read."""

    @property
    def pool(self) -> Any:
        return self.delivery_context.pool

    def now(self) -> datetime:
        return self.delivery_context.clock()


async def deliver(job: JobContext) -> None:
    await job.scheduler.start_due()


async def probe_held_pixels(job: JobContext) -> None:
    """Each takes one delivery a minute, and at once when its token was replaced."""
    async with anyio.create_task_group() as probes:
        for pixel in await pixel_state.take_probes(job.pool, job.now()):
            probes.start_soon(probe, job.delivery_context, pixel)


async def match_pending_installs(job: JobContext) -> None:
    """Installs that came while Redis was away."""
    while await match_pending(job.pool, job.clicks, job.now()):
        pass


async def learn_from_installs(job: JobContext) -> None:
    """What matched installs taught becomes what the next ones are matched with."""
    while await add_observations(job.pool):
        pass


async def join_missed_events(job: JobContext) -> None:
    """Events stored in the same moment as their install, so that neither saw the other."""
    await join_missed(job.pool, job.now())


async def join_long_missed_events(job: JobContext) -> None:
    """The same while no worker was there, as a start of ours is the end of."""
    if joined := await join_long_missed(job.pool, job.now()):
        log.info("events joined that had missed their installs", events=joined)


async def drain_counters(job: JobContext) -> None:
    drained = await drain(job.redis)
    if drained is not None:
        await add_counts(job.pool, drained.drain_id, drained.counts)
        await finish_drain(job.redis, drained)


async def add_up_reports(job: JobContext) -> None:
    """What was counted since is added to the roll-ups that reports read."""
    while (done := await add_up(job.pool, job.now())) != NOTHING:
        if done.built:
            log.info("reports are counted anew", apps=done.built)


async def move_names(job: JobContext) -> None:
    async with job.pool.acquire() as connection, connection.transaction():
        await lock_names(connection)
        names = await waiting_names(job.redis)
        if names:
            await add_names(connection, names)
    if names:
        await forget_names(job.redis, names)


async def republish_links(job: JobContext) -> None:
    """A Redis that lost its data, or a change that was stored while Redis was away, is put right."""
    async with job.pool.acquire() as connection, connection.transaction():
        await lock_publishing(connection)
        table = msgspec.convert(await published_table(connection), Table)
        await publish_links(job.redis, table.links, table.sites, table.clicks)


async def make_partitions(job: JobContext) -> None:
    """Of a ledger that lies in them: those that will be needed."""
    if made := await partitions.make_ahead(job.pool):
        log.info("partitions made", partitions=made)
    if await give_up_abandoned(job.pool):
        log.warning("`ledger partition` was begun and not ended: given up, as events would have reached its bound")


async def delete_old_rows(job: JobContext) -> None:
    deleted = await retention.delete_old(job.pool, job.delivery_context.settings.ledger_retention_days, job.now())
    if any(deleted.values()):
        log.info("old rows deleted", **deleted)


async def move_old_clicks(job: JobContext) -> None:
    """Clicks older than CLICK_HOT_HOURS leave Redis for the ledger."""
    context = job.delivery_context
    old = OldClicks(job.redis, context.keyring.derive("address"))
    before_ms = await old_before_ms(job.pool, context.settings, job.now())
    moved = await move_old(Mover(job.pool, job.redis, old, before_ms, lambda: job.scheduler.is_stopping))
    await drop_old(job.pool, context.settings, job.now())
    context.metrics.moved(moved)
    if moved:
        log.info("old clicks moved to the ledger", clicks=moved)


async def show_gauges(job: JobContext) -> None:
    job.delivery_context.metrics.show_backlog(await backlog(job.pool), job.now())
    job.delivery_context.metrics.show_held(await pixel_state.held_pixels(job.pool))
    job.delivery_context.metrics.show_webhooks(await last_received(job.pool))
    job.delivery_context.metrics.show_spend(await last_pulls(job.pool), job.now())


async def qualify_starts(job: JobContext) -> None:
    """Trials and subscriptions whose time has come become qualified, unless they ended."""
    while (await emit_due(job.pool, job.delivery_context.keyring, job.now())).due:
        pass


async def watch(job: JobContext) -> None:
    await watch_deliveries(job.pool, job.now())
    await watch_sources(job.pool, job.now())
    await watch_grants(job.pool, job.now())
    await watch_spend(job.pool, job.now())
    await watch_partitions(job.pool, job.now())
    job.delivery_context.metrics.show_alerts(await alerts_by_kind(job.pool))


async def watch_this_machine(job: JobContext) -> None:
    """Its disk, spool and clock, and the replica as it is seen from here."""
    settings, metrics = job.delivery_context.settings, job.delivery_context.metrics
    ahead_s = job.delivery_context.api.server_clock.ahead_s()
    state = await machine_state(job.pool, job.redis, settings.data_dir, settings.report_database_url, ahead_s)
    metrics.show_machine(state.room.free if state.room is not None else None, state.replica_lag_s)
    await watch_machine(job.pool, state, job.now())


async def compare_reports(job: JobContext) -> None:
    """Reports' sums with the rows they are sums of."""
    await watch_reports(job.pool, job.now())


async def tell(job: JobContext) -> None:
    if job.alert_webhook is not None:
        await post_alerts(job.pool, job.alert_webhook, job.now)


async def probe_grants(job: JobContext) -> None:
    """Each is asked after daily, and hourly while it is broken."""
    if job.account_side is not None:
        await probe_due_grants(job.account_side, job.now)


async def import_spend(job: JobContext) -> None:
    """What ads cost: each advertiser hourly, and its past in between."""
    if job.imports is not None:
        await import_due(job.imports)


async def read_currency_rates(job: JobContext) -> None:
    job.delivery_context.rates.refresh()


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the timetable."""

    name: str
    every_s: float
    run: Callable[[JobContext], Awaitable[None]]
    share: float = 1.0
    """Of the time that it may be at work: what counts a backlog takes longer the more there is to be sent."""

    def rest_s(self, took_s: float, failures: int = 0) -> float:
        """How long to wait after a round that took this long, the last of so many failures in a row."""
        if failures:
            return max(self.every_s, wait_after(failures))
        return max(self.every_s, took_s * (1 / self.share - 1))


TIMETABLE: Final = (
    Task("deliver", 0.2, deliver),
    Task("probe held pixels", 2.0, probe_held_pixels),  # whose minute is over
    Task("match pending installs", 2.0, match_pending_installs),
    Task("join missed events", 5.0, join_missed_events),
    Task("join long missed events", 3600.0, join_long_missed_events),
    Task("qualify starts", 10.0, qualify_starts),
    Task("learn from installs", 10.0, learn_from_installs),
    Task("drain counters", 1.0, drain_counters),  # half of the two seconds in which a live feed shows a click
    Task("add up reports", 2.0, add_up_reports),
    Task("move names", 2.0, move_names),
    Task("move old clicks", WALK_EVERY_S, move_old_clicks),
    Task("republish links", 30.0, republish_links),
    Task("show gauges", 5.0, show_gauges, share=0.1),
    Task("watch", 15.0, watch, share=0.1),
    Task("watch this machine", 15.0, watch_this_machine),
    Task("compare reports", 3600.0, compare_reports),
    Task("post alerts", 5.0, tell),
    Task("probe grants", 60.0, probe_grants),  # whose day is over
    Task("import spend", 5.0, import_spend),  # of advertisers whose hour is over
    Task("read currency rates", 30.0, read_currency_rates),
    Task("make partitions", 60.0, make_partitions),
    Task("delete old rows", 3600.0, delete_old_rows),
)


class JobScheduler:
    """Runs tasks again and again until it is stopped. A task that fails is reported and does not stop the others."""

    def __init__(self, stopping: anyio.Event, failed: Callable[[str], None], outages: OutageLog | None = None) -> None:
        """`failed` is told the name of a task for each round that failed; failures are said in `outages`."""
        self.stopping = stopping
        self._failed = failed
        self._outages = outages or OutageLog()

    async def keep(self, task: Task, job: JobContext) -> None:
        """Run the task until the stop, waiting longer after each failure in a row."""
        failures = 0
        while not self.stopping.is_set():
            started = anyio.current_time()
            failures = 0 if await self.guarded(task.name, lambda: task.run(job)) else failures + 1
            with anyio.move_on_after(task.rest_s(anyio.current_time() - started, failures)):
                await self.stopping.wait()

    async def guarded(self, name: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work; False, with a line in the log, when it failed."""
        try:
            await work()
        except Exception as error:
            self._failed(name)
            self._outages.failed("task failed", error, task=name)
            return False
        return True
