"""What of an app needs somebody's attention: the alerts that stand, and campaigns that cannot use what it sends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from admin.refusal import Refused
from admin.session import Session
from admin.spend import check_app
from ledger.alerts import StandingAlert, standing_alerts_of

_TITLES: Final = {
    "pixel_held": "A pixel is held",
    "pixel_failing": "Sending to TikTok fails",
    "deliveries_late": "Deliveries are late",
    "deliveries_dead": "Dead deliveries",
    "webhook_silent": "A webhook is silent",
    "second_revenue_source": "Two sources report sales",
    "tiktok_grant_broken": "TikTok refuses the connection",
    "tiktok_grant_ending": "The connection to TikTok ends",
    "tiktok_advertiser_lost": "The ad account is out of reach",
    "spend_late": "Spend is late",
    "partitions_low": "The ledger runs out of partitions",
    "report_differs": "Reports differ from what they are of",
    "objective_without_events": "An objective that uses no event of a pixel",
    "objective_without_start_trial": "An objective that cannot use trials",
    "event_not_mapped": "Optimised for an event that nothing becomes",
    "goal_without_events": "A goal that uses no event",
    "both_systems": "One ad group for Android and iOS",
    "other_placements": "Shown outside TikTok",
    "foreign_pixel": "A pixel that is not the app's",
    "landing_not_a_link": "A landing URL that is no Signal link",
    "link_of_another_app": "A link of another app",
    "macros_missing": "A link without its macros",
}
NAMED: Final = 3
"""Campaigns, ad groups or ads that are named of each cause; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Attention:
    """One cause."""

    kind: str
    title: str
    sentence: str
    """What is wrong."""
    fix: str = ""
    since: datetime | None = None
    names: list[str] = field(default_factory=list)
    """What it is about, the first few."""
    further: int = 0
    """How many more."""


async def attention(session: Session, app_id: str) -> list[Attention]:
    """What stands in the way of numbers and deliveries first, then what campaigns should change."""
    standing = [_of_alert(alert) for alert in await standing_alerts_of(session.database, app_id)]
    try:
        warnings = await check_app(session, app_id)
    except Refused:
        return standing  # not connected: there are no campaigns to look at
    return [*standing, *_of_campaigns(warnings)]


def _of_alert(alert: StandingAlert) -> Attention:
    title = _TITLES.get(alert.kind, alert.kind.replace("_", " ").capitalize())
    sentence = alert.message.removeprefix(f"{alert.app_id}: ")
    return Attention(alert.kind, title, sentence[:1].upper() + sentence[1:], since=alert.raised_at)


def _of_campaigns(warnings: Iterable[dict[str, Any]]) -> Iterable[Attention]:
    """Those of one cause together: a URL is mostly wrong in many ads at once."""
    for code, group in groupby(sorted(warnings, key=lambda one: one["code"]), key=lambda one: one["code"]):
        found = list(group)
        names = [one["name"] or one["entity_id"] for one in found]
        first = found[0]
        title = _TITLES.get(code, code)
        yield Attention(code, title, first["message"], first["fix"], None, names[:NAMED], max(0, len(names) - NAMED))
