"""Worlds: seeded clicks and installs in the backtest's format, with the truth beside them.

Nothing here knows the matcher. People click in TikTok's browser from the network they are on, some install minutes or
hours later from where they are then, others install without any click; bots, preloaders and other apps' visitors come
from the same addresses.
"""

import math
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.matching.knobs import Knobs
from tests.matching.networks import Home, Networks, Place, Seen
from tests.matching.people import (
    COUNTRIES,
    Person,
    draw_person,
    languages_of,
    native_user_agent,
    next_version,
    other_version,
    webview_user_agent,
)
from tests.matching.truth import Truth, World, address_key

START_S = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
HOUR_S, DAY_S = 3_600.0, 86_400.0
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ORGANIC_REFERRER = "utm_source=google-play&utm_medium=organic"
LOST_REFERRER = "utm_source=(not%20set)&utm_medium=(not%20set)"
BOT = "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)"
PRELOADER = "thirdLandingPageFeInfra"
OTHER_APP = "app_other"


@dataclass(slots=True)
class _Visitor:
    """A person where they are, and what they have done so far."""

    person: Person
    home: Home
    place: Place
    clicks: list[tuple[float, str, str]] = field(default_factory=list)
    """(time, click id, address)."""
    is_neighbour: bool = False
    """Lives with a device."""


def make_world(knobs: Knobs, seed: int) -> World:
    """The world of these knobs and this seed; the same ones give the same world."""
    maker = _Maker(knobs, seed)
    maker.make()
    world = maker.world
    world.clicks.sort(key=lambda line: (line["clicked_at"], line["click_id"]))
    world.installs.sort(key=lambda line: (line["occurred_at"], line["install_id"]))
    return world


def click_to_install_s(rng: random.Random) -> float:
    """.78 log-normal (median 4 minutes), .16 log-normal (median 3 hours), .06 one to seven days."""
    kind = rng.random()
    if kind < 0.78:
        return rng.lognormvariate(math.log(240), 1.0)
    return rng.lognormvariate(math.log(3 * HOUR_S), 1.0) if kind < 0.94 else rng.uniform(DAY_S, 7 * DAY_S)


class _Maker:
    def __init__(self, knobs: Knobs, seed: int) -> None:
        self._knobs = knobs
        self._rng = random.Random(f"world {seed}")
        self._networks = Networks(knobs, self._rng)
        self._people = 0
        self._end_s = START_S + knobs.days * DAY_S
        self.world = World()

    def make(self) -> None:
        devices = [self._clicker() for _ in range(self._knobs.clicks)]
        for visitor in devices:
            self._noise_around(visitor)
        share = self._knobs.organic_share
        paid = sum(truth.clicks != () for truth in self.world.truth.values())
        for _ in range(round(paid * share / (1 - share))):
            self._organic(devices)
        for _ in range(round(self._knobs.clicks * self._knobs.flood)):
            self._flood_click()

    def _clicker(self) -> _Visitor:
        rng, knobs = self._rng, self._knobs
        at_s = rng.uniform(START_S, self._end_s)
        visitor = self._visitor(at_s)
        self._click(visitor, at_s)
        if rng.random() < knobs.reclick:
            at_s += rng.expovariate(1 / 1_800)
            self._click(visitor, at_s)
        if rng.random() < knobs.clicks_to_installs:
            opened_s = at_s + click_to_install_s(rng)
            if opened_s < self._end_s:
                self._install(visitor, opened_s, is_organic=False)
        return visitor

    def _visitor(self, at_s: float) -> _Visitor:
        rng = self._rng
        self._people += 1
        person = draw_person(rng, self._people, COUNTRIES.draw(rng), self._knobs)
        home = self._networks.home(person.country)
        has_v6 = rng.random() < person.country.cellular_v6
        return _Visitor(person, home, self._networks.place(person.country, home, at_s, has_v6))

    def _click(self, visitor: _Visitor, at_s: float) -> None:
        visitor.place = self._networks.later(visitor.place, visitor.person.country, visitor.home, at_s)
        seen = self._networks.seen(visitor.place)
        click_id = self._visit(visitor.person, at_s, seen)
        visitor.clicks.append((at_s, click_id, seen.address))
        self.world.person_of_click[click_id] = visitor.person.number

    def _visit(self, person: Person, at_s: float, seen: Seen, **changes: Any) -> str:
        """One line of the clicks' file; its id."""
        rng, knobs = self._rng, self._knobs
        click_id = _random_id(rng)
        hidden = rng.random() < knobs.os_missing
        line: dict[str, Any] = {
            "click_id": click_id,
            "clicked_at": _time(at_s),
            "ip": seen.address,
            "user_agent": webview_user_agent(person, os_hidden=hidden),
            "query": f"campaign_id=17&adgroup_id=18&ad_id={rng.randrange(190, 199)}&ttclid=E.C.P.{_random_id(rng) * 4}",
            "link": "spring",
        }
        if rng.random() < knobs.enriched:
            width, height, scale = person.phone.screen
            line["enrichment"] = {
                "screen": {"width": width, "height": height, "scale": scale},
                "timezone": person.timezone,
                "languages": list(languages_of(person)),
                "touch_points": 5,
            }
        self.world.clicks.append(line | changes)
        return click_id

    def _noise_around(self, visitor: _Visitor) -> None:
        """The preloader's, bots' and other apps' visits that go with a click."""
        rng, knobs, (at_s, _, _) = self._rng, self._knobs, visitor.clicks[0]
        if rng.random() < knobs.preloads:
            seen = Seen(f"71.18.{rng.randrange(256)}.{rng.randrange(256)}", None)
            self._forbid("preload", visitor.person, at_s - 2, seen)
        if rng.random() < knobs.bots:
            self._forbid("bot", visitor.person, at_s, self._networks.seen(visitor.place))
        if rng.random() < knobs.other_app:
            stranger = self._visitor(rng.uniform(START_S, self._end_s))
            self._forbid("other app", stranger.person, stranger.place.at_s, self._networks.seen(stranger.place))

    def _forbid(self, kind: str, person: Person, at_s: float, seen: Seen) -> None:
        changes: dict[str, dict[str, Any]] = {
            "bot": {"user_agent": BOT},
            "preload": {"user_agent": PRELOADER},
            "other app": {"app_id": OTHER_APP, "link": "other"},
        }
        self.world.forbidden[self._visit(person, at_s, seen, **changes[kind])] = kind

    def _flood_click(self) -> None:
        stranger = self._visitor(self._rng.uniform(START_S, self._end_s))
        seen = Seen(self._networks.flooded(stranger.person.country), None)
        click_id = self._visit(stranger.person, stranger.place.at_s, seen)
        self.world.person_of_click[click_id] = stranger.person.number

    def _organic(self, devices: list[_Visitor]) -> None:
        rng, knobs = self._rng, self._knobs
        if rng.random() < knobs.household:
            neighbour = rng.choice(devices)
            at_s = neighbour.clicks[0][0] + rng.expovariate(1 / (12 * HOUR_S))
            visitor = self._visitor(at_s)
            visitor.home, visitor.is_neighbour = neighbour.home, True
            visitor.place = Place("home", neighbour.home.v4, neighbour.home.v6, at_s)
            if at_s < self._end_s:
                self._install(visitor, at_s, is_organic=True)
            return
        at_s = rng.uniform(START_S, self._end_s)
        self._install(self._visitor(at_s), at_s, is_organic=True)

    def _install(self, visitor: _Visitor, at_s: float, *, is_organic: bool) -> None:
        rng, knobs, person = self._rng, self._knobs, visitor.person
        visitor.place = self._networks.later(visitor.place, person.country, visitor.home, at_s)
        seen = self._networks.seen(visitor.place, knobs.family_mismatch)
        if is_organic and rng.random() < knobs.traps:
            self._forbid(rng.choice(("bot", "preload", "other app")), person, at_s - rng.uniform(60, 900), seen)
        denied = rng.random() < knobs.denied
        body = self._body(visitor, at_s, seen)
        body["consent"] = {"marketing": "denied" if denied else "granted"}
        named = self._referrer(body, visitor, at_s, seen) if person.phone.platform == "android" else False
        self.world.installs.append(body)
        before = tuple(
            (clicked_s, click_id, address) for clicked_s, click_id, address in visitor.clicks if clicked_s < at_s
        )
        keys = {address_key(address) for address in (body["ip"], *body.get("ips", ()))}
        opened_s = datetime.fromisoformat(body["occurred_at"]).timestamp()
        reachable = any(
            address_key(address) in keys and -30 <= opened_s - clicked_s <= DAY_S for clicked_s, _, address in before
        )
        clicks = tuple(click_id for _, click_id, _ in before)
        truth = Truth(person.number, at_s, clicks, reachable, denied, by_referrer=named, household=visitor.is_neighbour)
        self.world.truth[body["install_id"]] = truth

    def _body(self, visitor: _Visitor, at_s: float, seen: Seen) -> dict[str, Any]:
        rng, knobs, person = self._rng, self._knobs, visitor.person
        clock_s = rng.gauss(0, knobs.clock_sigma_s) + (
            rng.choice((-3_600, 3_600)) if rng.random() < knobs.clock_off else 0
        )
        body: dict[str, Any] = {
            "install_id": f"install-{len(self.world.installs) + 1}",
            "platform": person.phone.platform,
            "occurred_at": _time(at_s + clock_s),
            "ip": seen.address,
            "device": self._device(visitor, at_s),
        }
        agent = native_user_agent(rng, person.phone)
        if agent is not None:
            body["user_agent"] = agent
        if seen.other is not None and rng.random() < knobs.lists_both:
            body["ips"] = [seen.address, seen.other]
        return body

    def _device(self, visitor: _Visitor, at_s: float) -> dict[str, Any]:
        """The phone as the app reads it, with the noise that readings have."""
        rng, knobs, person = self._rng, self._knobs, visitor.person
        phone, other = person.phone, draw_person(rng, 0, person.country, knobs)
        waited_days = (at_s - visitor.clicks[0][0]) / DAY_S if visitor.clicks else 0.0
        version = next_version(phone) if rng.random() < knobs.os_update_per_day * waited_days else phone.os_version
        if rng.random() < knobs.os_noise:
            version = other_version(rng, phone)
        width, height, scale = other.phone.screen if rng.random() < knobs.screen_noise else phone.screen
        languages = languages_of(other if rng.random() < knobs.language_noise else person)
        return {
            "model": other.phone.model if rng.random() < knobs.model_noise else phone.model,
            "os_version": version,
            "locale": languages[0],
            "languages": list(languages),
            "timezone": other.timezone if rng.random() < knobs.timezone_noise else person.timezone,
            "screen": {"width": width, "height": height, "scale": scale},
        }

    def _referrer(self, body: dict[str, Any], visitor: _Visitor, at_s: float, seen: Seen) -> bool:
        """Give the body Play's referrer; whether it truly names a click of the person's."""
        rng, knobs = self._rng, self._knobs
        if not knobs.referrer:
            return False
        began_s = at_s - rng.uniform(15, 90)
        own = [(clicked_s, click_id) for clicked_s, click_id, _ in visitor.clicks if clicked_s < at_s]
        if own and knobs.lost and rng.random() < knobs.lost:
            body["install_referrer"] = rng.choice((ORGANIC_REFERRER, ORGANIC_REFERRER, LOST_REFERRER))
            return False
        if own and rng.random() < knobs.referrer:
            clicked_s, click_id = own[-1]
            began_s = max(began_s, clicked_s + 3)
            body |= _play(click_id, clicked_s + 1, began_s)
            return True
        if not own and rng.random() < knobs.forged:
            body |= self._forged(visitor, began_s, seen)
        elif not own and knobs.elsewhere and rng.random() < knobs.elsewhere:
            body["install_referrer"] = f"utm_source=google&utm_medium=cpc&gclid={_random_id(rng)}"
        elif not own:
            body["install_referrer"] = ORGANIC_REFERRER
        return False

    def _forged(self, visitor: _Visitor, began_s: float, seen: Seen) -> dict[str, Any]:
        """A made-up id, another app's, or a click injected from the same phone once the download had begun."""
        kind = self._rng.randrange(3)
        if kind == 0:
            return _play(_random_id(self._rng), began_s - 60, began_s)
        if kind == 1:
            stranger_id = self._visit(visitor.person, began_s - 60, seen, app_id=OTHER_APP, link="other")
            self.world.forbidden[stranger_id] = "other app"
            return _play(stranger_id, began_s - 60, began_s)
        injected = self._visit(visitor.person, began_s + 7, seen)
        self.world.forbidden[injected] = "injected"
        return _play(injected, began_s + 7, began_s)


def _play(click_id: str, clicked_s: float, began_s: float) -> dict[str, Any]:
    return {
        "install_referrer": f"click_id={click_id}&utm_source=tiktok&utm_medium=paid&utm_campaign=Spring",
        "referrer_click_at": int(clicked_s),
        "install_begin_at": int(began_s),
    }


def _random_id(rng: random.Random) -> str:
    number, text = rng.getrandbits(128), ""
    for _ in range(22):
        number, digit = divmod(number, 62)
        text += ALPHABET[digit]
    return text


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
