"""The redirector's metrics (names of the contract), all workers of a process group together.

Import this module only after `config.metrics.prepare` has set the directory the workers share.
"""

from prometheus_client import Counter, Gauge, Histogram

from redirector.counters import BATCH_SIZES, BUCKETS_S, Buckets, Clicked, Counters
from redirector.spool import Spool

CLICKS = Counter("signalpost_clicks", "Visits to Signal links.", ("link", "platform", "kind"))
SECONDS = Histogram("signalpost_redirect_seconds", "From request head to answer.", buckets=BUCKETS_S)
BATCH_SIZE = Histogram("signalpost_redis_batch_size", "Visits per commit.", buckets=BATCH_SIZES)
UNEXPANDED = Counter("signalpost_macros_unexpanded", "Macros that TikTok left unexpanded.", ("macro",))
TTCLIDS_REFUSED = Counter("signalpost_ttclids_refused", "ttclids stored as absent: too long or not printable ASCII.")
WRONG_OS = Counter("signalpost_wrong_os", "Clicks of phones whose OS the link has no URL for.", ("link", "platform"))
BRIDGE = Counter("signalpost_bridge", "Steps of persons on bridge links: see docs/links.md.", ("link", "step"))
ENRICHMENTS = Counter("signalpost_enrichments", "What became of posted enrichments.", ("outcome",))
REFUSED = Counter("signalpost_requests_refused", "Requests refused at the socket.", ("reason",))
REDIS_FAILURES = Counter("signalpost_redirect_redis_failures", "Commits that Redis did not take.", ("error",))
SPOOLED = Counter("signalpost_spooled", "Clicks written to the spool.")
DRAINED = Counter("signalpost_spool_drained", "Clicks brought back from the spool.")
DROPPED = Counter("signalpost_spool_dropped", "Clicks the spool could not take.")
TORN = Counter("signalpost_spool_torn", "Spool segments that ended in a torn record.")
SPOOL_CLICKS = Gauge("signalpost_spool_clicks", "Clicks in the spool now.", multiprocess_mode="livemax")


def publish(counters: Counters, spool: Spool) -> None:
    """Move what the hot path counted into the metrics."""
    for labels, visits in counters.visits.items():
        CLICKS.labels(*labels).inc(visits)
    for clicked in counters.clicked:
        _publish_clicks(clicked)
    for link_and_step, times in counters.bridge.items():
        BRIDGE.labels(*link_and_step).inc(times)
    for outcome, times in counters.enrichments.items():
        ENRICHMENTS.labels(outcome).inc(times)
    for reason, times in counters.refused.items():
        REFUSED.labels(reason).inc(times)
    for error, times in counters.redis_failures.items():
        REDIS_FAILURES.labels(error).inc(times)
    _add(SECONDS, counters.seconds)
    _add(BATCH_SIZE, counters.batch_sizes)
    TTCLIDS_REFUSED.inc(counters.ttclids_refused)
    SPOOLED.inc(counters.spooled)
    DRAINED.inc(counters.drained)
    DROPPED.inc(counters.spool_dropped)
    TORN.inc(counters.spool_torn)
    SPOOL_CLICKS.set(spool.clicks)
    counters.reset()


def _publish_clicks(clicked: Clicked) -> None:
    times, clicked.clicks = clicked.clicks, 0
    CLICKS.labels(clicked.link, clicked.platform, "click").inc(times)
    for macro in clicked.unexpanded:
        UNEXPANDED.labels(macro).inc(times)
    if clicked.is_wrong_os:
        WRONG_OS.labels(clicked.link, clicked.platform).inc(times)


def _add(histogram: Histogram, counted: Buckets) -> None:
    # observing thousands of values one by one would hold up redirects for 10 ms each second: whole buckets are added
    for bucket, count in zip(histogram._buckets, counted.counts, strict=True):
        if count:
            bucket.inc(count)
    histogram._sum.inc(counted.total)
