"""How many replicas must hold a click before its visitor is answered, and what is done where fewer do.

Redis replicates after it has answered: a primary that dies takes with it what its replicas had not heard yet. `WAIT`
behind the clicks, on their connection, answers once so many replicas have them
(https://valkey.io/commands/wait/). Where they do not answer in time the clicks are kept all the same, counted, and it
is not asked again for a second, so that one lost replica costs one batch a second its wait and no more.
"""

import time
from collections.abc import Callable

import structlog

ASK_AGAIN_S = 1.0
SAID_FOR_S = 60.0  # a server that is asked no more, as it has left the cluster, is short of nothing

log = structlog.get_logger()


class Replicas:
    """The replicas of one server. `timeout_ms` bounds each wait for them, `clock` gives monotonic seconds."""

    def __init__(self, wanted: int, timeout_ms: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.wanted = wanted
        self._timeout_ms = max(timeout_ms, 1)  # 0 would be for ever
        self._clock = clock
        self._heard_at = 0.0
        self.is_short = False

    def command(self) -> tuple[object, ...] | None:
        """What is to be sent behind a batch; None where it is not to be asked now."""
        if not self.wanted or (self.is_short and self._clock() < self._heard_at + ASK_AGAIN_S):
            return None
        return "WAIT", self.wanted, self._timeout_ms

    def heard(self, replicas: int) -> None:
        """So many have the batch."""
        was_short, self.is_short = self.is_short, replicas < self.wanted
        self._heard_at = self._clock()
        if self.is_short and not was_short:
            log.warning("fewer replicas have the clicks than REDIS_WAIT_REPLICAS asks", replicas=replicas)
        elif was_short and not self.is_short:
            log.info("replicas have the clicks again", replicas=replicas)

    @property
    def was_short_lately(self) -> bool:
        """Whether fewer had them when they were last asked, a moment ago."""
        return self.is_short and self._clock() < self._heard_at + SAID_FOR_S


class ReplicaPolicy:
    """What REDIS_WAIT_REPLICAS asks of each server, and whether all of them keep it."""

    def __init__(self, wanted: int = 0, timeout_ms: int = 1) -> None:
        self._wanted = wanted
        self._timeout_ms = timeout_ms
        self._servers: list[Replicas] = []

    def of_a_server(self) -> Replicas:
        """The replicas of one more server."""
        replicas = Replicas(self._wanted, self._timeout_ms)
        self._servers.append(replicas)
        return replicas

    @property
    def is_short(self) -> bool:
        """Whether some server has fewer than asked."""
        return any(replicas.was_short_lately for replicas in self._servers)
