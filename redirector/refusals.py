"""Visits refused at the socket, as log lines: a count for each reason, and nothing of the visit itself."""

import structlog

from redirector.counters import Counters

log = structlog.get_logger()


def log_refusals(counters: Counters) -> None:
    """Write one line for each reason since the counters were last reset. Called once a second, an attack cannot fill
    the log; there is no URL, address or user agent in a line because whoever is refused chooses them.
    """
    for reason, times in counters.refused.items():
        log.warning("visits refused", reason=reason, times=times)
