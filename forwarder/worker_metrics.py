"""The worker's Prometheus metrics; their names are the contract's."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ledger.delivery_claims import Backlog
from ledger.spend_progress import LastPull

REQUEST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class WorkerMetrics:
    """What one worker counts. The gauges are of the whole ledger, the same in every worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = self._counter(
            "signalpost_deliveries", "Deliveries sent, by what became of the send", "app", "pixel", "outcome"
        )
        self._expired = self._counter(
            "signalpost_delivery_leases_expired", "Deliveries taken over from a worker that did not come back"
        )
        self._failures = self._counter("signalpost_worker_task_failures", "Rounds of the timetable that failed", "task")
        self._moved = self._counter("signalpost_clicks_moved", "Clicks that left Redis for the ledger")
        self._requests = self._histogram("signalpost_tiktok_request_seconds", "How long TikTok took to answer")
        self._pending = self._gauge("signalpost_deliveries_pending", "Deliveries still to be sent")
        self._oldest = self._gauge(
            "signalpost_delivery_oldest_pending_seconds", "Age of the oldest delivery still to be sent"
        )
        self._held = self._gauge("signalpost_pixel_held", "1 while the pixel's set-up has to be mended", "app", "pixel")
        self._webhooks = self._gauge(
            "signalpost_webhook_last_received_timestamp_seconds",
            "When a subscription platform was last heard of, tests and repeats included",
            "app",
            "provider",
        )
        self._pulls = self._counter(
            "signalpost_spend_pulls",
            "Days of spend asked of TikTok, by what became of it: changed, unchanged, or how it was refused",
            "outcome",
        )
        self._pull_age = self._gauge(
            "signalpost_spend_last_pull_age_seconds",
            "Since an advertiser's spend was last brought up to date, or since it was chosen",
            "app",
            "advertiser",
        )
        self._disk = self._gauge("signalpost_disk_free_bytes", "Room on the disk of the worker's DATA_DIR")
        self._lag = self._gauge(
            "signalpost_report_replica_lag_seconds", "How far the replica for reports is behind; -1: it does not answer"
        )
        self._alerts = self._gauge("signalpost_alerts", "Alerts whose cause stands", "kind")
        self._undelivered: dict[tuple[str, str], str] = {}

    def moved(self, clicks: int) -> None:
        self._moved.inc(clicks)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(name, meaning, buckets=REQUEST_SECONDS, registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)

    def answered(self, app_id: str, pixel_id: str, outcomes: Sequence[str], seconds: float) -> None:
        """One request, with the outcome of each of its deliveries."""
        self._requests.observe(seconds)
        for outcome in set(outcomes):
            self._deliveries.labels(app_id, pixel_id, outcome).inc(outcomes.count(outcome))
        if "delivered" in outcomes:
            self._undelivered.pop((app_id, pixel_id), None)
        elif outcomes:
            self._undelivered[app_id, pixel_id] = outcomes[0]

    def undelivered(self) -> list[str]:
        """How the last request ended, one word for each pixel of which it delivered nothing."""
        return list(self._undelivered.values())

    def taken_over(self, deliveries: int) -> None:
        self._expired.inc(deliveries)

    def task_failed(self, task: str) -> None:
        self._failures.labels(task).inc()

    def show_backlog(self, backlog: Backlog, now: datetime) -> None:
        oldest = backlog.oldest_created_at
        self._pending.set(backlog.pending)
        self._oldest.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)

    def show_held(self, held: Mapping[tuple[str, str], bool]) -> None:
        """`held` is (app_id, pixel_id) -> whether it is; pixels that are gone are gone here too."""
        self._held.clear()
        for (app_id, pixel_id), is_held in held.items():
            self._held.labels(app_id, pixel_id).set(is_held)

    def show_webhooks(self, last_received: Mapping[tuple[str, str], datetime]) -> None:
        """`last_received` is (app_id, provider) -> when."""
        self._webhooks.clear()
        for (app_id, provider), at in last_received.items():
            self._webhooks.labels(app_id, provider).set(at.timestamp())

    def pulled(self, outcome: str) -> None:
        self._pulls.labels(outcome).inc()

    def show_spend(self, last: Sequence[LastPull], now: datetime) -> None:
        """Of the chosen advertisers; one that is no longer chosen is gone here too."""
        self._pull_age.clear()
        for pull in last:
            age = max(0.0, (now - pull.since).total_seconds())
            self._pull_age.labels(pull.app_id, pull.advertiser_id).set(age)

    def show_alerts(self, standing: Mapping[str, int]) -> None:
        """`standing` is kind -> how many."""
        self._alerts.clear()
        for kind, count in standing.items():
            self._alerts.labels(kind).set(count)

    def show_machine(self, free_bytes: int | None, replica_lag_s: float | None) -> None:
        """None: not known; of a replica, too, that there is none."""
        if free_bytes is not None:
            self._disk.set(free_bytes)
        self._lag.set(-1 if replica_lag_s is None else replica_lag_s)
