"""What of the ledger is about all apps, each with its reason: everything else is of one app, and says of which."""

from typing import Final

_DIRECTORY = "the directory: who there is, read whole into memory"
_POLL = "asks which apps have something due; what follows is claimed app by app"
_REPORT = "a report or list over all apps, or of one"
_WATCH = "the worker's look around"
_RETENTION = "what is too old, whosever it is"
_LAYOUT = "how the ledger lies, whoever's rows they are"
_CONSOLE = "who may use the console, which is one for all apps"
_BY_NUMBER = "a person names it by its number alone"
_OF_CLICKS = "a click is asked for by its id or address, as in Redis, and says whose it is"

STATEMENTS: Final = {
    "advertisers.ADVERTISERS_ASTRAY": _WATCH,
    "advertisers.SELECTED_ADVERTISERS": "the worker's look at what is imported, by advertiser",
    "alerts.CLEAR": _WATCH,
    "alerts.STANDING": _WATCH,
    "alerts.TAKE_POST": _POLL,
    "app_removal.OWN_ADVERTISERS": "whether another app was ever shown the advertiser",
    "apps.ALL_APPS": _DIRECTORY,
    **{
        f"cold_clicks.{name}": _OF_CLICKS
        for name in (
            "TELL_COLD_CLICK",
            "COLD_CLICKS_AT",
            "COLD_CLICKS_BETWEEN",
            "ERASE_COLD_CLICKS",
            "PAGES_WITH",
            "NEWEST_COLD_DAY",
        )
    },
    "cold_clicks.SCAN_COLD_CLICKS": _REPORT,
    "cold_click_pages.RIPE_COLD_CLICKS": _POLL,
    "cold_click_pages.DELETE_OLD_COLD_CLICKS": _RETENTION,
    "counts.COUNT_FOR_REPORTS": "drained of Redis, which counts for all; the link says whose",
    "audit.AUDIT_COUNT": _REPORT,
    "audit.AUDIT_PAGE": _REPORT,
    "delivery_claims.BACKLOG": _WATCH,
    "delivery_replay.APPS_OF": _BY_NUMBER,
    "delivery_replay.DEAD_SINCE": _REPORT,
    "delivery_views.SHOW_DELIVERY": _BY_NUMBER,
    "delivery_watch.DEAD_DELIVERIES": _WATCH,
    "delivery_watch.FAILING_PIXELS": _WATCH,
    "delivery_watch.HELD_PIXELS": _WATCH,
    "delivery_watch.LATE_PIXELS": _WATCH,
    "event_timers.APPS_WITH_DUE": _POLL,
    **{f"exported_rows.EXPORT_ROWS[{what}]": _REPORT for what in ("installs", "events", "deliveries")},
    "events.WAITED_IN": "in which partitions to look; the update there is of one app",
    "events.LATE_INSTALLS": "the worker's look at what waits, of the last minutes; joins app by app",
    "grants.ALL_GRANTS": _WATCH,
    "grants.TAKE_GRANT_PROBES": _POLL,
    "input_set_aside.SET_ASIDE": _REPORT,
    "installs.APPS_WITH_PENDING": _POLL,
    "links.ALL_LINKS": _DIRECTORY,
    "links.CAPPED_CLICKS": _DIRECTORY,
    "links.EFFECTIVE_LINKS": _DIRECTORY,
    "links.GET_LINK": "the directory: a slug is one app's, and says whose",
    "mappings.ALL_MAPPINGS": _DIRECTORY,
    "match_statistics.RECENT_RATES": _REPORT,
    "match_statistics.STATISTICS_SINCE": "what was learned of every app, read into memory",
    "matches.MATCHED_CLICK": _BY_NUMBER,
    "matches.MATCHES_OF_INSTALL": _REPORT,
    **{
        f"partition_retention.{name}": _RETENTION
        for name in ("NEWEST", "STILL_TO_SEND", "WAITING", "DELETE_WAITING", "UNDECIDED", "ARCHIVE", "FORGET_IDS")
    },
    **{f"partitioning.{name}": _LAYOUT for name in ("FILL_ATTEMPTS", "HIGHEST_ID", "FILL_IDS")},
    "pixel_state.HELD_PIXELS": _WATCH,
    "pixel_state.PIXELS_WITH_DUE": _POLL,
    "pixel_state.TAKE_PROBES": _POLL,
    "pixels.ALL_PIXELS": _DIRECTORY,
    "pixels.GET_PIXEL": _BY_NUMBER,
    "recorded_installs.RECORDED_INSTALLS": _REPORT,
    "report_spend.REPORTED_ADVERTISERS": "an advertiser may be several apps': whose an ad is, all of them are asked",
    "report_zones.REPORTED_APPS": _REPORT,
    "revenue_sources.SECOND_SOURCES": _REPORT,
    "signals.LATEST_PAYLOADS": _REPORT,
    "source_watch.CONNECTED_AT": _DIRECTORY,
    "spend_progress.DUE_IMPORTS": _POLL,
    "spend_progress.LAST_PULLS": _WATCH,
    "spend_reads.WAITING_READS": _POLL,
    "unheard_consent.UNHEARD": "by the ids of people, which GIN finds whosever they are; other apps' are left out",
    "webhook_events.LAST_RECEIVED": _WATCH,
    "webhook_events.LIST_BODIES": _REPORT,
    "webhook_events.SHOW_BODY": _BY_NUMBER,
    **{
        f"delivery_views.LIST_DELIVERIES[{state}]": _REPORT
        for state in (None, "due", "held", "sending", "delivered", "suppressed", "skipped", "dead")
    },
    **{f"retention.OLD[{table}]": _RETENTION for table in ("events", "installs")},
    **{
        f"retention.DELETE_OLD[{table}]": _RETENTION
        for table in (
            "click_claims",
            "charge_refunds",
            "webhook_bodies",
            "input_set_aside",
            "replays",
            "oauth_states",
            "previous_api_keys",
        )
    },
}

TABLES: Final = {
    "ad_names": "TikTok's ids and names, the same for everybody",
    "alembic_version": "the schema",
    "creative_visits": "by link, as visit_counts",
    "count_drains": "drains of Redis, which counts for all",
    "directory_version": "one number",
    "match_observations": "a queue to the statistics of all apps together; nothing refers to a row of it",
    "sent_forms": _CONSOLE,
    "sessions": _CONSOLE,
    "setup_tokens": _CONSOLE,
    "tombstones": "keyed hashes that name nobody: nothing can say whose an old one is",
    "users": _CONSOLE,
    "visit_counts": "by link, as Redis counts; the link says whose",
}

INDEXES: Final = {
    "apps_api_key_hash_key": "an app is found by its key",
    "deliveries_dead": _WATCH,
    "deliveries_number": _BY_NUMBER,
    "events_received": _RETENTION,
    "events_waiting": "LATE_INSTALLS",
    "events_waiting_external": "GIN takes arrays alone; the id of a person is as good as one app's",
    "installs_external": "GIN takes arrays alone; the id of a person is as good as one app's",
    "installs_received": _RETENTION,
    "links_pkey": "a slug is one app's: it is the address of the link",
    "webhook_bodies_number": _BY_NUMBER,
    "webhook_bodies_people": "GIN takes arrays alone; the id of a person is as good as one app's",
    "webhook_bodies_received": _RETENTION,
}
