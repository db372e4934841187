"""When a user's next request is due: decided by the clock, never by the last answer."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """A schedule of `per_second` requests from `start`. Times are seconds of one monotonic clock.

    A user that falls behind asks at once and its latency counts from when the request was due: the wait a slow server
    causes is measured instead of being spared (coordinated omission).
    """

    per_second: float
    start: float
    asked: int = 0

    def next_due(self) -> float:
        """The moment the next request is due; each call is one request."""
        due = self.start + self.asked / self.per_second
        self.asked += 1
        return due

    def offered(self, now: float) -> int:
        """How many requests were due by `now`."""
        return max(0, int((now - self.start) * self.per_second) + 1) if now >= self.start else 0
