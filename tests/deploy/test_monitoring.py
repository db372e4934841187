"""Prometheus and Grafana: every metric that is asked for is one that a process has, with the labels it has."""

import json
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from config.settings import METRICS_PORT_OFFSET
from tests.deploy.files import DEPLOY, PORTS, yaml

# in a process of its own: the redirector's and the forwarder's count in the one registry of prometheus_client
COLLECT = """
import json
import forwarder.metrics, redirector.metrics
from console.metrics import ConsoleMetrics
from forwarder.worker_metrics import WorkerMetrics
from prometheus_client import REGISTRY
found = {}
for registry in (REGISTRY, ConsoleMetrics().registry, WorkerMetrics().registry):
    for collector in list(registry._collector_to_names):
        labels = list(getattr(collector, '_labelnames', ()))
        kind = getattr(collector, '_type', '')
        name = getattr(collector, '_name', '')
        for suffix in {'counter': ['_total'], 'histogram': ['_bucket', '_sum', '_count']}.get(kind, ['']):
            found[name + suffix] = labels + ['le'] * (suffix == '_bucket')
print(json.dumps(found))
"""
_METRIC = re.compile(r"\bsignalpost_\w+")
_LABELS = re.compile(r"by \(([\w, ]+)\)")


@cache
def known() -> dict[str, list[str]]:
    """Metric as it is scraped -> its labels."""
    done = subprocess.run([sys.executable, "-P", "-c", COLLECT], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def rules() -> list[dict[str, Any]]:
    (group,) = yaml("prometheus/alerts.yaml")["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "signalpost.json").read_text())
    return found


QUERIES = [rule["expr"] for rule in rules()] + [
    target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_metrics_and_labels_that_exist(query: str) -> None:
    named = _METRIC.findall(query.replace('"signalpost-.*"', ""))
    assert [name for name in named if name not in known()] == []
    asked = {label.strip() for labels in _LABELS.findall(query) for label in labels.split(",")}
    assert asked <= {label for name in named for label in known()[name]}
    assert query.count("(") == query.count(")")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_means_and_what_to_do_with_labels_it_has(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    text = " ".join(rule["annotations"].values())
    grouped = _LABELS.search(rule["expr"])
    names = [name for name in _METRIC.findall(rule["expr"]) if name in known()]
    has = set(grouped[1].replace(" ", "").split(",")) if grouped else {"job"} | {n for m in names for n in known()[m]}
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= has


def test_the_contracts_alerts_are_there() -> None:
    watched = set(_METRIC.findall(" ".join(rule["expr"] for rule in rules())))
    assert {
        "signalpost_spool_clicks", "signalpost_spool_dropped_total", "signalpost_pixel_held", "signalpost_alerts",
        "signalpost_delivery_oldest_pending_seconds", "signalpost_webhook_last_received_timestamp_seconds",
    } <= watched  # fmt: skip


def test_every_process_is_scraped_at_its_own_port() -> None:
    jobs = yaml("prometheus/prometheus.yaml")["scrape_configs"]
    scraped = {job["job_name"].removeprefix("signalpost-"): job["static_configs"][0]["targets"] for job in jobs}
    wanted = {name: [f"127.0.0.1:{port + METRICS_PORT_OFFSET}"] for name, port in PORTS.items() if name != "sandbox"}
    assert scraped == wanted
    assert all((DEPLOY / "prometheus" / name).is_file() for name in yaml("prometheus/prometheus.yaml")["rule_files"])


def test_no_panel_lies_upon_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])
