"""An app with two campaigns of eight days, whose names are what anybody may have typed: rows as import and intake write
them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

from admin.session import Session

WORDS = "\"'><xss onfocus=x>{{7*7}}"
ZONE = ZoneInfo("Europe/Berlin")
DAYS = 8
PUT_ADVERTISER = """
INSERT INTO advertisers (app_id, advertiser_id, name, currency, timezone, selected, selected_at, seen_at)
VALUES ($1, 'adv', 'Shop', 'EUR', 'Europe/Berlin', true, now(), now())
"""
PUT_NAMES = """
WITH named AS (INSERT INTO campaigns (advertiser_id, campaign_id, name, seen_at)
    VALUES ('adv', 'c1', $1, now()), ('adv', 'c2', 'Always on', now())),
grouped AS (INSERT INTO adgroups (advertiser_id, adgroup_id, campaign_id, name, seen_at)
    VALUES ('adv', 'g1', 'c1', $1, now()), ('adv', 'g2', 'c2', 'DE', now()))
INSERT INTO ads (advertiser_id, ad_id, adgroup_id, campaign_id, name, link, seen_at)
VALUES ('adv', 'a1', 'g1', 'c1', $1, 'tea', now()), ('adv', 'a2', 'g2', 'c2', 'Video', 'tea', now())
"""
PUT_SPEND = """
INSERT INTO ad_days (advertiser_id, day, ad_id, campaign_id, adgroup_id, spend, impressions, clicks, reach, conversions,
    purchases, purchase_value)
VALUES ('adv', $1, $2, $3, $4, $5, 2000, 40, 1500, $6, 1, 9.99)
"""
PUT_VISITS = """
INSERT INTO visit_counts (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, visits)
VALUES (date_bin('15 minutes', $1::timestamptz, to_timestamp(0)), 'tea', 'ios', 'click', 'c1', 'g1', 'a1', 31)
"""
PUT_INSTALL = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, match_probability, click_id, click)
VALUES ($1, $2, 'ios', $3, '{"device": {"locale": "de-DE"}}', 'probabilistic', 0.97, $2,
    '{"campaign_id": "c1", "adgroup_id": "g1", "ad_id": "a1", "link": "tea"}')
"""
PUT_EVENT = """
INSERT INTO events (app_id, event_id, name, install_id, occurred_at, value, currency, body, joined)
VALUES ($1, $2 || $3, $3, $2, $4, $5::text::numeric, $6, '{}', true)
"""


async def put_results(session: Session, app_id: str) -> None:
    """Each day of the last eight: 12.34 for c1, 1,100 for c2, two installs of c1, a sale, a trial. Of c2 TikTok alone
    counts installs.
    """
    put = session.database.execute
    await put("INSERT INTO links (slug, app_id, ios_url) VALUES ('tea', $1, 'https://tea.example')", app_id)
    await put(PUT_ADVERTISER, app_id)
    await put(PUT_NAMES, WORDS)
    today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(DAYS):
        at = (today - timedelta(days=ago)).astimezone(UTC)
        await put(PUT_SPEND, (today - timedelta(days=ago)).date(), "a1", "c1", "g1", 12.34, 1)
        await put(PUT_SPEND, (today - timedelta(days=ago)).date(), "a2", "c2", "g2", 1100, 3)
        await put(PUT_VISITS, at)
        for number in range(2):
            install_id = f"i{ago}-{number}"
            await put(PUT_INSTALL, app_id, install_id, at)
        await put(PUT_EVENT, app_id, install_id, "purchase", at, "19.99", "EUR")
        await put(PUT_EVENT, app_id, install_id, "start_trial", at, None, None)


def with_results(app_id: str) -> Callable[[Session], Any]:
    """For the fixture `act`."""
    return lambda session: put_results(session, app_id)


class Tables(HTMLParser):
    """The tables of a page as texts: one list of rows each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._is_open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._is_open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.tables[-1][-1][-1] += data.strip()

    def row(self, first: str) -> list[str]:
        """The row that begins with this."""
        return next(row for table in self.tables for row in table if row and row[0] == first)
