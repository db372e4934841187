"""An app that goes with everything that is its own. What was changed and by whom stays in the audit log."""

from typing import Any, Final

# what others refer to goes last
TABLES: Final = (
    "report_deltas", "report_archive", "report_campaign_days", "report_days", "report_country_days",
    "report_campaign_hours", "report_hours", "report_campaign_cohorts", "report_cohorts", "report_zones", "alerts",
    "replays", "attempts", "deliveries", "event_timers", "webhook_bodies", "person_installs", "events", "event_ids",
    "installs", "click_claims", "charge_refunds", "second_revenue_sources", "webhook_sources",
    "input_set_aside", "match_statistics", "mappings", "field_mappings", "pixels", "advertiser_pixels", "advertisers",
    "oauth_states", "tiktok_grants", "spend_reads", "cold_clicks", "cold_click_pages", "links",
)  # fmt: skip
REMOVE_ROWS: Final = {table: f"DELETE FROM {table} WHERE app_id = $1" for table in TABLES}  # noqa: S608 - own names
REMOVE_VISITS: Final = {
    table: f"DELETE FROM {table} v USING links l WHERE l.app_id = $1 AND l.slug = v.link"  # noqa: S608 - own names
    for table in ("visit_counts", "creative_visits")
}
REMOVE_APP = "DELETE FROM apps WHERE app_id = $1"

# of an advertiser that no other app was ever shown
OWN_ADVERTISERS = """
SELECT a.advertiser_id FROM advertisers a WHERE a.app_id = $1 AND NOT EXISTS (
    SELECT FROM advertisers b WHERE b.advertiser_id = a.advertiser_id AND b.app_id <> $1)
"""
SPEND_TABLES: Final = (
    "spend_progress", "spend_changes", "spend_pulls", "reach_days", "ad_country_days", "ad_hours", "ad_days", "ads",
    "adgroups", "campaigns",
)  # fmt: skip
REMOVE_SPEND: Final = {
    table: f"DELETE FROM {table} WHERE advertiser_id = ANY ($1::text[])"  # noqa: S608 - own names
    for table in SPEND_TABLES
}


async def remove_app(connection: Any, app_id: str) -> bool:
    """Whether there was such an app. In the caller's transaction; what its advertisers spent goes with it, where no
    other app has them.
    """
    advertisers = [row["advertiser_id"] for row in await connection.fetch(OWN_ADVERTISERS, app_id)]
    for statement in REMOVE_SPEND.values():
        await connection.execute(statement, advertisers)
    for statement in REMOVE_VISITS.values():
        await connection.execute(statement, app_id)
    for statement in REMOVE_ROWS.values():
        await connection.execute(statement, app_id)
    return str(await connection.execute(REMOVE_APP, app_id)) == "DELETE 1"
