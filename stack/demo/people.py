"""The demo's invented people: who clicked, installed, tried and bought in the last four weeks. Pure.

They follow what TikTok's stand-in says of each ad and day, and differ a little from it, as in life. The same account
and app give the same people.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from urllib.parse import urlencode

from clicks.click_id import ClickId
from clicks.counts import QUARTER_S
from clicks.record import Click, generated_ttp

# how busy each local hour is, in thousandths of a day
DAY_CURVE: Final = (28, 18, 12, 9, 8, 10, 17, 27, 36, 40, 42, 44, 48, 48, 46, 45, 47, 52, 58, 66, 74, 82, 78, 65)
INSTALLS_PER_CLICK: Final = 0.17
ORGANIC_PER_INSTALL: Final = 0.25
SIGN_UPS: Final = 0.62
TRIALS: Final = 0.24
PAID_TRIALS: Final = 0.52
BUYERS: Final = 0.18
MOST_SAID: Final = 0.9999  # of a likeness, as the matcher never says that one is certain
AGENTS: Final = {
    "ios": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Mobile/15E148 musical_ly_41.6.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/DE"
    ),
    "android": (
        "Mozilla/5.0 (Linux; Android 14; SM-A536B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/131.0.6778.200 Mobile Safari/537.36 trill_380305 BytedanceWebview/d8a21c6"
    ),
}
_COUNTRIES: Final = (("DE", 74), ("AT", 11), ("CH", 9), ("NL", 6))
_PRICES: Final = ("2.99", "4.99", "9.99", "19.99")
_SUBSCRIPTION: Final = "39.99"


@dataclass(frozen=True, slots=True)
class AdDay:
    """What TikTok says of one ad on one day, and what is known of the ad."""

    begins: datetime
    ends: datetime
    """Of the advertiser's day; the running one ends now."""
    clicks: int
    campaign: tuple[str, str]
    """(id, name), as the following."""
    adgroup: tuple[str, str]
    ad: tuple[str, str]
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visits:
    """As `ledger.counts` takes them."""

    begins_s: int
    link: str
    platform: str
    kind: str
    campaign_id: str
    adgroup_id: str
    ad_id: str
    visits: int
    creative_id: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of one person."""

    name: str
    at: datetime
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One install, the click that brought it (None: organic), and what followed."""

    install_id: str
    platform: str
    country: str
    at: datetime
    click: Click | None
    method: str
    probability: float | None
    happenings: tuple[Happening, ...]


class Population:
    """Draws visits and people. `app_id` and `link` are the demo's; nothing happens after `now`."""

    def __init__(self, app_id: str, link: str, now: datetime) -> None:
        self._app_id, self._link, self._now = app_id, link, now

    def visits(self, days: Sequence[AdDay]) -> list[Visits]:
        """Clicks by quarter of an hour, and a few robots and previews among them."""
        counted: Counter[tuple[int, str, str, tuple[str, str, str]]] = Counter()
        for day in days:
            chance = self._chance("visits", day)
            for _ in range(round(day.clicks * chance.uniform(0.86, 0.97))):
                quarter = int(_moment(day, chance).timestamp()) // QUARTER_S * QUARTER_S
                kind = chance.choices(("click", "preload", "bot", "preview"), (90, 6, 3, 1))[0]
                ids = day.campaign[0], day.adgroup[0], day.ad[0]
                counted[quarter, chance.choice(day.platforms), kind, ids] += 1
        return [
            Visits(quarter, self._link, platform, kind, *ids, many)
            for (quarter, platform, kind, ids), many in counted.items()
        ]

    def people(self, days: Sequence[AdDay]) -> Iterator[Person]:
        """Installs that ads brought, and some that nobody did."""
        for day in days:
            chance = self._chance("people", day)
            expected = day.clicks * INSTALLS_PER_CLICK * chance.uniform(0.75, 1.25)
            for number in range(int(expected + chance.random())):
                person = self._person(day, chance, number)
                if person.at < self._now:
                    yield person

    def _person(self, day: AdDay, chance: Random, number: int) -> Person:
        organic = chance.random() < ORGANIC_PER_INSTALL / (1 + ORGANIC_PER_INSTALL)
        platform = chance.choice(day.platforms)
        clicked_at = _moment(day, chance)
        at = clicked_at + timedelta(seconds=chance.uniform(45, 2_400))
        method, probability = ("none", None) if organic else _method(platform, chance)
        country = chance.choices([code for code, _ in _COUNTRIES], [weight for _, weight in _COUNTRIES])[0]
        return Person(
            install_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._app_id}/{day.ad[0]}/{day.begins}/{number}")),
            platform=platform,
            country=country,
            at=at,
            click=None if organic else self._click(day, platform, clicked_at, chance),
            method=method,
            probability=probability,
            happenings=tuple(one for one in _happenings(at, chance) if one.at < self._now),
        )

    def _click(self, day: AdDay, platform: str, at: datetime, chance: Random) -> Click:
        ids = {
            "campaign_id": day.campaign[0], "campaign_name": day.campaign[1], "adgroup_id": day.adgroup[0],
            "adgroup_name": day.adgroup[1], "ad_id": day.ad[0], "ad_name": day.ad[1],
        }  # fmt: skip
        ttclid = f"E.C.P.{chance.randbytes(48).hex()}"
        at_ms = int(at.timestamp() * 1000)
        click_id = ClickId(at_ms, chance.getrandbits(46), chance.randbytes(5)).text()
        return Click(
            click_id=click_id,
            at_ms=at_ms,
            link=self._link,
            app_id=self._app_id,
            platform=platform,
            ip=f"203.0.113.{chance.randrange(1, 255)}",  # of a network that nobody has
            user_agent=AGENTS[platform],
            languages="de-DE,de;q=0.9",
            query=urlencode({**ids, "placement": "TikTok", "ttclid": ttclid}),
            ttp=generated_ttp(click_id),
            ttclid=ttclid,
            macro_ip=None,
            macro_user_agent=None,
            campaign_id=day.campaign[0],
            campaign_name=day.campaign[1],
            adgroup_id=day.adgroup[0],
            adgroup_name=day.adgroup[1],
            ad_id=day.ad[0],
            ad_name=day.ad[1],
            placement="TikTok",
            callback=None,
            macros_unexpanded=(),
        )

    def _chance(self, what: str, day: AdDay) -> Random:
        return Random(f"{what}/{self._app_id}/{day.ad[0]}/{day.begins}")


def _moment(day: AdDay, chance: Random) -> datetime:
    """Somewhere in the day, likelier in the evening; within what has passed of the running one."""
    hour = chance.choices(range(24), DAY_CURVE)[0]
    at = day.begins + timedelta(hours=hour, seconds=chance.uniform(0, 3_600))
    return at if at < day.ends else day.begins + (day.ends - day.begins) * chance.random()


def _method(platform: str, chance: Random) -> tuple[str, float]:
    if platform == "android" and chance.random() < 0.85:
        return "referrer", 1.0
    if platform == "ios" and chance.random() < 0.07:
        return "click_id", 1.0
    return "probabilistic", min(round(1 - 0.1 * chance.random() ** 3, 4), MOST_SAID)


def _happenings(at: datetime, chance: Random) -> Iterator[Happening]:
    def later(low_s: float, high_s: float) -> datetime:
        return at + timedelta(seconds=chance.uniform(low_s, high_s))

    if chance.random() < SIGN_UPS:
        yield Happening("sign_up", later(60, 1_800))
    if chance.random() < TRIALS:
        yield Happening("start_trial", later(300, 86_400))
        if chance.random() < PAID_TRIALS:
            yield Happening("subscribe", later(3 * 86_400, 4 * 86_400), Decimal(_SUBSCRIPTION))
    if chance.random() < BUYERS:
        for _ in range(1 + (chance.random() < 0.4)):
            yield Happening("purchase", later(1_800, 9 * 86_400), Decimal(chance.choice(_PRICES)))
