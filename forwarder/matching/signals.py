"""What each fact says about install and click being one person's: log2 of how much likelier it is so than by accident.

m = the share of the same person's installs that agree, u = the share of all installs that have the value. A fact that
one side does not know says nothing. Facts of one kind are scored once: a model implies its screen.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from forwarder.matching.estimates import Estimates, padded
from forwarder.matching.phones import ClickedPhone, InstalledPhone, same_model
from forwarder.matching.user_agents import OsVersion

MAX_BITS = 20.0
"""No single fact says more, either way."""
MAX_TOTAL_BITS = 40.0

# share of the same person's installs on which the two sides agree; docs/matching.md says where the numbers come from
AGREE = {"os": 0.985, "model": 0.985, "screen": 0.97, "time_zone": 0.985, "language": 0.95, "form": 0.995}
P_UPDATED = 0.012  # a minor version newer at the install
P_UPGRADED = 0.003  # a major one
P_DOWNGRADED = 0.008  # misread, or restored; half of all accidents show an older version
MAX_CHANCE = 0.75  # a share beyond it makes a disagreement no weaker
NO_SCALE = "0"  # of a screen of which one side knows the size alone
REGION_AGREES, REGION_DIFFERS = 0.1, -1.0  # bits: whoever shares the address mostly shares the country, too

Scores = dict[str, float]
"""Fact -> bits. Absent = nothing is known on one side."""
Reader = Callable[[ClickedPhone], Any]
Judge = Callable[[InstalledPhone, Any, Estimates], float | None]
OsFact = tuple[OsVersion, int, bool]
"""A click's OS version, how many of its numbers are known, and whether it is a floor (`Phone.os_is_floor`)."""


class Scorer:
    """Scores one installed phone against clicked ones. Remembers what each clicked value was worth."""

    def __init__(self, installed: InstalledPhone, estimates: Estimates, with_model: bool = True) -> None:
        """`with_model` False = as if no model were known, as it is on an iPhone."""
        self._installed = installed
        self._estimates = estimates
        self._facts = [fact for fact in _FACTS if getattr(installed, fact[1]) and (with_model or fact[0] != "model")]
        self._known: dict[tuple[str, Any], float | None] = {}

    def score(self, clicked: ClickedPhone) -> Scores:
        """Bits per fact. The click's OS family must be the install's."""
        scores: Scores = {}
        for name, _, read, judge in self._facts:
            value = read(clicked)
            if value is None:
                continue
            key = (name, value)
            if key not in self._known:
                self._known[key] = _capped(judge(self._installed, value, self._estimates))
            bits = self._known[key]
            if bits is not None:
                scores[name] = bits
        return scores


def total(scores: Scores) -> float:
    """All facts together, in bits."""
    return max(-MAX_TOTAL_BITS, min(MAX_TOTAL_BITS, sum(scores.values())))


def values_of(installed: InstalledPhone) -> dict[str, str]:
    """Group -> value, as the statistics count them; incomplete versions and screens are left out."""
    values: dict[str, str] = {}
    if installed.os_version is not None and (installed.os == "android" or installed.os_depth == 3):
        values[f"os:{installed.os}"] = version_text(installed.os_version)
    for group, value in (
        ("model", installed.model),
        ("form:ios", installed.form),
        ("screen", installed.screen if not (installed.screen or "").endswith(f"@{NO_SCALE}") else None),
        (f"time_zone:{installed.region}", installed.time_zone),
        (f"language:{installed.region}", installed.languages[0] if installed.languages else None),
    ):
        if value is not None:
            values[group] = value[:64]
    return values


def version_text(version: OsVersion) -> str:
    return ".".join(map(str, version))


def _agreement(fact: str, share: float) -> float:
    agree = AGREE[fact]
    return math.log2(agree / share + (1 - agree))


def _disagreement(fact: str, clicked_share: float) -> float:
    """An accident would show the click's value with its share, so a disagreement is the less telling the commoner
    that is.
    """
    return math.log2((1 - AGREE[fact]) / (1 - min(clicked_share, MAX_CHANCE)))


def _capped(bits: float | None) -> float | None:
    return None if bits is None else max(-MAX_BITS, min(MAX_BITS, bits))


_MODEL_DIFFERS = _disagreement("model", 0.0)


def _os(installed: InstalledPhone, clicked: OsFact, estimates: Estimates) -> float | None:
    before, clicked_depth, is_floor = clicked
    depth = min(installed.os_depth, clicked_depth)
    then, now = padded(before, depth), padded(installed.os_version or (), depth)
    if now < then:
        return math.log2(P_DOWNGRADED / 0.5)
    if is_floor:
        return None
    group = f"os:{installed.os}"
    shares = estimates.versions(group, depth)
    if now == then:
        return _agreement("os", shares.get(now) or estimates.share(group, version_text(now)))
    return _newer(then, now, shares)


def _newer(then: OsVersion, now: OsVersion, shares: Mapping[OsVersion, float]) -> float:
    """An update between click and install, against an accident with a newer version."""
    is_update = now[0] == then[0]
    chance = sum(share for version, share in shares.items() if version > then and (version[0] == then[0]) == is_update)
    bits = math.log2((P_UPDATED if is_update else P_UPGRADED) / max(chance, 0.01))
    return max(-4.0 if is_update else -6.0, min(0.0, bits))


def _model(installed: InstalledPhone, clicked: str, estimates: Estimates) -> float | None:
    model = installed.model or ""
    return _agreement("model", estimates.share("model", model)) if same_model(model, clicked) else _MODEL_DIFFERS


def _form(installed: InstalledPhone, clicked: str, estimates: Estimates) -> float | None:
    if installed.form == clicked:
        return _agreement("form", estimates.share("form:ios", clicked))
    return _disagreement("form", 0.0)


def _screen(installed: InstalledPhone, clicked: str, estimates: Estimates) -> float | None:
    screen = installed.screen or ""
    (own_size, _, own_scale), (size, _, scale) = screen.partition("@"), clicked.partition("@")
    if size == own_size and (scale == own_scale or NO_SCALE in (scale, own_scale)):
        return _agreement("screen", estimates.share("screen", clicked if own_scale == NO_SCALE else screen))
    return _disagreement("screen", estimates.share("screen", clicked))


def _time_zone(installed: InstalledPhone, clicked: str, estimates: Estimates) -> float | None:
    share = estimates.share(f"time_zone:{installed.region}", clicked)
    return _agreement("time_zone", share) if installed.time_zone == clicked else _disagreement("time_zone", share)


def _language(installed: InstalledPhone, clicked: tuple[str, ...], estimates: Estimates) -> float | None:
    if not clicked:
        return None
    group = f"language:{installed.region}"
    # the first language is the phone's; one side's first among the other's further ones is an agreement as well
    if installed.languages[0] in clicked:
        return _agreement("language", estimates.share(group, installed.languages[0]))
    if clicked[0] in installed.languages:
        return _agreement("language", estimates.share(group, clicked[0]))
    return _disagreement("language", estimates.share(group, clicked[0]))


def _region(installed: InstalledPhone, clicked: str, _: Estimates) -> float | None:
    return REGION_AGREES if installed.region == clicked else REGION_DIFFERS


def _os_fact(clicked: ClickedPhone) -> OsFact | None:
    phone = clicked.phone
    return None if phone.os_version is None else (phone.os_version, phone.os_depth, phone.os_is_floor)


_FACTS: tuple[tuple[str, str, Reader, Judge], ...] = (
    ("os", "os_version", _os_fact, _os),
    ("model", "model", lambda clicked: clicked.phone.model, _model),
    ("form", "form", lambda clicked: clicked.phone.form, _form),
    ("screen", "screen", lambda clicked: clicked.screen, _screen),
    ("time_zone", "time_zone", lambda clicked: clicked.time_zone, _time_zone),
    ("language", "languages", lambda clicked: clicked.languages, _language),
    ("region", "region", lambda clicked: clicked.phone.region, _region),
)
"""Fact, the installed phone's field, what the click says of it, and what the two are worth."""
