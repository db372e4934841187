"""The invented spend of the demo account: by hour and ad, along the curve of a day, until now.

An hour's figures depend on nothing but the ad and the hour, so a restart invents the same again. The hour that runs is
there in part and grows with the clock.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from sandbox.accounts.records import Advertiser
from sandbox.accounts.spend_row import SpendRow
from sandbox.accounts.tree import AdTree

WEEKS = 4
_HOUR_S = 3600
_DAY_S = 86_400
# Share of a day's spend in each local hour, in thousandths: few at four in the morning, most at eight in the evening.
_DAY_CURVE = (18, 11, 7, 5, 5, 8, 16, 27, 35, 38, 40, 42, 47, 48, 46, 47, 50, 55, 62, 72, 80, 78, 64, 36)
# Monday to Sunday
_WEEKDAYS = (0.9, 0.92, 0.95, 1.0, 1.06, 1.12, 1.05)


class Pace(msgspec.Struct, frozen=True):
    """How an ad spends on an ordinary day, in the currency of its account."""

    daily: int
    platforms: tuple[str, ...]
    country: str | None = None
    """Where else than at the advertiser's."""
    purchases: float = 0.0
    """Per click; what TikTok credits itself with, beside what follows from events."""
    registrations: float = 0.0
    ended: bool = False
    """Its last hour was before the Monday of two weeks ago: so it has a history that restarts within a week repeat."""


_PACES = {
    "1790000000000003": Pace(42, ("IOS",), "NL", purchases=0.02),
    "1790000000000004": Pace(18, ("IOS",), "NL", purchases=0.01),
    "1790000000000006": Pace(31, ("IOS", "ANDROID"), purchases=0.015),
    "1790000000000007": Pace(24, ("IOS", "ANDROID"), purchases=0.004, ended=True),
    "1790000000000008": Pace(9, ("IOS", "ANDROID"), purchases=0.01),
    "1790000000000012": Pace(6, ("ANDROID",), purchases=0.01),
    "1790000000000013": Pace(35, ("IOS", "ANDROID"), purchases=0.025),
    "1790000000000014": Pace(14, ("ANDROID",), purchases=0.02),
    "1790000000000015": Pace(3, ("IOS",), purchases=0.005),
    "1790000000000022": Pace(65, ("IOS",), registrations=0.03),
    "1790000000000023": Pace(28, ("IOS",), registrations=0.02),
    "1790000000000025": Pace(44, ("ANDROID",), "CA", registrations=0.025),
    "1790000000000026": Pace(12, ("ANDROID",), registrations=0.01),
    "1790000000000032": Pace(38, ("ANDROID",)),
    "1790000000000033": Pace(21, ("ANDROID",)),
}


class DemoSpend:
    """The spend of one of the demo's advertisers. `since`, in Unix seconds: `WEEKS` before it was loaded."""

    def __init__(self, advertiser: Advertiser, since: float) -> None:
        self._zone = advertiser.zone
        own = {place.spends_as for place in AdTree(advertiser).places()}
        self._paces = {ad_id: pace for ad_id, pace in _PACES.items() if ad_id in own}
        self._next = int(since) // _HOUR_S * _HOUR_S
        while datetime.fromtimestamp(self._next, self._zone).hour:
            self._next += _HOUR_S  # it begins with a whole day
        loaded = int(since) + WEEKS * 7 * _DAY_S
        monday = loaded - (loaded // _DAY_S + 3) % 7 * _DAY_S  # the epoch was a Thursday
        self._ended = monday - 14 * _DAY_S

    def until(self, now: float) -> Iterator[SpendRow]:
        """The rows of every hour since the last call, and those of the hour that runs once more, as it has grown."""
        while self._next <= now:
            share = min(1.0, (now - self._next) / _HOUR_S)
            for ad_id, pace in self._paces.items():
                if not pace.ended or self._next < self._ended:
                    yield from self._rows(ad_id, pace, share)
            if share < 1:
                return
            self._next += _HOUR_S

    def _rows(self, ad_id: str, pace: Pace, share: float) -> Iterator[SpendRow]:
        local = datetime.fromtimestamp(self._next, self._zone)
        ordinary = pace.daily * _DAY_CURVE[local.hour] / 1000 * _WEEKDAYS[local.weekday()] / len(pace.platforms)
        for platform in pace.platforms:
            spread = [_noise(f"{ad_id}|{platform}|{self._next}|{number}") for number in range(4)]
            amount = ordinary * (0.6 + 0.8 * spread[0]) * share
            impressions = int(amount / (4 + 3 * spread[1]) * 1000)  # a thousand for 4 to 7
            clicks = int(impressions * (0.006 + 0.008 * spread[2]))
            if impressions:
                yield SpendRow(
                    ad_id=ad_id,
                    hour=datetime.fromtimestamp(self._next, UTC).isoformat(),
                    spend=Decimal(f"{amount:.2f}"),
                    impressions=impressions,
                    clicks=clicks,
                    country=pace.country,
                    platform=platform,
                    metrics=_conversions(pace, clicks, spread[3]),
                )


def _conversions(pace: Pace, clicks: int, chance: float) -> dict[str, float]:
    """So few an hour that they are drawn: as many whole ones as there are, one more by chance."""
    purchases = int(clicks * pace.purchases * 2 * chance + chance)
    registrations = int(clicks * pace.registrations * 2 * chance + chance)
    if pace.purchases and purchases:
        value = round(purchases * (7.99 + 12 * chance), 2)
        return {"conversion": purchases, "complete_payment": purchases, "total_complete_payment_rate": value}
    if pace.registrations and registrations:
        return {"conversion": registrations, "user_registration": registrations}
    return {}


def _noise(name: str) -> float:
    """0 to 1, always the same of one name."""
    return zlib.crc32(name.encode()) / 0xFFFFFFFF
