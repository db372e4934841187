"""What needs attention: alerts of this app that stand, and campaigns that cannot use what it sends, by cause."""

import pytest

from admin.apps import create_app
from admin.attention import attention
from admin.session import Session
from tests.account_sandbox import TEA, AccountSandbox, advertiser
from tests.admin.logins import connect

pytestmark = pytest.mark.anyio

ALERT = (
    "INSERT INTO alerts (alert_key, kind, app_id, pixel_id, message, raised_at, post_at)"
    " VALUES ($1 || $2, $1, $2, '', $2 || ': no spend came in', now(), now())"
)
CAMPAIGN = (
    "INSERT INTO campaigns (advertiser_id, campaign_id, name, objective, seen_at) VALUES ($1, $2, $2, 'REACH', now())"
)


async def test_alerts_are_those_of_the_app_alone(session: Session) -> None:
    mine, other = [(await create_app(session, name, {}))["app_id"] for name in ("Tea", "Soup")]
    for app_id in (mine, other):
        await session.database.execute(ALERT, "spend_late", app_id)
    [late] = await attention(session, mine)
    assert (late.kind, late.title, late.sentence) == ("spend_late", "Spend is late", "No spend came in")
    assert late.since is not None


async def test_campaigns_with_one_cause_stand_together(
    connectable: Session, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    for number in range(5):
        await connectable.database.execute(CAMPAIGN, TEA, f"c{number}")
    [cause] = await attention(connectable, app_id)
    assert cause.kind == "objective_without_events"
    assert (cause.names, cause.further) == (["c0", "c1", "c2"], 2)
    assert cause.fix.startswith("Make a campaign with the objective Sales")


async def test_without_a_connection_there_are_no_campaigns_to_look_at(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    assert await attention(session, app_id) == []
