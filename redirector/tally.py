"""What the hot path counts: plain numbers, moved to the metrics once a second.

A metric's own counter costs a tenth of a redirect.
"""

from bisect import bisect_left
from collections import Counter

from redis.exceptions import RedisError

from clicks.names import AdName

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.06, 0.075, 0.1, 0.25, 0.5, 1.0)


class Tally:
    """Counts since they were last moved."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], AdName] = {}  # by kind and id: kept until Redis has them
        self.reset()

    def reset(self) -> None:
        """Begin anew, once the numbers have been moved."""
        self.visits: Counter[tuple[str, str, str]] = Counter()  # (link, platform, kind)
        self.unexpanded: Counter[tuple[str, ...]] = Counter()  # macro parameters of a click
        self.wrong_os: Counter[tuple[str, str]] = Counter()  # (link, platform)
        self.bridge: Counter[tuple[str, str]] = Counter()  # (link, step)
        self.enrichments: Counter[str] = Counter()  # what became of them
        self.ttclids_refused = 0
        self.seconds = [0] * (len(BUCKETS_S) + 1)
        self.seconds_sum = 0.0
        self.batch_sizes: list[int] = []
        self.refused: Counter[str] = Counter()  # reason, of requests refused at the socket
        self.redis_failures: Counter[str] = Counter()  # class of the error
        self.spooled = 0  # clicks
        self.drained = 0
        self.spool_dropped = 0
        self.spool_torn = 0

    def redirected(self, seconds: float) -> None:
        self.seconds[bisect_left(BUCKETS_S, seconds)] += 1
        self.seconds_sum += seconds

    def redis_failed(self, error: Exception) -> None:
        self.redis_failures[_error_class(error)] += 1


def _error_class(error: Exception) -> str:
    """`TimeoutError`, or what Redis itself said: `OOM`, `READONLY`, `LOADING`, `NOAUTH`, ..."""
    first_word = str(error).split(" ", 1)[0]
    if isinstance(error, RedisError) and first_word.isupper() and first_word.isascii():
        return first_word
    return type(error).__name__
