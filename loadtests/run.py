"""`make loadtest`: Locust, headless, against a running server, with a report that can be trusted.

    python -m loadtests.run [--url URL] [--shape steady|ramp|spike|ad-launch] [--rate N] [--seconds N] [--redis-url URL]

Without --url (or LOADTEST_URL): the demo of the `signalpost up --demo` that runs in DATA_DIR. Exit status 1 when
something other than a 302 came back, or clicks stored and 302s received differ.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadtests.report import RESULTS, table
from loadtests.shapes import SHAPES
from loadtests.stored_clicks import read_stored_clicks

LOCUSTFILE = Path(__file__).parent / "locustfile.py"
START_AND_STOP_S = 60
SPOOL_WAIT_S = 30.0


class NoTargetError(Exception):
    """There is nothing to load; the text says how to name it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A Signal link without its query string, and the Redis its clicks go to ("" = clicks are not counted)."""

    url: str
    redis_url: str


def find_target(url: str, redis_url: str, data_dir: Path) -> Target:
    """The link named, else the demo of a running `up`.

    Raises:
        NoTargetError: neither is there.
    """
    if url:
        return Target(url, redis_url)
    try:
        demo = json.loads((data_dir / "demo.json").read_text())
        running = json.loads((data_dir / "run.json").read_text())
        base = running["processes"]["redirector"]["url"].rstrip("/")
        return Target(f"{base}/{demo['slug']}", redis_url or running["settings"]["REDIS_URL"])
    except (OSError, ValueError, KeyError):
        raise NoTargetError(
            f"no `signalpost up --demo` runs in {data_dir}: start one (make run), "
            "set DATA_DIR, or name a link with --url"
        ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Locust and print what came of it; 0 when every answer was a 302 and every click was found."""
    options = _options(arguments)
    try:
        target = find_target(options.url, options.redis_url, Path(os.environ.get("DATA_DIR", "var")))
    except NoTargetError as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return 1
    RESULTS.mkdir(exist_ok=True)
    stem = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{options.shape}"
    before = read_stored_clicks(target.redis_url).clicks if target.redis_url else 0
    summary = _run_locust(target, options, stem)
    redirects = summary["statuses"].get("302", 0)
    stored = _stored(target.redis_url, before, redirects) if target.redis_url else None
    text = report(target.url, options.shape, summary, stored)
    stem.with_suffix(".md").write_text(text)
    print(text)
    print(f"written: {stem}.md, .json, .html and _*.csv")
    return 0 if succeeded(summary, stored) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    environment = os.environ
    parser = argparse.ArgumentParser(prog="python -m loadtests.run", description="Locust against a running server.")
    parser.add_argument("--url", default=environment.get("LOADTEST_URL", ""), help="a Signal link, without its query")
    parser.add_argument("--redis-url", default=environment.get("REDIS_URL", ""), help="to count the stored clicks")
    parser.add_argument("--shape", choices=sorted(SHAPES), default=environment.get("LOADTEST_SHAPE", "steady"))
    rate, seconds = environment.get("LOADTEST_RATE", "200"), environment.get("LOADTEST_SECONDS", "30")
    parser.add_argument("--rate", type=float, default=float(rate), help="highest offered rate, requests per second")
    parser.add_argument("--seconds", type=float, default=float(seconds))
    return parser.parse_args(arguments)


def _run_locust(target: Target, options: argparse.Namespace, stem: Path) -> dict[str, Any]:
    url, summary = urlsplit(target.url), stem.with_suffix(".json")
    environment = {
        **os.environ,
        "LOADTEST_PATH": url.path,
        "LOADTEST_SHAPE": options.shape,
        "LOADTEST_RATE": str(options.rate),
        "LOADTEST_SECONDS": str(options.seconds),
        "LOADTEST_SUMMARY": str(summary),
    }
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary", "--stop-timeout"]
    command += [
        "10",
        "--loglevel",
        "WARNING",
        "--host",
        f"{url.scheme}://{url.netloc}",
        "--csv",
        str(stem),
        "--html",
        f"{stem}.html",
    ]
    subprocess.run(command, env=environment, check=False, timeout=options.seconds + START_AND_STOP_S)
    found: dict[str, Any] = json.loads(summary.read_text())
    return found


def _stored(redis_url: str, before: int, expected: int) -> int:
    """How many clicks were added; what Redis did not take in time lies in the spool for a while."""
    deadline = time.monotonic() + SPOOL_WAIT_S
    while (stored := read_stored_clicks(redis_url).clicks - before) < expected and time.monotonic() < deadline:
        time.sleep(1)
    return stored


def succeeded(summary: dict[str, Any], stored: int | None) -> bool:
    """Whether every answer was a 302 and, where it could be counted, every one of them a stored click."""
    redirects = summary["statuses"].get("302", 0)
    return 0 < redirects == summary["achieved"] and stored in {None, redirects}


def report(url: str, shape: str, summary: dict[str, Any], stored: int | None) -> str:
    """The result as Markdown."""
    latencies = [
        [name, *(f"{summary[key][rank]:.2f}" for rank in ("p50", "p90", "p99", "p999", "max"))]
        for name, key in (("from when it was due", "from_due"), ("from the sending", "from_sending"))
    ]
    counts = [
        ["offered", f"{summary['offered']:,}", f"{summary['offered_per_s']:,.1f}"],
        ["achieved", f"{summary['achieved']:,}", f"{summary['achieved_per_s']:,.1f}"],
        *([f"status {status}", f"{count:,}", ""] for status, count in sorted(summary["statuses"].items())),
        ["clicks stored", "not counted (no REDIS_URL)" if stored is None else f"{stored:,}", ""],
    ]
    parts = [
        f"# Load test: {shape}, {url}, {summary['seconds']:.0f} s",
        table(("", "count", "per second"), counts),
        table(("latency, ms", "p50", "p90", "p99", "p99.9", "max"), latencies),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
