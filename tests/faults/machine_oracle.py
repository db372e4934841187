"""What must hold of a whole machine after any fault, once everything has drained.

Every 302 is a stored click, under its own id, once; as many are counted as are stored. Every install and event that was
answered with 2xx has one delivery, in a final state; one event_id each, the same bytes on every send; nothing at TikTok
that was not sent here; what is `delivered` TikTok has, once.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import msgspec

from tests.faults.delivery_oracle import FINAL, rows_by_event_id
from tests.faults.traffic import NO_ANSWER, Click, Post, Traffic
from tests.faults.whole_machine import WholeMachine
from tests.redirector.serving import stored_clicks

COUNTED_WITHIN_S = 60.0
PAGE = 10_000  # the most that the sandbox lists at once
DELIVERIES = """
SELECT source_event_id, event_id, state FROM deliveries WHERE app_id = $1
"""
MATCHES = """
SELECT install_id, match_method, click_id FROM installs WHERE app_id = $1 AND match_method NOT IN ('none', 'pending')
"""


@dataclass(frozen=True, slots=True)
class Losses:
    """What a fault may cost; by itself nothing."""

    clicks: int = 0
    """302s whose click is gone, where the product says itself that it dropped them, or a document names the bound."""
    unanswered: bool = False
    """Whether clicks may find nobody: where every redirector is dead."""
    counts_differ: bool = False
    """Whether the count may differ from the stored clicks: where a store lost its last second."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was reconciled, of everything since the machine was new."""

    stored: int
    lost: int
    """Clicks that were redirected and are not stored."""
    states: Counter[str]
    resent: int


def reconcile(machine: WholeMachine, traffic: Traffic, losses: Losses) -> Sums:
    """Assert all of it. The traffic has ended, and the machine has settled."""
    stored, lost = _clicks(machine, traffic.clicks, losses)
    if not losses.counts_differ:
        _counts(machine, stored)
    states = _deliveries(machine, traffic.posts)
    assert not matches_of_others(machine, traffic.posts), "an install is credited to a click that is not its own"
    return Sums(stored, lost, states, resent(machine))


def resent(machine: WholeMachine) -> int:
    """Rows that went out once more than once."""
    sends = rows_by_event_id(machine.proxy.bodies())
    return sum(len(sent) - 1 for sent in sends.values())


def _counts(machine: WholeMachine, stored: int) -> None:
    """The report has as many clicks as are stored, once the worker has brought the counters over."""
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while (counted := machine.command("report", "--app", machine.app["app_id"])["totals"]["link_clicks"]) != stored:
        assert time.monotonic() < deadline, f"{counted} clicks are counted, {stored} are stored"
        time.sleep(0.5)


def _clicks(machine: WholeMachine, sent: list[Click], losses: Losses) -> tuple[int, int]:
    """How many are stored, and how many of those redirected are not."""
    statuses = Counter(click.status for click in sent)
    assert statuses.keys() <= {302, NO_ANSWER}, f"clicks were answered {dict(statuses)}"
    stored = stored_clicks(machine.redis_url)
    ids = Counter(str(click.ttclid) for click in stored)
    assert max(ids.values(), default=1) == 1, "a click is stored twice"
    assert ids.keys() <= {click.ttclid for click in sent}, "a click is stored that nobody made"
    by_ttclid = {str(click.ttclid): click.click_id for click in stored}
    lost = 0
    for click in sent:
        if click.status == 302 and click.ttclid not in by_ttclid:
            lost += 1
        elif click.status == 302:
            assert by_ttclid[click.ttclid] == click.click_id, "a click is stored under the id of another"
    assert lost <= losses.clicks, f"{lost} of {statuses[302]} redirected clicks are gone"
    return len(stored), lost


def _deliveries(machine: WholeMachine, posts: list[Post]) -> Counter[str]:
    rows = machine.sql(DELIVERIES, machine.app["app_id"])
    found = Counter(row["source_event_id"] for row in rows)
    assert max(found.values(), default=1) == 1, "an event has two deliveries"
    accepted = {post.source_event_id for post in posts if post.accepted}
    missing = accepted - found.keys()
    assert not missing, f"{len(missing)} of {len(accepted)} accepted events have no delivery"
    assert found.keys() <= {post.source_event_id for post in posts}, "a delivery of an event that nobody sent"
    states = Counter(row["state"] for row in rows)
    assert states.keys() <= FINAL, f"not at their end: {dict(states)}"
    assert len({row["event_id"] for row in rows}) == len(rows), "two conversions share an event_id"
    sends = rows_by_event_id(machine.proxy.bodies())
    by_id = {row["event_id"]: row for row in rows}
    assert sends.keys() <= by_id.keys(), "TikTok was sent what was never accepted"
    for event_id, sent in sends.items():
        assert len(set(sent)) == 1, f"{event_id} was not sent the same each time"
    taken = taken_at_tiktok(machine)
    delivered = {event_id for event_id, row in by_id.items() if row["state"] == "delivered"}
    assert delivered <= taken.keys(), "delivered, and TikTok does not have it"
    assert taken.keys() <= by_id.keys()
    return states


def taken_at_tiktok(machine: WholeMachine) -> dict[str, int]:
    """event_id -> how often it came."""
    items = [item for page in _pages(f"{machine.sandbox_url}/_sandbox/events") for item in page]
    assert max(Counter(item["event_id"] for item in items).values(), default=1) == 1
    return {item["event_id"]: item["sends"] for item in items}


def _pages(url: str) -> Iterator[list[dict[str, Any]]]:
    for offset in count(step=PAGE):
        asked = {"limit": PAGE, "offset": offset}
        answer = httpx.get(url, params=asked, trust_env=False, timeout=30)
        items = msgspec.json.decode(answer.content)["items"]
        yield items
        if len(items) < PAGE:
            return


def matches_of_others(machine: WholeMachine, posts: list[Post]) -> list[str]:
    """Installs that were credited to a click other than the one whose referrer they brought."""
    brought = {
        post.body["install_id"]: post.body.get("install_referrer", "") for post in posts if post.kind == "install"
    }
    rows = machine.sql(MATCHES, machine.app["app_id"])
    return [row["install_id"] for row in rows if f"click_id={row['click_id']}&" not in brought[row["install_id"]]]
