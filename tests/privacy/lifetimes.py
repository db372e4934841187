"""How long what is kept where: every table of the ledger and every key of Redis has its line."""

from typing import Final, NamedTuple

CLICKS_DAYS: Final = 28
LEDGER_DAYS: Final = 180
A_DAY: Final = 1  # what is deleted by whole days goes at the end of its last


class Kept(NamedTuple):
    """Rows of a table go by the age of a column."""

    column: str
    days: int


WITH_ITS_EVENT: Final = "goes with its event or delivery"
NO_PERSON: Final = "names no person"
SETTINGS: Final = "what the operator set up"
SUMS: Final = "sums"

TABLES: Final[dict[str, Kept | str]] = {
    "installs": Kept("received_at", LEDGER_DAYS),
    "events": Kept("received_at", LEDGER_DAYS),
    "deliveries": Kept("created_at", LEDGER_DAYS),
    "attempts": Kept("at", LEDGER_DAYS),
    "event_timers": WITH_ITS_EVENT,
    "event_ids": WITH_ITS_EVENT,
    "person_installs": Kept("seen_at", LEDGER_DAYS),
    "click_claims": Kept("claimed_at", LEDGER_DAYS),
    "charge_refunds": Kept("at", LEDGER_DAYS),
    "webhook_bodies": Kept("received_at", 30),
    "cold_clicks": Kept("day", CLICKS_DAYS + A_DAY),
    "cold_click_pages": Kept("day", CLICKS_DAYS + A_DAY),
    "ad_names": Kept("seen_at", LEDGER_DAYS),
    "input_set_aside": Kept("day", LEDGER_DAYS + A_DAY),
    "count_drains": Kept("at", 2),
    "replays": Kept("asked_at", 30),
    "oauth_states": Kept("used_at", 1),
    "sessions": Kept("created_at", 7),
    "sent_forms": Kept("at", 7),
    "tombstones": "keyed hashes: they keep out for good what was erased",
    "match_observations": "coarse values without an id, for seconds",
    "match_statistics": "frequencies of coarse values",
    "audit_log": "what operators did; an erasure names nobody",
    "users": "operators",
    "setup_tokens": "a hash, until the first owner is there",
    **dict.fromkeys(("apps", "links", "pixels", "mappings", "field_mappings", "tiktok_grants"), SETTINGS),
    **dict.fromkeys(("advertisers", "advertiser_pixels", "campaigns", "adgroups", "ads", "spend_reads"), NO_PERSON),
    **dict.fromkeys(("alerts", "second_revenue_sources", "webhook_sources", "spend_progress"), NO_PERSON),
    **dict.fromkeys(("alembic_version", "directory_version", "report_zones"), NO_PERSON),
    **dict.fromkeys(("ad_days", "ad_hours", "ad_country_days", "reach_days", "spend_pulls", "spend_changes"), SUMS),
    **dict.fromkeys(("visit_counts", "creative_visits", "report_deltas", "report_archive", "report_days"), SUMS),
    **dict.fromkeys(("report_country_days", "report_cohorts", "report_campaign_days", "report_campaign_hours"), SUMS),
    **dict.fromkeys(("report_hours", "report_campaign_cohorts"), SUMS),
}

DAY_S: Final = 86_400
KEYS: Final[dict[str, int | str]] = {
    "CLICKS": CLICKS_DAYS * DAY_S,
    "ERASED": CLICKS_DAYS * DAY_S,
    "TEXTS": (CLICKS_DAYS + 14)
    * DAY_S,  # browsers and ads: there as long as a click can refer to them, a week and more
    "APPLIED": 7 * DAY_S,
    "WALKERS": 120,
    "DRAINING": 3,
    "LINK_FOLLOWER": 2,
    "COUNTS": "counts, until the next drain",
    "COUNTS_DRAINING": "the same",
    "COUNTS_DRAIN_ID": "the same",
    "NAMES": "names of ads, until the worker takes them",
    "LINKS": SETTINGS,
    "SITES": SETTINGS,
    "LINKS_VERSION": SETTINGS,
    "LINK_FOLLOWERS": "names of processes",
    "LINK_CLICKS": "one number for each link",
}
"""Name in `clicks.keys` -> the longest time in s until Redis lets it go, or why it stays."""
