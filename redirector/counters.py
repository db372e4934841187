"""What the hot path counts: plain numbers, moved to the metrics once a second.

A metric's own counter costs a tenth of a redirect.
"""

from bisect import bisect_left
from collections import Counter
from typing import Protocol

from redis.exceptions import ResponseError

from clicks.names import AdName
from clicks.record_layout import Text

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.06, 0.075, 0.1, 0.25, 0.5, 1.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Buckets:
    """A histogram as plain numbers: how many values lie in each bucket (the last holds what is above all bounds)."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class Clicked(Protocol):
    """What counts its own clicks: `redirector.ads.Ad`."""

    link: str
    platform: str
    unexpanded: tuple[str, ...]  # macro parameters
    is_wrong_os: bool
    clicks: int


class Counters:
    """Counts since they were last moved."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], AdName] = {}  # by kind and id: kept until Redis has them
        self.texts: list[Text] = []  # that many records hold: kept until Redis has been asked to share them
        self.reset()

    def reset(self) -> None:
        """Begin anew, once the numbers have been moved."""
        self.clicked: list[Clicked] = []  # those with clicks
        self.visits: Counter[tuple[str, str, str]] = Counter()  # (link, platform, kind), of kinds other than clicks
        self.bridge: Counter[tuple[str, str]] = Counter()  # (link, step)
        self.enrichments: Counter[str] = Counter()  # what became of them
        self.ttclids_refused = 0
        self.seconds = Buckets(BUCKETS_S)
        self.batch_sizes = Buckets(BATCH_SIZES)
        self.refused: Counter[str] = Counter()  # reason, of requests refused at the socket
        self.redis_failures: Counter[str] = Counter()  # class of the error
        self.spooled = 0  # clicks
        self.drained = 0
        self.spool_dropped = 0
        self.spool_torn = 0

    def redis_failed(self, error: Exception) -> None:
        self.redis_failures[_error_class(error)] += 1


def _error_class(error: Exception) -> str:
    """`TimeoutError`, or what Redis itself said: `OOM`, `READONLY`, `LOADING`, `NOAUTH`, ..."""
    first_word = str(error).split(" ", 1)[0]
    if isinstance(error, ResponseError) and first_word.isupper() and first_word.isascii():
        return first_word
    return type(error).__name__
