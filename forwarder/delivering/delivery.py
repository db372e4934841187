"""One batch of one pixel: claimed, prepared, sent, settled.

A worker may die between any two steps: what it claimed is sent again at its lease's end, the same bytes and event_id.
"""

import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from config.news import News
from config.secrets import Keyring, SecretError
from config.settings import WorkerSettings
from config.tracing import span
from forwarder.delivering.conversion import NotSent, conversion, objection
from forwarder.delivering.prepared_delivery import PreparedDelivery, in_requests
from forwarder.delivering.settlement import Consequences, DeliveryFacts, Hold, Pause, Resume, SendTiming, consequences
from forwarder.outages import persist
from forwarder.worker_metrics import WorkerMetrics
from ledger import pixel_state
from ledger.delivery_claims import Claimed, Lease, Sent, Settled, claim, settle, store_prepared
from ledger.delivery_wake import wake
from ledger.pixel_state import SendingPixel
from ledger.pixels import PixelRef, token_record
from ledger.unheard_consent import heard
from tiktok.codes import Answer, Verdict, classify
from tiktok.currency_rates import RateTable
from tiktok.events_api import EventsApi
from tiktok.payload import MAX_ROWS, event_row, request_body

log = structlog.get_logger()

LEASE_FOR: Final = timedelta(seconds=30)  # how long the deliveries of a worker that died are not sent by another
SEND_TAKES: Final = timedelta(seconds=15)  # a request's deadline and its settling: no send begins with less lease left
ALONE_AFTER_TAKEOVERS: Final = 2
SETTLE_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What every delivery needs, opened once by the worker."""

    pool: Any
    """asyncpg pool of the ledger."""
    api: EventsApi
    keyring: Keyring
    settings: WorkerSettings
    metrics: WorkerMetrics
    clock: Callable[[], datetime]
    """The present time, UTC."""
    chance: Callable[[], float]
    """Uniform in 0..1, for the jitter."""
    rates: RateTable = field(default_factory=lambda: RateTable(None))
    """For currencies TikTok does not take."""
    news: News = field(default_factory=News)
    """What was said of requests that failed: a refused batch is narrowed down in dozens of requests."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one claim."""

    claimed: int
    sent: int
    """How many of them were in a request."""


NOTHING: Final = Batch(0, 0)


async def deliver_batch(context: DeliveryContext, ref: PixelRef, limit: int = MAX_ROWS) -> Batch:
    """Claim up to `limit` due deliveries of an open pixel, send and settle them."""
    pixel = await pixel_state.sending_pixel(context.pool, ref, context.clock())
    if pixel is None or not pixel.open_at(context.clock()):
        return NOTHING
    return await _deliver(context, pixel, limit)


async def probe(context: DeliveryContext, ref: PixelRef) -> Batch:
    """Try a held pixel with one delivery; one that is not to be sent after all gives way to the next."""
    while True:
        pixel = await pixel_state.sending_pixel(context.pool, ref, context.clock())
        if pixel is None or not pixel.enabled or pixel.state != "held":
            return NOTHING
        batch = await _deliver(context, pixel, 1)
        if batch.sent or not batch.claimed:
            return batch


async def _deliver(context: DeliveryContext, pixel: SendingPixel, limit: int) -> Batch:
    token = await _token(context, pixel)
    if token is None:
        return NOTHING
    now = context.clock()
    lease = Lease(pixel.app_id, uuid.uuid4().hex, now + LEASE_FOR, pixel.place)
    claimed = await claim(context.pool, pixel.pixel_id, lease, limit, now)
    context.metrics.taken_over(sum(row.takeovers > 0 for row in claimed))
    deliveries = await prepare(context, pixel, lease, await _without_suspects(context, lease, claimed))
    if deliveries:
        with span("deliveries", app_id=pixel.app_id, pixel_id=pixel.pixel_id, rows=len(deliveries)):
            await send(context, BatchTarget(pixel, token, lease), deliveries)
    return Batch(len(claimed), len(deliveries))


async def _without_suspects(context: DeliveryContext, lease: Lease, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
    """The batch; but what several workers did not come back from goes alone, so that it takes no neighbour along."""
    suspect = next((row for row in claimed if row.takeovers >= ALONE_AFTER_TAKEOVERS), None)
    if suspect is None:
        return claimed
    await _release(context, lease, [row for row in claimed if row is not suspect])
    return [suspect]


async def _token(context: DeliveryContext, pixel: SendingPixel) -> str | None:
    try:
        return context.keyring.decrypt(pixel.token_encrypted, token_record(pixel.pixel_id))
    except SecretError as error:
        await _hold(context, pixel, f"the access token: {error}")
        return None


# -- prepare


async def prepare(
    context: DeliveryContext, pixel: SendingPixel, lease: Lease, claimed: Sequence[Claimed]
) -> list[PreparedDelivery]:
    """What is ready to be sent. What is not to be sent by now is settled, and so is what cannot be built."""
    now = context.clock()
    deliveries, refused = [], []
    for row in await heard(context.pool, claimed):
        ready = _ready(context, pixel, row, now)
        if isinstance(ready, NotSent):
            refused.append(ready.settled(row))
        else:
            deliveries.append(ready)
    if refused:
        await settle(context.pool, lease, refused, None)
    return deliveries


def _ready(
    context: DeliveryContext, pixel: SendingPixel, claimed: Claimed, now: datetime
) -> PreparedDelivery | NotSent:
    try:
        return objection(claimed, pixel, now) or _prepared(context, pixel, claimed, now)
    except Exception as error:
        # an event nobody foresaw must not keep its neighbours from being sent; the error's text may hold personal data
        kind = type(error).__name__
        log.error("delivery cannot be built", delivery_id=claimed.delivery_id, error=kind)
        return NotSent("dead", f"cannot be built: {kind}")


def _prepared(context: DeliveryContext, pixel: SendingPixel, claimed: Claimed, now: datetime) -> PreparedDelivery:
    if claimed.payload is not None:
        return PreparedDelivery(claimed, claimed.payload.encode(), ())
    row = event_row(conversion(claimed, pixel, context.settings.public_base, now, context.rates.rates))
    return PreparedDelivery(claimed, msgspec.json.encode(row.body), row.notes)


# -- send


@dataclass(frozen=True, slots=True)
class BatchTarget:
    """Under what a batch is sent."""

    pixel: SendingPixel
    token: str
    lease: Lease


async def send(context: DeliveryContext, target: BatchTarget, deliveries: Sequence[PreparedDelivery]) -> None:
    """Send the deliveries in as few requests as TikTok takes; each request is settled before the next one is made."""
    requests = deque(in_requests(deliveries))
    while requests and target.lease.lasts(SEND_TAKES, context.clock()):
        request = await _stamp(context, target.lease, requests.popleft())
        if not request:
            continue
        # a ledger that is slow: another worker would send it as well
        if not target.lease.lasts(SEND_TAKES, context.clock()):
            requests.appendleft(request)
            break
        follow = await _exchange(context, target, request)
        requests.extendleft([request[row] for row in rows] for rows in reversed(follow.resend))
        if isinstance(follow.pixel, Hold | Pause):
            break
    await _release(context, target.lease, [delivery.claimed for request in requests for delivery in request])


async def _stamp(
    context: DeliveryContext, lease: Lease, deliveries: Sequence[PreparedDelivery]
) -> list[PreparedDelivery]:
    """Keep what is about to be sent: from here on it counts as sent, whatever happens. Returns those still ours."""
    kept = await store_prepared(context.pool, lease, [delivery.prepared() for delivery in deliveries], context.clock())
    if len(kept) < len(deliveries):
        log.warning("leases lost before the send", deliveries=len(deliveries) - len(kept))
    return [delivery for delivery in deliveries if delivery.claimed.delivery_id in kept]


async def _exchange(
    context: DeliveryContext, target: BatchTarget, deliveries: Sequence[PreparedDelivery]
) -> Consequences:
    sent_at = context.clock()
    rows = [msgspec.Raw(delivery.row) for delivery in deliveries]
    with span("tiktok", path="event/track", rows=len(rows)) as asked:
        body = request_body(target.pixel.code, rows, target.pixel.test_event_code)
        answer = await context.api.track(target.token, body)
        asked.tell(status=answer.status or 0)
    verdict = classify(answer, len(rows), [delivery.claimed.event_id for delivery in deliveries])
    timing = SendTiming(sent_at, context.clock(), context.chance(), target.pixel.throttle_step)
    facts = [DeliveryFacts(p.claimed.attempts, p.claimed.due_at, p.claimed.maybe_arrived_at) for p in deliveries]
    follow = consequences(verdict, facts, timing)
    await _settle(context, target, deliveries, follow, _sent(target, sent_at, answer, verdict, len(rows)))
    await _affect_pixel(context, target.pixel, follow, timing.now)
    outcomes = [step.outcome for step in follow.deliveries]
    context.metrics.answered(target.pixel.app_id, target.pixel.pixel_id, outcomes, answer.ms / 1000)
    topic = f"{target.pixel.pixel_id} {verdict.outcome} {verdict.code} {answer.status}"
    if verdict.outcome != "delivered" and context.news.is_news(topic):
        words = {"code": verdict.code, "status": answer.status, "tiktok_message": verdict.message}
        log.warning("request not delivered", pixel_id=target.pixel.pixel_id, outcome=verdict.outcome, **words)
    return follow


def _sent(target: BatchTarget, at: datetime, answer: Answer, verdict: Verdict, rows: int) -> Sent:
    return Sent(
        at,
        answer.status,
        verdict.code,
        verdict.message,
        verdict.request_id or "",
        round(answer.ms),
        rows,
        target.pixel.test_event_code,
    )


# -- settle


async def _settle(
    context: DeliveryContext,
    target: BatchTarget,
    deliveries: Sequence[PreparedDelivery],
    follow: Consequences,
    sent: Sent,
) -> None:
    settled = [
        Settled(
            delivery.claimed.delivery_id,
            step.state,
            step.reason,
            step.attempts,
            target.lease.until if step.state == "sending" else step.next_attempt_at,
            step.maybe_arrived_at,
            step.outcome,
        )
        for delivery, step in zip(deliveries, follow.deliveries, strict=True)
    ]
    # TikTok's answer is in hand: a database that restarts at this moment must not cost it
    kept = await persist(lambda: settle(context.pool, target.lease, settled, sent), SETTLE_WITHIN_S)
    if len(kept) < len(settled):
        log.warning("leases lost during the send", deliveries=len(settled) - len(kept))


async def _affect_pixel(context: DeliveryContext, pixel: SendingPixel, follow: Consequences, now: datetime) -> None:
    match follow.pixel:
        case Resume():
            if pixel.state != "ok" or pixel.throttle_step or pixel.paused_until:
                # first what waits: were this cut off behind the other, no later success would wake it
                woken = await wake(context.pool, pixel.ref, now)
                await pixel_state.resume(context.pool, pixel.ref)
                log.info("pixel sends again", pixel_id=pixel.pixel_id, due_at_once=woken)
        case Pause(until):
            await pixel_state.pause(context.pool, pixel, until)
        case Hold(reason):
            await _hold(context, pixel, reason, now)
        case None:
            pass


async def _hold(context: DeliveryContext, pixel: SendingPixel, reason: str, now: datetime | None = None) -> None:
    if await pixel_state.hold(context.pool, pixel.ref, reason, now or context.clock(), pixel.token_encrypted):
        log.error("pixel held: its set-up has to be mended", pixel_id=pixel.pixel_id, reason=reason)


async def _release(context: DeliveryContext, lease: Lease, claimed: Sequence[Claimed]) -> None:
    """Give back what was claimed and not sent, each in its place."""
    if claimed:
        back = [NotSent("due", "", row.due_at).settled(row) for row in claimed]
        await settle(context.pool, lease, back, None)
