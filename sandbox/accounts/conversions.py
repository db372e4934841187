"""The events taken, as what TikTok makes of them: conversions of the ads they came from.

TikTok knows which ad a `ttclid` was a click on. The sandbox cannot, so an event that carries one (in `user` or in the
query of `page.url`) is credited to the ad that the account's `ttclids` name for it, else to the ad that the query of
`page.url` names: `ad_id` first, as on Upgraded Smart+ it is the creative, then `ad_id_v2`. TikTok books a conversion
on the day of the click; not knowing it, the sandbox books it on the hour of the event.
"""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from sandbox.accounts.event_metrics import CUSTOM, STANDARD, EventMetrics
from sandbox.accounts.hours import LocalHour, hour_at
from sandbox.accounts.records import Advertiser, Pixel
from sandbox.accounts.tree import AdTree, Place


class Event(msgspec.Struct, frozen=True, gc=False):
    """What is kept of an event that was taken and counted."""

    name: str
    at: int
    """Unix seconds: its `event_time`."""
    value: float
    currency: str | None
    ttclid: str
    url: str
    user_agent: str
    country: str

    @property
    def metrics(self) -> EventMetrics:
        return STANDARD.get(self.name, CUSTOM)


class EventLog:
    """The events of each pixel, test events left out; of each pixel the first `keep`."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self.resets = 0
        """How often it was emptied, so that a reader knows that its place in it is gone."""
        self._events: dict[str, list[Event]] = {}

    def reset(self) -> None:
        self._events = {}
        self.resets += 1

    def note(self, pixel_code: str, row: dict[str, Any]) -> None:
        """Keep a row of `data[]` that was checked."""
        events = self._events.setdefault(pixel_code, [])
        if len(events) >= self._keep:
            return
        user, page, properties = row.get("user", {}), row.get("page", {}), row.get("properties", {})
        event = Event(
            name=row["event"],
            at=row["event_time"],
            value=float(properties.get("value", 0)),
            currency=properties.get("currency"),
            ttclid=user.get("ttclid", ""),
            url=page.get("url", ""),
            user_agent=user.get("user_agent", ""),
            country=user.get("country", ""),
        )
        events.append(event)

    def of(self, pixel_code: str, start: int = 0) -> list[Event]:
        """The events of a pixel, from one index on."""
        return self._events.get(pixel_code, [])[start:]


class Conversion(msgspec.Struct, frozen=True):
    """An event on the ad it is credited to."""

    place: Place
    hour: LocalHour
    country: str
    platform: str
    metrics: dict[str, Decimal]


def credited(event: Event, pixel: Pixel, advertiser: Advertiser, tree: AdTree) -> Conversion | None:
    """The conversion that an event is, or None where it came from none of the advertiser's ads."""
    place = _place(event, advertiser, tree)
    if place is None:
        return None
    return Conversion(
        place=place,
        hour=hour_at(event.at, advertiser.zone),
        country=event.country.upper() or advertiser.country,
        platform=_platform(event.user_agent),
        metrics=_metrics(event, pixel, advertiser, place),
    )


def _place(event: Event, advertiser: Advertiser, tree: AdTree) -> Place | None:
    query = parse_qs(urlsplit(event.url).query)
    ttclid = event.ttclid or next(iter(query.get("ttclid", [])), "")
    if not ttclid:
        return None
    for start in sorted(advertiser.ttclids, key=len, reverse=True):
        if ttclid.startswith(start):
            return tree.place(advertiser.ttclids[start])
    for name in ("ad_id", "ad_id_v2"):
        for value in query.get(name, []):
            if (place := tree.place(value)) is not None:
                return place
    return None


def _metrics(event: Event, pixel: Pixel, advertiser: Advertiser, place: Place) -> dict[str, Decimal]:
    kind = event.metrics
    metrics = {kind.count: Decimal(1)} if kind.count else {}
    if kind.value is not None:
        rate = advertiser.rates.get(event.currency or advertiser.currency, 1.0)
        metrics[kind.value] = Decimal(str(event.value)) * Decimal(str(rate))
    adgroup = place.adgroup
    if adgroup.pixel_id == pixel.pixel_id and adgroup.optimization_event == kind.code:
        metrics["conversion"] = Decimal(1)
    return metrics


def _platform(user_agent: str) -> str:
    if "iPhone" in user_agent or "iPad" in user_agent:
        return "IOS"
    return "ANDROID" if "Android" in user_agent else "NONE"
