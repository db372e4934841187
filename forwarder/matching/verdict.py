"""What the matcher says of an install."""

from typing import Any, Literal

import msgspec

from clicks.record import Click

Method = Literal["referrer", "click_id", "probabilistic", "none", "pending"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One click that was looked at, and what it counted for."""

    click_id: str
    at_ms: int
    """Unix time in ms."""
    weight: float
    """Its share of the probability; 0 = ruled out."""
    note: str
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
    """Clicks behind the install's addresses, newest first; at most MAX_CANDIDATES_KEPT."""
    devices: int = 0
    """Distinct devices that clicked behind the install's addresses within the window."""

    def detail(self) -> dict[str, Any]:
        """Everything but the click, as plain values: `installs.match_detail`."""
        return {
            "tiers": dict(self.tiers),
            "devices": self.devices,
            "candidates": [msgspec.to_builtins(candidate) for candidate in self.candidates],
        }


MAX_CANDIDATES_KEPT = 20
