"""From an event to its deliveries: one per pixel of the app, each in the state it begins with. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from forwarder.intake.revenue import is_refund, revenue_objection
from ledger.apps import AppSettings
from ledger.consent import GRANTS, REFUSALS, UNKNOWN, own_word
from ledger.default_mapping import DEFAULT_TARGETS
from ledger.deliveries import WAITING_FOR_INSTALL, NewDelivery, State
from ledger.events import NewEvent
from ledger.installs import KnownInstall
from ledger.mappings import WHOLE_APP, Mappings
from ledger.pixels import Pixel
from ledger.webhook_providers import RevenueSource
from tiktok.payload import sent_event_id
from tiktok.standard_events import EventNames, name_for

JOIN_GRACE = timedelta(hours=1)  # an event waits this long for its install before it is sent without one

NOT_MAPPED = "not mapped"
CONSENT_DENIED = "consent denied"
CONSENT_UNKNOWN = "consent unknown"
NOT_ATTRIBUTED = "not attributed"
TOO_OLD = "event older than event_max_age_days"
REFUND_TOLD = "refund_told_before"
"""Flag of a refund that TikTok heard of already: what was taken back of one before it, TikTok was never told."""
TOLD_BEFORE = "refund was told before"
PENDING = "pending"  # an install's match_method while Redis, or its click, is away


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """A pixel that takes an app's events, with everything that decides what it takes."""

    pixel_id: str
    targets: Mapping[str, str]
    """Source event -> target event ('' = not sent), where it differs from the default: the pixel's rows over the
    app's.
    """
    unmapped: Literal["skip", "custom"]
    consent_categories: tuple[str, ...]
    consent_when_unknown: Literal["allow", "deny"]
    send: Literal["all", "attributed"]
    max_age: timedelta
    event_names: EventNames = "current"
    revenue_source: RevenueSource = "sdk"
    refund_event: str = ""
    """What a refund becomes where no mapping names it; empty = it is not sent."""


def destination(pixel: Pixel, settings: AppSettings, mappings: Mappings) -> Destination:
    """The pixel as its own settings and its app's make it."""
    targets = mappings.get((pixel.app_id, WHOLE_APP), {}) | mappings.get((pixel.app_id, pixel.pixel_id), {})
    return Destination(
        pixel_id=pixel.pixel_id,
        targets=targets,
        unmapped=settings.unmapped,
        consent_categories=pixel.settings.consent_categories,
        consent_when_unknown=settings.consent_when_unknown,
        send=pixel.settings.send or settings.send,
        max_age=timedelta(days=settings.event_max_age_days),
        event_names=pixel.settings.event_names,
        revenue_source=settings.revenue_source,
        refund_event=settings.refund_event,
    )


def target_event(name: str, to: Destination) -> str:
    """TikTok's event for the app's event `name`, called as the pixel has it; empty = not sent."""
    target = to.targets.get(name)
    if target is None:
        target = to.refund_event if is_refund(name) else DEFAULT_TARGETS.get(name)
    if target is None:
        target = name if to.unmapped == "custom" else ""
    return name_for(target, to.event_names)


def deliveries(
    event: NewEvent, install: KnownInstall | None, destinations: tuple[Destination, ...], *, hears: bool = False
) -> Iterator[NewDelivery]:
    """One delivery per destination. `install` is the event's, None while it is not known.

    `hears`: with this event the install is told something of consent, by it or by another: what holds then the worker
    finds out.
    """
    for to in destinations:
        target = target_event(event.name, to)
        state, reason, wait = _first_state(event, target, install, to, hears)
        yield NewDelivery(
            app_id=event.app_id,
            pixel_id=to.pixel_id,
            event_id=sent_event_id(event.app_id, event.event_id, target),
            source_event_id=event.event_id,
            source_event=event.name,
            target_event=target,
            install_id=event.install_id,
            state=state,
            reason=reason,
            next_attempt_at=_when(event.received_at, wait) if state == "due" else None,
        )


def _when(received_at: datetime, wait: bool) -> datetime:
    return received_at + JOIN_GRACE if wait else received_at


def _first_state(
    event: NewEvent, target: str, install: KnownInstall | None, to: Destination, hears: bool
) -> tuple[State, str, bool]:
    """State, reason, and whether the delivery waits for the install (or for its match)."""
    if event.received_at - event.occurred_at > to.max_age:
        return "dead", TOO_OLD, False
    unwanted = NOT_MAPPED if not target else revenue_objection(event.source, event.name, target, to.revenue_source)
    if not unwanted and REFUND_TOLD in event.flags:
        unwanted = TOLD_BEFORE
    if unwanted:
        return "skipped", unwanted, False
    waits = install is None or install.match_method == PENDING
    installed = install.consent if install is not None and not hears else {}
    objection = consent_objection(event.body.get("consent", {}), installed, to)
    # an install that is still to come, or a word that comes along, may bring the consent: then the worker decides
    if objection == CONSENT_DENIED or (objection and install is not None and not hears):
        return "suppressed", objection, False
    if waits:
        return "due", WAITING_FOR_INSTALL, True
    if to.send == "attributed" and install is not None and install.match_method == "none":
        return "skipped", NOT_ATTRIBUTED, False
    return "due", "", False


def consent_objection(event: Mapping[str, str], install: Mapping[str, str], to: Destination) -> str:
    """Why consent keeps an event from a destination; empty where it does not.

    Per category the event's own word counts, else its install's. The worker asks again, with what was said since.
    """
    words = [own_word(event.get(one), install.get(one)) or UNKNOWN for one in to.consent_categories]
    if not REFUSALS.isdisjoint(words):
        return CONSENT_DENIED
    if not GRANTS.issuperset(words) and to.consent_when_unknown == "deny":
        return CONSENT_UNKNOWN
    return ""
