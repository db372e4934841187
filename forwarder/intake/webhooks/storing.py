"""Storing webhooks: the raw bodies, the events they become with their deliveries, and the timers of what may qualify,
in one transaction.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

import msgspec
import structlog

from forwarder.directory import Directory
from forwarder.intake.decoding import decode
from forwarder.intake.event_batch import EventKey, EventLedger, Stored
from forwarder.intake.install_batch import ACQUIRE_TIMEOUT_S
from forwarder.intake.webhooks import stripe
from forwarder.intake.webhooks.event_rows import ENDING_NAMES, QUALIFIED, event_row, qualified_name
from forwarder.intake.webhooks.normal import SourceEvent
from forwarder.intake.webhooks.reading import fields
from forwarder.intake.webhooks.refunding import REFUNDED, lock_order, reckoned, wave
from ledger.erased_meanwhile import Whose, erase_again
from ledger.erasure import TombstoneKeys, erased, tombstones
from ledger.event_timers import NewTimer, flag_late_endings, insert_timers
from ledger.events import NewEvent
from ledger.refund_events import TakenBack, take_back
from ledger.refunds import name_order
from ledger.webhook_events import BodyOutcome, WebhookBody, counted_bodies, insert_bodies, note_became, note_received
from ledger.webhook_providers import Provider

LATE_ENDING = "ended_before_it_qualified"
"""Flag of a qualified event whose subscription had ended, as it turned out too late."""

Outcome = Literal["event", "counted", "test", "ignored", "unread", "erased"]

_ANYTHING: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookPost:
    """An authentic webhook."""

    app_id: str
    provider: Provider
    raw: bytes
    received_at: datetime
    source: SourceEvent | None
    """None where no event can be read from it."""

    @property
    def provider_event_id(self) -> str:
        """A body without an id is known by its digest."""
        return self.source.event_id if self.source is not None else hashlib.sha256(self.raw).hexdigest()

    @property
    def people(self) -> tuple[str, ...]:
        if self.source is None:
            return ()
        person = self.source.person
        return tuple(dict.fromkeys([*([person.install_id] if person.install_id else []), *person.ids]))


@dataclass(frozen=True, slots=True)
class Made:
    """What is made of a post."""

    post: WebhookPost
    outcome: Outcome
    event: NewEvent | None = None
    taken_back: TakenBack | None = None


@dataclass(frozen=True, slots=True)
class WebhookLedger:
    """What storing webhooks needs."""

    pool: Any
    directory: Directory
    tombstone_keys: TombstoneKeys
    events: EventLedger

    async def commit(self, posts: Sequence[WebhookPost]) -> list[Outcome]:
        """What became of each post. See GroupCommit."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            gone = await self._erased(connection, posts)
            async with connection.transaction():
                # in one order everywhere: charges are locked while what was refunded of them is reckoned
                order = sorted(range(len(posts)), key=lambda index: _order(posts[index]))
                made: dict[int, Made] = {}
                whose = [one for post in posts for one in _whose(post)]
                for _, indexes in groupby(order, key=lambda index: _order(posts[index])[0]):
                    one_wave = {index: await self._make(connection, posts[index], gone) for index in indexes}
                    stored, bodies = await self._keep(connection, list(one_wave.values()))
                    await insert_bodies(connection, bodies)
                    whose += stored.whose
                    made |= one_wave
                if waited := await _refunds_that_waited(connection, list(made.values())):
                    gone = await self._erased(connection, waited)
                    again = [await self._make(connection, post, gone) for post in waited]
                    late, became = await self._keep(connection, again)
                    await note_became(connection, became)
                    whose += late.whose
            await erase_again(connection, self.tombstone_keys, whose)
        return [made[index].outcome for index in range(len(posts))]

    async def _erased(self, connection: Any, posts: Sequence[WebhookPost]) -> frozenset[bytes]:
        hashes = [one for post in posts for one in self._tombstones(post)]
        return await erased(connection, hashes) if hashes else frozenset()

    def _tombstones(self, post: WebhookPost) -> list[bytes]:
        return [hashed for one in _whose(post) for hashed in tombstones(self.tombstone_keys, *one)]

    async def _make(self, connection: Any, post: WebhookPost, gone: frozenset[bytes]) -> Made:
        if gone and not gone.isdisjoint(self._tombstones(post)):
            return Made(post, "erased")
        source = post.source
        if source is None:
            return Made(post, "unread")
        if source.reading != "event":
            return Made(post, source.reading)
        event = event_row(post.app_id, post.provider, source, post.received_at)
        found = await reckoned(connection, source, event)
        return Made(post, "event" if found.event is not None else "counted", found.event, found.taken_back)

    async def _keep(self, connection: Any, made: Sequence[Made]) -> tuple[Stored, list[WebhookBody]]:
        """Store what was made; the bodies are the caller's to store."""
        first: dict[EventKey, NewEvent] = {}
        for one in made:
            if one.event is not None:
                first.setdefault((one.event.app_id, one.event.event_id), one.event)
        stored = await self.events.store(connection, list(first.values()))
        keys = stored.keys
        await self._name_orders(connection, made)
        # of refunds of the same round, too
        for one in made:
            if one.taken_back is not None:
                await take_back(connection, one.taken_back)
        await insert_timers(connection, list(self._timers(made, keys)))
        await note_received(connection, {(m.post.app_id, m.post.provider): m.post.received_at for m in made})
        ending = [key for key, event in first.items() if key in keys and event.name in ENDING_NAMES]
        endings = [(app_id, keys[app_id, event_id]) for app_id, event_id in ending]
        for app_id, name in await flag_late_endings(connection, endings, LATE_ENDING, QUALIFIED):
            log.warning("a qualified event had ended before it qualified", app_id=app_id, qualified=name)
        return stored, list(_bodies(made, keys))

    async def _name_orders(self, connection: Any, made: Sequence[Made]) -> None:
        """Refunds that came before their sale carry the payment's id until the sale brings the order's."""
        for one in made:
            event, source = one.event, one.post.source
            if event is None or source is None or source.capture is None or event.subscription_id is None:
                continue
            order_id = event.body.get("properties", {}).get("order_id")
            if order_id is not None and order_id != event.subscription_id:
                await name_order(connection, REFUNDED, (event.app_id, event.subscription_id), order_id)

    def _timers(self, made: Sequence[Made], keys: Mapping[EventKey, int]) -> Iterable[NewTimer]:
        for one in made:
            event, source = one.event, one.post.source
            if event is None or source is None:
                continue
            key, name = keys.get((event.app_id, event.event_id)), qualified_name(one.post.provider, source)
            if key is None or name is None or event.subscription_id is None:
                continue
            delay = self._delay(event.app_id)
            yield NewTimer(event.app_id, key, name, event.received_at + delay, event.occurred_at + delay)

    def _delay(self, app_id: str) -> timedelta:
        entry = self.directory.get(app_id)
        return timedelta(minutes=entry.app.settings.qualified_delay_minutes if entry is not None else 0)


def _whose(post: WebhookPost) -> list[Whose]:
    """An id of a webhook may be an install's or a person's."""
    return [Whose(post.app_id, one, (one,)) for one in post.people]


async def _refunds_that_waited(connection: Any, made: Sequence[Made]) -> list[WebhookPost]:
    """Refunds that came while their payment was a hold, which may have been called off: now it is captured. Of what is
    captured in part nothing tells them from the rest of the hold, which is released under that name.
    """
    waited: list[WebhookPost] = []
    for one in made:
        event, source = one.event, one.post.source
        if event is None or source is None or not source.captured_whole or event.subscription_id is None:
            continue
        of = one.post.app_id, one.post.provider
        for row in await counted_bodies(connection, of, sorted(stripe.REFUND_TYPES), event.subscription_id):
            read = stripe.read(fields(decode(_ANYTHING, row["body"])))
            waited.append(WebhookPost(*of, row["body"], row["received_at"], read))
    return waited


def _order(post: WebhookPost) -> tuple[int, str, str, int]:
    of_payment = lock_order(post.source) if post.source is not None else ("", 0)
    return wave(post.provider, post.source), post.app_id, *of_payment


def _bodies(made: Sequence[Made], keys: Mapping[EventKey, int]) -> Iterable[WebhookBody]:
    """Of an event that was there already, the body of its first delivery is kept, and that only."""
    for one in made:
        if one.outcome == "erased":
            continue
        outcome: BodyOutcome = one.outcome
        key = keys.get((one.event.app_id, one.event.event_id)) if one.event is not None else None
        if one.event is not None and key is None:
            outcome = "counted"
        kind = one.post.source.type if one.post.source is not None else ""
        yield WebhookBody(
            app_id=one.post.app_id,
            provider=one.post.provider,
            provider_event_id=one.post.provider_event_id,
            type=kind,
            outcome=outcome,
            received_at=one.post.received_at,
            event_key=key,
            people=one.post.people,
            body=one.post.raw,
        )
