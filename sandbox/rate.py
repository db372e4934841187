"""How many requests the sandbox answers before it says 40100, per second, minute and day, in TikTok's words."""

from typing import Annotated

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1)] | None


class RateLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None = no limit."""

    qps: Limit = None
    """Requests per second; after it TikTok asks for a short wait."""
    qpm: Limit = None
    """Per minute; after it for five minutes."""
    qpd: Limit = None
    """Per day of UTC; after it until midnight."""


_WINDOWS_S = {"qps": 1, "qpm": 60, "qpd": 86_400}


class RateLimit:
    """Counts requests in windows of the clock."""

    def __init__(self, limits: RateLimits | None = None) -> None:
        self._first = limits or RateLimits()
        self.reset()

    def reset(self) -> None:
        """Back to the limits of the start, counted from nothing."""
        self.set(self._first)

    def set(self, limits: RateLimits) -> None:
        """Other limits, counted from nothing."""
        self.limits = limits
        self._counts = {
            name: (limit, _WINDOWS_S[name], [0, 0])
            for name, limit in msgspec.structs.asdict(limits).items()
            if limit is not None
        }

    def refusal(self, now: float) -> str | None:
        """Count one request at `now` (Unix seconds); TikTok's words where a window's share is used up, else None."""
        for name, (limit, window_s, count) in self._counts.items():
            window = int(now) // window_s
            if window != count[0]:
                count[:] = [window, 0]
            count[1] += 1
            if count[1] > limit:
                return f"Too many requests: App reaches the {name.upper()} limit {limit}."
        return None
