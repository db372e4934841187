"""What a report counts, fact by fact, as SQL that reads it from the raw rows.

Deltas, a recount, the archive and the building of roll-ups all read facts by these texts, so that none of them can
count otherwise than another. A fact is of one quarter of an hour of UTC: every zone's days and hours are made of them.
"""

from typing import Final

from ledger.sdk_events import REFUNDS, REGISTRATIONS, TRIALS, UNPAID, is_any_of
from ledger.webhook_providers import REFUND_EVENTS, SALE_EVENTS, TRIAL_EVENTS

VERSION: Final = 5
"""Raise it with every change of what is counted, or of the tables of it: roll-ups of another version are built anew."""

OF_ADS: Final = ("campaign_id", "adgroup_id", "ad_id", "creative_id", "platform", "link")
OF_CAMPAIGNS: Final = ("campaign_id", "platform", "link")
OF_MONEY: Final = ("source", "currency")
COUNTS: Final = ("link_clicks", "visits", "installs", "events", "sales", "trials", "registrations")
MONEY: Final = ("revenue", "proceeds", "proceeds_of", "refunds")
MEASURES: Final = (*COUNTS, *MONEY)
DIMENSIONS: Final = (*OF_ADS, "country", *OF_MONEY)
KEY_COLUMNS: Final = ("app_id", "quarter", "installed_quarter", *DIMENSIONS)
COLUMNS: Final = ", ".join((*KEY_COLUMNS, *MEASURES))


def _quarter_of(time: str) -> str:
    return f"date_bin('15 minutes', {time}, to_timestamp(0))"


def _listed(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


# phones write more behind it: the script (Java's zh_TW_#Hant), the calendar or hours (iOS's en-US-u-hc-h12)
_COUNTRY_OF_LOCALE = "^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})(?![A-Za-z0-9])"
# An id is '' and a country too where nothing says which.
_OF_INSTALL = f"""{_quarter_of("i.occurred_at")} AS installed_quarter,
    coalesce(i.click ->> 'campaign_id', '') AS campaign_id, coalesce(i.click ->> 'adgroup_id', '') AS adgroup_id,
    coalesce(i.click ->> 'ad_id', '') AS ad_id, coalesce(i.click ->> 'creative_id', '') AS creative_id,
    i.platform, coalesce(i.click ->> 'link', '') AS link,
    coalesce(upper(coalesce(
        i.body -> 'user' ->> 'country',
        substring(i.body -> 'device' ->> 'locale' FROM '{_COUNTRY_OF_LOCALE}')
    )), '') AS country"""


# the figures of a fact that are not its own
_NO_MILESTONES = "0 AS trials, 0 AS registrations"
_NO_MONEY = ", ".join(f"0::numeric AS {measure}" for measure in MONEY)
_PROCEEDS = "(e.body ->> 'proceeds')::numeric"
# what a refund is worth after a reversal took some of it back
_REFUNDED = "e.value - coalesce((e.body ->> 'reversed')::numeric, 0)"
# Revenue is that of the app's one source of it, so that a sale reported by two counts once; refunds are not taken off.
_MONEY = f"""CROSS JOIN LATERAL (SELECT
    CASE WHEN e.value <> 0 AND CASE e.source WHEN 'sdk' THEN NOT {is_any_of("e.name", UNPAID + REFUNDS + REFUND_EVENTS)}
        ELSE e.name IN {_listed(SALE_EVENTS)} END THEN e.value ELSE 0 END AS revenue,
    CASE WHEN e.value <> 0 AND {is_any_of("e.name", REFUNDS + REFUND_EVENTS)} THEN {_REFUNDED} ELSE 0 END AS refunds,
    CASE WHEN {is_any_of("e.name", TRIALS + TRIAL_EVENTS)} THEN 1 ELSE 0 END AS trials) AS money"""
REPEATED: Final = "refund_of_another_source"
"""Flag of a platform's refund that another platform had told of before."""
REPEATS: Final = "+"
"""Behind the source of such a refund: it counts where that source alone counts, not where all of them do."""
_SOURCE = f"e.source || CASE WHEN refunds <> 0 AND e.flags @> ARRAY['{REPEATED}'] THEN '{REPEATS}' ELSE '' END"
ARCHIVED: Final = "install_deleted"
"""Flag of an event whose install retention has deleted: the archive counts it, whoever comes under that id later."""
COUNTED: Final = f"e.joined AND e.event_id <> 'install:' || e.install_id AND NOT e.flags @> ARRAY['{ARCHIVED}']"


def install_facts(installs: str) -> str:
    """Of `installs`: `installs i`, or what has its columns, with what narrows it."""
    return f"""SELECT i.app_id, {_quarter_of("i.occurred_at")} AS quarter, {_OF_INSTALL}, '' AS source, '' AS currency,
    0 AS link_clicks, 0 AS visits, 1 AS installs, 0 AS events, 0 AS sales, {_NO_MILESTONES}, {_NO_MONEY},
    i.click_id
FROM {installs}"""  # noqa: S608 - put together from constants alone, here and below


def event_facts(events: str, which: str = "true") -> str:
    """Of `events`: `events e JOIN installs i ...`, or what has their columns; those that `which` holds for. The install
    itself is no event, and an event that has not found its install is nobody's.
    """
    return f"""SELECT e.app_id, {_quarter_of("e.occurred_at")} AS quarter, {_OF_INSTALL},
    CASE WHEN revenue <> 0 OR refunds <> 0 OR trials <> 0 THEN {_SOURCE} ELSE '' END AS source,
    CASE WHEN revenue <> 0 OR refunds <> 0 THEN coalesce(e.currency, '') ELSE '' END AS currency,
    0 AS link_clicks, 0 AS visits, 0 AS installs, 1 AS events,
    CASE WHEN revenue <> 0 THEN 1 ELSE 0 END AS sales, trials,
    CASE WHEN {is_any_of("e.name", REGISTRATIONS)} THEN 1 ELSE 0 END AS registrations, revenue,
    CASE WHEN revenue <> 0 THEN coalesce({_PROCEEDS}, 0) ELSE 0 END AS proceeds,
    CASE WHEN {_PROCEEDS} IS NOT NULL THEN revenue ELSE 0 END AS proceeds_of, refunds, i.click_id
FROM {events} {_MONEY} WHERE {which} AND {COUNTED}"""  # noqa: S608


def visit_facts(visits: str) -> str:
    """Of `visits`: what has the columns of `creative_visits` as v, joined to `links l`."""
    return f"""SELECT l.app_id, v.begins_at AS quarter, NULL::timestamptz AS installed_quarter,
    v.campaign_id, v.adgroup_id, v.ad_id, v.creative_id, v.platform, v.link, '' AS country,
    '' AS source, '' AS currency, CASE WHEN v.kind = 'click' THEN v.visits ELSE 0 END AS link_clicks,
    CASE WHEN v.kind = 'click' THEN 0 ELSE v.visits END AS visits, 0 AS installs, 0 AS events, 0 AS sales,
    {_NO_MILESTONES}, {_NO_MONEY}
FROM {visits}"""  # noqa: S608


def added_up(facts: str, sign: str = "") -> str:
    """The facts, those of one key together. `sign` is `-` for what is taken away."""
    keys, measures = ", ".join(KEY_COLUMNS), ", ".join(f"{sign}sum({measure})" for measure in MEASURES)
    return f"SELECT {keys}, {measures} FROM ({facts}) AS facts GROUP BY {keys}"  # noqa: S608


def inserted(table: str, facts: str) -> str:
    """The insert of these facts into `report_deltas` or `report_archive`."""
    return f"INSERT INTO {table} ({COLUMNS}) {facts}"


def credited(facts: str) -> str:
    """Those of installs that were credited to a click: a report is of what ads brought, not of what the app has."""
    columns = ", ".join((*KEY_COLUMNS, *MEASURES))
    return f"SELECT {columns} FROM ({facts}) AS given WHERE click_id IS NOT NULL"  # noqa: S608


def _within(time: str) -> str:
    return f"{time} >= to_timestamp($2::float8) AND {time} < to_timestamp($3::float8)"


# those of visit_counts, each under its creative; what is left of a row has none
_VISITED = """(
    SELECT t.begins_at, t.link, t.platform, t.kind, t.campaign_id, t.adgroup_id, t.ad_id, '' AS creative_id, t.visits
        - coalesce((SELECT sum(c.visits)::bigint FROM creative_visits c WHERE c.link = t.link
            AND c.begins_at = t.begins_at AND c.platform = t.platform AND c.kind = t.kind
            AND c.campaign_id = t.campaign_id AND c.adgroup_id = t.adgroup_id AND c.ad_id = t.ad_id), 0) AS visits
    FROM visit_counts t
    UNION ALL
    SELECT begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, visits FROM creative_visits
) AS v"""
_SOURCES = (
    visit_facts(
        f"{_VISITED} JOIN links l ON l.slug = v.link WHERE l.app_id = $1 AND v.visits > 0 AND {_within('v.begins_at')}"
    ),
    credited(install_facts(f"installs i WHERE i.app_id = $1 AND {_within('i.occurred_at')}")),
    credited(
        event_facts(
            "events e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id",
            f"e.app_id = $1 AND {_within('e.occurred_at')}",
        )
    ),
    f"SELECT {COLUMNS} FROM report_archive a WHERE a.app_id = $1 AND {_within('a.quarter')}",  # noqa: S608
)
ALL_FACTS: Final = " UNION ALL ".join(_SOURCES)
"""Every fact of the app $1 from the instant $2 to before $3 (Unix seconds), from raw rows and the archive of those."""

# not of the facts themselves: what they say would be worked out for nothing
_VISITS = f"visit_counts v JOIN links l ON l.slug = v.link WHERE l.app_id = $1 AND {_within('v.begins_at')}"
_ARCHIVE = f"report_archive WHERE app_id = $1 AND {_within('quarter')}"
_OF_EVENTS = "events e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id"
QUARTERS: Final = f"""
SELECT {_quarter_of("occurred_at")} AS quarter FROM installs WHERE app_id = $1 AND {_within("occurred_at")}
UNION SELECT {_quarter_of("occurred_at")} FROM events WHERE app_id = $1 AND {_within("occurred_at")}
UNION SELECT {_quarter_of("i.occurred_at")} FROM {_OF_EVENTS} WHERE e.app_id = $1 AND {_within("e.occurred_at")}
UNION SELECT v.begins_at FROM {_VISITS}
UNION SELECT quarter FROM {_ARCHIVE}
UNION SELECT installed_quarter FROM {_ARCHIVE} AND installed_quarter IS NOT NULL
"""  # noqa: S608 - constants of this module alone, here and below
"""Every quarter of an hour in which a fact of ALL_FACTS, or the install that it is of, can be."""

_SINCE = "to_timestamp($2::float8)"
_NTH = "OFFSET $3::integer LIMIT 1"
NTH_FACT: Final = f"""
SELECT least(
    (SELECT occurred_at FROM installs WHERE app_id = $1 AND occurred_at >= {_SINCE} ORDER BY occurred_at {_NTH}),
    (SELECT occurred_at FROM events WHERE app_id = $1 AND occurred_at >= {_SINCE} ORDER BY occurred_at {_NTH}),
    (SELECT v.begins_at FROM visit_counts v JOIN links l ON l.slug = v.link
        WHERE l.app_id = $1 AND v.begins_at >= {_SINCE} ORDER BY v.begins_at {_NTH}),
    (SELECT quarter FROM report_archive WHERE app_id = $1 AND quarter >= {_SINCE} ORDER BY quarter {_NTH})
)
"""  # noqa: S608
"""When, from the instant $2 (Unix seconds) on, there have been $3 raw rows of one kind that are facts of the app $1."""
