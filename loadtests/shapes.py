"""How the offered rate goes over time, as a share of the highest rate: what campaigns look like to a server."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

RateShare = Callable[[float], float]  # part of the run that has passed, 0 to 1 -> share of the highest rate, 0 to 1


def steady(_: float) -> float:
    """The same from first to last."""
    return 1.0


def ramp(passed: float) -> float:
    """Up in ten equal steps: the step at which latency bends is the capacity."""
    return min(10, int(passed * 10) + 1) / 10


def spike(passed: float) -> float:
    """A fifth of the rate, but for one tenth of the time all at once: a post that goes viral."""
    return 1.0 if 0.45 <= passed < 0.55 else 0.2


def ad_launch(passed: float) -> float:
    """An ad set leaves review: nothing, then within a twentieth of the time everything, falling off to a third."""
    if passed < 0.1:
        return 0.02
    if passed < 0.15:
        return 0.02 + 0.98 * (passed - 0.1) / 0.05
    return 1 / 3 + 2 / 3 * exp(-(passed - 0.15) * 4)


SHAPES: dict[str, RateShare] = {"steady": steady, "ramp": ramp, "spike": spike, "ad-launch": ad_launch}


@dataclass(frozen=True, slots=True)
class Load:
    """One run: `rate` is the highest, in requests per second; each user offers `per_user` of them."""

    shape: str
    rate: float
    seconds: float
    per_user: float

    def users(self, run_s: float) -> int | None:
        """How many users there are after `run_s` seconds; None when the run is over."""
        if run_s >= self.seconds:
            return None
        return max(1, round(SHAPES[self.shape](run_s / self.seconds) * self.rate / self.per_user))
