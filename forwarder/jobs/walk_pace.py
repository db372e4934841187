"""How long a walk through all clicks rests between its steps: long, unless it would not end in its time."""

from dataclasses import dataclass
from typing import Final

REST: Final = 3.0  # times as long as a step took: a walk takes a quarter of a core and of Redis at most
REST_BEHIND: Final = 0.25  # clicks that stay in Redis cost memory, and deliveries still get their turn


@dataclass(slots=True)
class WalkPace:
    """Of one walk. Times are seconds of one monotonic clock."""

    keys: int
    """There are about so many."""
    within_s: float
    started: float
    passed: int = 0
    """Keys so far."""

    def rest_s(self, keys: int, took_s: float, now: float) -> float:
        """Seconds to rest after a step over so many keys that took so long."""
        self.passed += keys
        is_behind = self.passed * self.within_s < self.keys * (now - self.started)
        return took_s * (REST_BEHIND if is_behind else REST)
