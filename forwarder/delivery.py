"""One batch of one pixel: claimed, prepared, sent, settled.

A worker may die between any two steps: what it claimed is sent again when the lease has ended, the same bytes under the
same event_id.
"""

import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from config.secrets import Keyring, SecretError
from forwarder.conversion import NotSent, conversion, objection
from forwarder.outages import persist
from forwarder.parcels import Parcel, packed
from forwarder.settlement import Consequences, DeliveryFacts, Hold, Moment, Pause, Resume, consequences
from forwarder.worker_metrics import WorkerMetrics
from ledger import pixel_state
from ledger.delivery_claims import Claimed, Lease, Sent, Settled, claim, settle, store_prepared
from ledger.delivery_wake import wake
from ledger.pixel_state import SendingPixel
from ledger.pixels import PixelRef, token_record
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
class Courier:
    """What every delivery needs, opened once by the worker."""

    pool: Any
    """asyncpg pool of the ledger."""
    api: EventsApi
    keyring: Keyring
    public_base: str
    """Base of the Signal links."""
    metrics: WorkerMetrics
    clock: Callable[[], datetime]
    """The present time, UTC."""
    chance: Callable[[], float]
    """Uniform in 0..1, for the jitter."""
    rates: RateTable = field(default_factory=lambda: RateTable(None))
    """For currencies TikTok does not take."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one claim."""

    claimed: int
    sent: int
    """How many of them were in a request."""


NOTHING: Final = Batch(0, 0)


async def deliver_batch(courier: Courier, ref: PixelRef, limit: int = MAX_ROWS) -> Batch:
    """Claim up to `limit` due deliveries of an open pixel, send and settle them."""
    pixel = await pixel_state.sending_pixel(courier.pool, ref)
    if pixel is None or not pixel.open_at(courier.clock()):
        return NOTHING
    return await _deliver(courier, pixel, limit)


async def probe(courier: Courier, ref: PixelRef) -> Batch:
    """Try a held pixel with one delivery; one that is not to be sent after all gives way to the next."""
    while True:
        pixel = await pixel_state.sending_pixel(courier.pool, ref)
        if pixel is None or not pixel.enabled or pixel.state != "held":
            return NOTHING
        batch = await _deliver(courier, pixel, 1)
        if batch.sent or not batch.claimed:
            return batch


async def _deliver(courier: Courier, pixel: SendingPixel, limit: int) -> Batch:
    token = await _token(courier, pixel)
    if token is None:
        return NOTHING
    now = courier.clock()
    lease = Lease(pixel.app_id, uuid.uuid4().hex, now + LEASE_FOR)
    claimed = await claim(courier.pool, pixel.pixel_id, lease, limit, now)
    courier.metrics.taken_over(sum(row.takeovers > 0 for row in claimed))
    parcels = await prepare(courier, pixel, lease, await _without_suspects(courier, lease, claimed))
    await send(courier, Errand(pixel, token, lease), parcels)
    return Batch(len(claimed), len(parcels))


async def _without_suspects(courier: Courier, lease: Lease, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
    """The batch; but what several workers did not come back from goes alone, so that it takes no neighbour along."""
    suspect = next((row for row in claimed if row.takeovers >= ALONE_AFTER_TAKEOVERS), None)
    if suspect is None:
        return claimed
    await _release(courier, lease, [row for row in claimed if row is not suspect])
    return [suspect]


async def _token(courier: Courier, pixel: SendingPixel) -> str | None:
    try:
        return courier.keyring.decrypt(pixel.token_encrypted, token_record(pixel.pixel_id))
    except SecretError as error:
        await _hold(courier, pixel, f"the access token: {error}")
        return None


# -- prepare


async def prepare(courier: Courier, pixel: SendingPixel, lease: Lease, claimed: Sequence[Claimed]) -> list[Parcel]:
    """The parcels of what is to be sent. What is not to be sent by now is settled, and so is what cannot be built."""
    now = courier.clock()
    parcels, refused = [], []
    for row in claimed:
        ready = _ready(courier, pixel, row, now)
        if isinstance(ready, NotSent):
            refused.append(_not_sent(row, ready))
        else:
            parcels.append(ready)
    if refused:
        await settle(courier.pool, lease, refused, None)
    return parcels


def _ready(courier: Courier, pixel: SendingPixel, claimed: Claimed, now: datetime) -> Parcel | NotSent:
    try:
        return objection(claimed, pixel, now) or _parcel(courier, pixel, claimed, now)
    except Exception as error:
        # an event nobody foresaw must not keep its neighbours from being sent; the error's text may hold personal data
        kind = type(error).__name__
        log.error("delivery cannot be built", delivery_id=claimed.delivery_id, error=kind)
        return NotSent("dead", f"cannot be built: {kind}")


def _parcel(courier: Courier, pixel: SendingPixel, claimed: Claimed, now: datetime) -> Parcel:
    if claimed.payload is not None:
        return Parcel(claimed, claimed.payload.encode(), ())
    row = event_row(conversion(claimed, pixel, courier.public_base, now, courier.rates.rates))
    return Parcel(claimed, msgspec.json.encode(row.body), row.notes)


def _not_sent(claimed: Claimed, why: NotSent) -> Settled:
    at, arrived = why.next_attempt_at, claimed.maybe_arrived_at
    return Settled(claimed.delivery_id, why.state, why.reason, claimed.attempts, at, arrived, None)


# -- send


@dataclass(frozen=True, slots=True)
class Errand:
    """Under what a batch is sent."""

    pixel: SendingPixel
    token: str
    lease: Lease


async def send(courier: Courier, errand: Errand, parcels: Sequence[Parcel]) -> None:
    """Send the parcels in as few requests as TikTok takes; each request is settled before the next one is made."""
    requests = deque(packed(parcels))
    while requests:
        if courier.clock() + SEND_TAKES > errand.lease.until:
            break
        request = await _stamp(courier, errand.lease, requests.popleft())
        if not request:
            continue
        follow = await _exchange(courier, errand, request)
        requests.extendleft([request[row] for row in rows] for rows in reversed(follow.resend))
        if isinstance(follow.pixel, Hold | Pause):
            break
    await _release(courier, errand.lease, [parcel.claimed for request in requests for parcel in request])


async def _stamp(courier: Courier, lease: Lease, parcels: Sequence[Parcel]) -> list[Parcel]:
    """Keep what is about to be sent: from here on it counts as sent, whatever happens. Returns those still ours."""
    kept = await store_prepared(courier.pool, lease, [parcel.prepared() for parcel in parcels], courier.clock())
    if len(kept) < len(parcels):
        log.warning("leases lost before the send", deliveries=len(parcels) - len(kept))
    return [parcel for parcel in parcels if parcel.claimed.delivery_id in kept]


async def _exchange(courier: Courier, errand: Errand, parcels: Sequence[Parcel]) -> Consequences:
    sent_at = courier.clock()
    rows = [msgspec.Raw(parcel.row) for parcel in parcels]
    answer = await courier.api.track(errand.token, request_body(errand.pixel.code, rows, errand.pixel.test_event_code))
    verdict = classify(answer, len(rows), [parcel.claimed.event_id for parcel in parcels])
    moment = Moment(sent_at, courier.clock(), courier.chance(), errand.pixel.throttle_step)
    facts = [DeliveryFacts(p.claimed.attempts, p.claimed.due_at, p.claimed.maybe_arrived_at) for p in parcels]
    follow = consequences(verdict, facts, moment)
    await _settle(courier, errand, parcels, follow, _sent(errand, sent_at, answer, verdict, len(rows)))
    await _affect_pixel(courier, errand.pixel, follow, moment.now)
    outcomes = [step.outcome for step in follow.deliveries]
    courier.metrics.answered(errand.pixel.app_id, errand.pixel.pixel_id, outcomes, answer.ms / 1000)
    if verdict.outcome != "delivered":
        words = {"code": verdict.code, "status": answer.status, "tiktok_message": verdict.message}
        log.warning("request not delivered", pixel_id=errand.pixel.pixel_id, outcome=verdict.outcome, **words)
    return follow


def _sent(errand: Errand, at: datetime, answer: Answer, verdict: Verdict, rows: int) -> Sent:
    return Sent(
        at,
        answer.status,
        verdict.code,
        verdict.message,
        verdict.request_id or "",
        round(answer.ms),
        rows,
        errand.pixel.test_event_code,
    )


# -- settle


async def _settle(
    courier: Courier, errand: Errand, parcels: Sequence[Parcel], follow: Consequences, sent: Sent
) -> None:
    settled = [
        Settled(
            parcel.claimed.delivery_id,
            step.state,
            step.reason,
            step.attempts,
            errand.lease.until if step.state == "sending" else step.next_attempt_at,
            step.maybe_arrived_at,
            step.outcome,
        )
        for parcel, step in zip(parcels, follow.deliveries, strict=True)
    ]
    # TikTok's answer is in hand: a database that restarts at this moment must not cost it
    kept = await persist(lambda: settle(courier.pool, errand.lease, settled, sent), SETTLE_WITHIN_S)
    if len(kept) < len(settled):
        log.warning("leases lost during the send", deliveries=len(settled) - len(kept))


async def _affect_pixel(courier: Courier, pixel: SendingPixel, follow: Consequences, now: datetime) -> None:
    match follow.pixel:
        case Resume():
            if pixel.state != "ok" or pixel.throttle_step or pixel.paused_until:
                # first what waits: were this cut off behind the other, no later success would wake it
                woken = await wake(courier.pool, pixel.ref, now)
                await pixel_state.resume(courier.pool, pixel.ref)
                log.info("pixel sends again", pixel_id=pixel.pixel_id, due_at_once=woken)
        case Pause(until):
            await pixel_state.pause(courier.pool, pixel, until)
        case Hold(reason):
            await _hold(courier, pixel, reason, now)
        case None:
            pass


async def _hold(courier: Courier, pixel: SendingPixel, reason: str, now: datetime | None = None) -> None:
    if await pixel_state.hold(courier.pool, pixel.ref, reason, now or courier.clock()):
        log.error("pixel held: its set-up has to be mended", pixel_id=pixel.pixel_id, reason=reason)


async def _release(courier: Courier, lease: Lease, claimed: Sequence[Claimed]) -> None:
    """Give back what was claimed and not sent, each in its place."""
    if claimed:
        back = [_not_sent(row, NotSent("due", "", row.due_at)) for row in claimed]
        await settle(courier.pool, lease, back, None)
