"""Reach: people, who are never added up. It is shown where a row is exactly one row of TikTok's."""

from datetime import date
from typing import Any, Final

from ledger.report_dimensions import By, Key
from ledger.report_figures import Asked
from ledger.report_spend import ReportedAdvertiser

LEVELS: Final[dict[By | None, str]] = {None: "advertiser", "campaign": "campaign", "adgroup": "adgroup"}
REACH_ABOVE_ADS = """
SELECT day, entity_id AS id, reach FROM reach_days
WHERE advertiser_id = $1 AND day >= $2 AND day <= $3 AND level = $4
"""
REACH_OF_ADS = """
SELECT day, ad_id AS id, reach FROM ad_days
WHERE advertiser_id = $1 AND day >= $2 AND day <= $3 AND reach IS NOT NULL
"""


async def reach_by(connection: Any, asked: Asked, advertisers: list[ReportedAdvertiser]) -> dict[Key, int]:
    """Key -> reach, where a row is one day of one advertiser, campaign, ad group or ad; the key () is the total's."""
    if len(advertisers) != 1 or advertisers[0].zone != asked.app.zone:
        return {}
    one_day = asked.first_day is not None and asked.first_day == asked.last_day
    of_what = [one for one in asked.by if one != "day"]
    found: dict[Key, int] = {}
    if one_day:
        for _, _, reach in await _rows(connection, asked, advertisers[0], None):
            found[()] = reach
    if len(of_what) < 2 and (one_day or "day" in asked.by):
        for day, identifier, reach in await _rows(connection, asked, advertisers[0], of_what[0] if of_what else None):
            found[tuple(day if one == "day" else identifier for one in asked.by)] = reach
    return found


async def _rows(
    connection: Any, asked: Asked, advertiser: ReportedAdvertiser, of_what: By | None
) -> list[tuple[date, str, int]]:
    days = advertiser.advertiser_id, asked.first_day or date.min, asked.last_day or date.max
    if of_what == "ad":
        rows = await connection.fetch(REACH_OF_ADS, *days)
    elif of_what in LEVELS and not advertiser.shared:  # a campaign's ads may be several apps'
        rows = await connection.fetch(REACH_ABOVE_ADS, *days, LEVELS[of_what])
    else:
        return []
    return [(row["day"], row["id"], row["reach"]) for row in rows]
