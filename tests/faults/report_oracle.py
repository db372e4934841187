"""What must hold of a machine's reports, once everything has drained: they are what the raw rows add up to."""

import json
from dataclasses import dataclass
from decimal import Decimal

from tests.cli.running_up import signalpost
from tests.faults.whole_machine import WholeMachine

AGREE = "agree with a recount"
RAW_CLICKS = """
SELECT coalesce(sum(v.visits), 0) AS link_clicks FROM visit_counts v JOIN links l ON l.slug = v.link
WHERE l.app_id = $1 AND v.kind = 'click'
"""
RAW_INSTALLS = """
SELECT count(*) AS installs FROM installs WHERE app_id = $1 AND click_id IS NOT NULL
"""
RAW_EVENTS = """
SELECT count(*) AS events, coalesce(sum(e.value), 0) AS revenue
FROM events e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id
WHERE e.app_id = $1 AND i.click_id IS NOT NULL AND e.event_id <> 'install:' || e.install_id
"""


@dataclass(frozen=True, slots=True)
class Reported:
    """The totals of `signalpost report`, of what was credited to a click; the raw rows give the same."""

    link_clicks: int
    installs: int
    events: int
    revenue: Decimal


def check_reports(machine: WholeMachine) -> Reported:
    """
    Raises:
        AssertionError: a total is not what the raw rows give, or the roll-ups are not what `doctor` counts anew.
    """
    app = machine.app["app_id"]
    totals = machine.command("report", "--app", app)["totals"]
    shown = Reported(
        totals["link_clicks"], totals["installs"], totals["events"], Decimal(str(totals["revenue"])).quantize(CENT)
    )
    [clicks], [installs], [events] = (machine.sql(text, app) for text in (RAW_CLICKS, RAW_INSTALLS, RAW_EVENTS))
    raw = Reported(int(clicks["link_clicks"]), installs["installs"], events["events"], events["revenue"].quantize(CENT))
    assert shown == raw, f"reported: {shown}; in the raw rows: {raw}"
    rows = json.loads(signalpost(machine.env, "doctor", "--json").stdout)["checks"]
    details = [row["detail"] for row in rows if row["name"] == f"reports of {app}"]
    assert len(details) == 1, "doctor has no row of the reports"
    assert details[0].startswith(AGREE), f"doctor: {details[0]}"
    return shown


CENT = Decimal("0.01")
