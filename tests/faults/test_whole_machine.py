"""A few of the faults of a whole machine, briefly; `make faults` breaks all of them for longer. And the oracle itself:
it finds what is lost.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.all_faults import ALL_FAULTS
from tests.faults.fault import SHORT, Fault, run
from tests.faults.machine_oracle import Losses, reconcile
from tests.faults.machines import machine_of_kind
from tests.faults.report_oracle import check_reports
from tests.faults.traffic import Click, Post, Traffic
from tests.faults.whole_machine import WholeMachine

BRIEF = ("503 to everything", "PostgreSQL takes no writes", "power cut")
CLICKS_PER_SECOND = 30.0
WAITS_AGAIN = """
UPDATE deliveries SET state = 'due', next_attempt_at = now() + interval '1 day' WHERE app_id = $1 AND event_id = $2
"""

MORE_VISITS = """
UPDATE visit_counts SET visits = visits + $2 FROM links WHERE slug = link AND app_id = $1
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[WholeMachine]:
    with machine_of_kind("") as started:
        yield started


@pytest.fixture(scope="module")
def traffic(machine: WholeMachine) -> Traffic:
    return Traffic(machine.target(), 14, CLICKS_PER_SECOND)


@pytest.mark.parametrize("fault", [f for f in ALL_FAULTS if f.name in BRIEF], ids=lambda fault: fault.name)
def test_a_short_fault_loses_nothing_and_is_said(fault: Fault, machine: WholeMachine, traffic: Traffic) -> None:
    outcome = run(fault, machine, traffic, SHORT)
    assert outcome.redirected > 0
    assert outcome.accepted > 0
    assert outcome.lost == 0


def test_the_report_is_what_the_raw_rows_add_up_to_and_what_differs_is_found(
    machine: WholeMachine, traffic: Traffic
) -> None:
    reported = check_reports(machine)
    assert reported.link_clicks == sum(click.status == 302 for click in traffic.clicks)
    assert reported.installs > 0
    assert reported.events > 0
    machine.sql(MORE_VISITS, machine.app["app_id"], 1)
    with pytest.raises(AssertionError, match="in the raw rows"):
        check_reports(machine)
    machine.sql(MORE_VISITS, machine.app["app_id"], -1)
    check_reports(machine)


def test_the_oracle_finds_what_is_lost(machine: WholeMachine, traffic: Traffic) -> None:
    reconcile(machine, traffic, Losses())
    traffic.clicks.append(Click("a click that nobody stored", 0.0, 302, click_id="8ySOwPIAIU31iybxX2BL4G"))
    with pytest.raises(AssertionError, match=r"1 of .* redirected clicks are gone"):
        reconcile(machine, traffic, Losses())
    traffic.clicks[-1] = replace(traffic.clicks[-1], status=500)
    with pytest.raises(AssertionError, match="clicks were answered"):
        reconcile(machine, traffic, Losses())
    traffic.clicks.pop()
    traffic.posts.append(Post("event", "accepted, and gone", {}, 0.0, accepted=True))
    with pytest.raises(AssertionError, match=r"1 of .* accepted events have no delivery"):
        reconcile(machine, traffic, Losses())
    traffic.posts.pop()
    other = machine.sql("SELECT event_id FROM deliveries WHERE app_id = $1 LIMIT 1", machine.app["app_id"])
    machine.sql(WAITS_AGAIN, machine.app["app_id"], other[0]["event_id"])
    with pytest.raises(AssertionError, match="not at their end"):
        reconcile(machine, traffic, Losses())
