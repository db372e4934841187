"""The addresses that phones have: homes, carriers' NATs, venues, VPNs, over IPv4 and IPv6."""

import math
import random
from dataclasses import dataclass

from tests.matching.knobs import Knobs
from tests.matching.people import Country, Mix

CGNAT_SIGMA = math.log(1000 / 60) / 1.645  # devices per key: log-normal, median 60, 95th percentile 1,000
FULL_WORLD_CLICKS = 24_000
PREFERS_V6 = 0.95
HOUR_S = 3_600.0
SHARE_ON_CARRIER_V4 = 0.3  # of the clicks, about: sizes the carriers' NATs


@dataclass(frozen=True, slots=True)
class Home:
    """A fixed line: its IPv4 address (shared where the provider has too few) and its /64, where it has one."""

    v4: str
    v6: str | None
    """The four groups of its /64."""


@dataclass(slots=True)
class Place:
    """Where a phone is on the network now."""

    net: str
    """home | cellular | venue."""
    v4: str
    v6: str | None
    at_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server sees of a phone: the connection's address, and the one of the other family where there is one."""

    address: str
    other: str | None


class Networks:
    """Draws addresses. One per world."""

    def __init__(self, knobs: Knobs, rng: random.Random) -> None:
        self._knobs = knobs
        self._rng = rng
        self._drawn = 0
        per_day = knobs.clicks * (1 + knobs.flood) / max(knobs.days, 1)
        keys = max(5, round(per_day * SHARE_ON_CARRIER_V4 / knobs.clicks_per_cgnat_key))
        self._carriers = {code: self._pool(f"100.{64 + at}", max(2, keys // 5)) for at, code in enumerate(_CODES)}
        self._shared_lines = {code: self._pool(f"177.{at}", max(3, keys // 3)) for at, code in enumerate(_CODES)}
        venues = max(20, round(knobs.venue_keys * knobs.clicks / FULL_WORLD_CLICKS))
        self._venues = {code: self._pool(f"12.{at}", venues) for at, code in enumerate(_CODES)}
        self._vpns = self._pool("185.9", 60)

    def home(self, country: Country) -> Home:
        """A household's line."""
        shared = self._rng.random() < country.fixed_cgnat
        v4 = self._shared_lines[country.code].draw(self._rng) if shared else self._own_v4()
        return Home(v4, self._own_v6("2600:1700") if self._rng.random() < country.home_v6 else None)

    def place(self, country: Country, home: Home, at_s: float, has_cellular_v6: bool) -> Place:
        """Where somebody is at a moment."""
        if self._rng.random() >= country.wifi:
            return self._cellular(country, at_s, has_cellular_v6)
        if self._rng.random() < self._knobs.venue_share:
            return Place("venue", self._venues[country.code].draw(self._rng), None, at_s)
        return Place("home", home.v4, home.v6, at_s)

    def later(self, place: Place, country: Country, home: Home, at_s: float) -> Place:
        """Where the same phone is some time later."""
        knobs, rng, waited = self._knobs, self._rng, max(0.0, at_s - place.at_s)
        switch = knobs.switch_now + knobs.switch_later * (1 - math.exp(-waited / (3 * HOUR_S)))
        if rng.random() < switch:
            if place.net == "cellular":
                return Place("home", home.v4, home.v6, at_s)
            return self._cellular(country, at_s, rng.random() < country.cellular_v6)
        if place.net != "cellular":
            return Place(place.net, place.v4, place.v6, at_s)
        v4 = (
            place.v4
            if rng.random() < 2 ** (-waited / (knobs.remap_minutes * 60))
            else self._carriers[country.code].draw(rng)
        )
        v6 = place.v6
        if v6 is not None and rng.random() >= 2 ** (-waited / (knobs.cellular_v6_hours * HOUR_S)):
            v6 = self._own_v6("2607:fb90")
        return Place("cellular", v4, v6, at_s)

    def seen(self, place: Place, mismatch: float = 0.0) -> Seen:
        """The address a server sees; a VPN hides it, and with `mismatch` the other family is used."""
        rng = self._rng
        if rng.random() < self._knobs.vpn:
            return Seen(self._vpns.draw(rng), None)
        if place.v6 is None:
            return Seen(place.v4, None)
        v6 = (
            place.v6
            + f":{rng.getrandbits(16):x}:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}:{rng.getrandbits(15) + 1:x}"
        )
        prefers_v6 = rng.random() < PREFERS_V6
        if rng.random() < mismatch:
            prefers_v6 = not prefers_v6
        return Seen(v6, place.v4) if prefers_v6 else Seen(place.v4, v6)

    def flooded(self, country: Country) -> str:
        """A shared address, which a flood comes from."""
        pools = (self._carriers, self._carriers, self._venues, self._shared_lines)
        return self._rng.choice(pools)[country.code].draw(self._rng)

    def _cellular(self, country: Country, at_s: float, has_v6: bool) -> Place:
        v6 = self._own_v6("2607:fb90") if has_v6 else None
        return Place("cellular", self._carriers[country.code].draw(self._rng), v6, at_s)

    def _pool(self, prefix: str, keys: int) -> Mix[str]:
        sizes = (self._rng.lognormvariate(math.log(60), CGNAT_SIGMA) for _ in range(keys))
        return Mix({f"{prefix}.{at >> 8}.{at & 255}": size for at, size in enumerate(sizes)})

    def _own_v4(self) -> str:
        self._drawn += 1
        return f"{70 + (self._drawn >> 24)}.{self._drawn >> 16 & 255}.{self._drawn >> 8 & 255}.{self._drawn & 255}"

    def _own_v6(self, prefix: str) -> str:
        self._drawn += 1
        return f"{prefix}:{self._drawn >> 16:x}:{self._drawn & 0xFFFF:x}"


_CODES = ("US", "GB", "DE", "BR", "ID")
