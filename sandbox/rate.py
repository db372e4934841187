"""How many requests per second the sandbox answers before it says 40100."""


class RateLimit:
    """Counts requests in windows of one second of the clock. `qps` None means no limit."""

    def __init__(self, qps: int | None) -> None:
        self._qps = qps
        self._second = 0
        self._count = 0

    def allows(self, now: float) -> bool:
        """Count one request at `now` (Unix seconds); False when this second's share is used up."""
        if self._qps is None:
            return True
        second = int(now)
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= self._qps
