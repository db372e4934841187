"""Grants and chosen advertisers that someone should look at."""

from typing import Any, Final

from ledger.advertisers import advertisers_astray
from ledger.alerts import Alert
from ledger.grants import all_grants

BROKEN, ENDING, ASTRAY = "tiktok_grant_broken", "tiktok_grant_ending", "tiktok_advertiser_lost"
KINDS: Final = (BROKEN, ENDING, ASTRAY)

# deliveries go by each pixel's own token
_UNTOUCHED: Final = "Conversions are sent all the same."


def reconnect_with(app_id: str) -> str:
    """The way out of a grant that is broken."""
    return f"`signalpost tiktok connect --app {app_id}`, and log in as Admin or Operator of the ad account"


async def grant_alerts(connection: Any) -> list[Alert]:
    """One for each cause that stands. `connection` is an asyncpg connection or pool."""
    alerts, grants = [], await all_grants(connection)
    for grant in grants:
        if grant.state == "broken":
            said = f"TikTok no longer takes the connection ({grant.reason}): no spend is read. {_UNTOUCHED}"
            alerts.append(Alert(BROKEN, grant.app_id, f"{said} {reconnect_with(grant.app_id)}", grant.app_id))
        elif grant.reason:
            said = f"{grant.reason}. {reconnect_with(grant.app_id)}"
            alerts.append(Alert(ENDING, grant.app_id, said, grant.app_id))
    connected = {grant.app_id for grant in grants}  # of what was disconnected on purpose nothing is missing
    for one in await advertisers_astray(connection):
        if one.app_id not in connected:
            continue
        said = f"advertiser {one.advertiser_id} ({one.name}): {one.reason}. Its history stays. {_UNTOUCHED}"
        alerts.append(Alert(ASTRAY, one.app_id, said, one.app_id))
    return alerts
