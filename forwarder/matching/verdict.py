"""What the matcher says of an install."""

from typing import Any, Literal

import msgspec

from clicks.record import Click
from forwarder.matching.observation import Observation

Method = Literal["referrer", "click_id", "probabilistic", "none", "pending"]
MAX_CANDIDATES_KEPT = 20
STORE_AWAY = "pending: the click store cannot be reached, the install is matched as soon as it can"
LATE_CLICK = "pending: the click is not stored yet, the install is matched as soon as it is, or soon without it"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One click that was looked at, and what spoke for it."""

    click_id: str
    at_ms: int
    """Unix time in ms."""
    probability: float = 0.0
    """That its device brought the install, before calibration; 0 = ruled out. All candidates and organic make 1."""
    signals: dict[str, float] = {}
    """log2 of how much likelier each fact is if the click brought the install: its sum is the odds against organic."""
    note: str = ""
    """Why it was ruled out or merged; empty where it was not."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The click that is credited, or why none is; kept with the install and shown by `match explain`."""

    method: Method
    reason: str = ""
    """Why no click is credited; empty where one is."""
    probability: float | None = None
    """That the credited click is this person's; None where none is credited."""
    click: Click | None = None
    tiers: dict[str, str] = {}
    """Tier (`referrer`, `click_id`, `probabilistic`) -> why it credited nothing."""
    candidates: tuple[Candidate, ...] = ()
    """Clicks behind the install's addresses, the likeliest first; at most MAX_CANDIDATES_KEPT."""
    devices: int = 0
    """Distinct devices that clicked behind the install's addresses within 72 h."""
    flags: tuple[str, ...] = ()
    """What looks like fraud or a faulty integration. A flag changes no credit."""
    observation: Observation | None = None
    """What this install teaches; None where nothing may be learned from it."""

    def detail(self) -> dict[str, Any]:
        """Everything but the click and the observation, as plain values: `installs.match_detail`."""
        return {
            "tiers": dict(self.tiers),
            "devices": self.devices,
            "candidates": [msgspec.to_builtins(candidate) for candidate in self.candidates],
            "flags": list(self.flags),
        }
