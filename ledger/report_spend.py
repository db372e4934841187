"""TikTok's side of a report: what it said of the ads of an app's advertisers, of each ad once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ledger.local_time import zone_names
from ledger.report_dimensions import COLUMNS, By, Key
from ledger.report_figures import FIRST, LAST, Asked, in_turns
from ledger.report_spend_places import Places, Span, by_hour, moved, reached
from ledger.report_tallies import Tally

# An advertiser that several apps chose serves them all; what is nobody's in particular is the first one's.
REPORTED_ADVERTISERS = """
SELECT mine.advertiser_id, mine.currency, mine.timezone, mine.selected,
    ARRAY(SELECT other.app_id FROM advertisers other WHERE other.advertiser_id = mine.advertiser_id
        AND other.selected_at IS NOT NULL AND other.app_id <> mine.app_id) AS other_apps,
    NOT EXISTS (SELECT FROM advertisers other WHERE other.advertiser_id = mine.advertiser_id
        AND other.selected_at IS NOT NULL
        AND (other.selected_at, other.app_id) < (mine.selected_at, mine.app_id)) AS is_first
FROM advertisers mine WHERE mine.app_id = $1 AND mine.selected_at IS NOT NULL
ORDER BY mine.selected_at, mine.advertiser_id
"""
LINKS_OF_APPS = "SELECT slug FROM links WHERE app_id = ANY($1::text[])"
SPENT_SPAN = "SELECT min(day) AS first, max(day) AS last FROM ad_days WHERE advertiser_id = $1"


@dataclass(frozen=True, slots=True)
class ReportedAdvertiser:
    """An advertiser whose spend an app has, or shares."""

    advertiser_id: str
    currency: str
    zone: str
    selected: bool
    """The one the app has chosen now; others keep their history."""
    is_first: bool
    """What no app's link tells apart is this app's."""
    own_links: tuple[str, ...]
    other_links: tuple[str, ...]
    """Of the other apps that chose it, too; both empty where there is none."""

    @property
    def shared(self) -> bool:
        return bool(self.other_links) or not self.is_first


async def reported_advertisers(connection: Any, app_id: str, app_zone: str) -> list[ReportedAdvertiser]:
    """Those whose spend is the app's, in the order in which it chose them."""
    found = []
    for row in await connection.fetch(REPORTED_ADVERTISERS, app_id):
        others = list(row["other_apps"])
        own = await _slugs(connection, [app_id]) if others else ()
        of_others = await _slugs(connection, others) if others else ()
        zone = row["timezone"] if row["timezone"] in zone_names() else app_zone
        found.append(
            ReportedAdvertiser(
                row["advertiser_id"], row["currency"], zone, row["selected"], row["is_first"], own, of_others
            )
        )
    return found


async def _slugs(connection: Any, app_ids: list[str]) -> tuple[str, ...]:
    return tuple(row["slug"] for row in await connection.fetch(LINKS_OF_APPS, app_ids))


_IN_DAYS: Final = "d.advertiser_id = $1 AND d.day >= $2 AND d.day <= $3"
_OF_AD: Final = "d.campaign_id, d.adgroup_id, d.ad_id, ''::text AS creative_id"
# an ad is the app's whose link it leads to; platform is that of an ad group for one system alone
_LOOKED_UP: Final = f"""{_OF_AD}, coalesce(a.link, '') AS link,
    CASE WHEN cardinality(g.operating_systems) = 1 THEN lower(g.operating_systems[1]) ELSE '' END AS platform"""
_ADS: Final = """LEFT JOIN ads a ON a.advertiser_id = d.advertiser_id AND a.ad_id = d.ad_id
    LEFT JOIN adgroups g ON g.advertiser_id = d.advertiser_id AND g.adgroup_id = d.adgroup_id"""
_OWN: Final = """CASE WHEN a.link = ANY ($4::text[]) THEN true WHEN a.link = ANY ($5::text[]) THEN false
    ELSE $6::boolean END"""
_COUNTED: Final = ("impressions", "clicks")
_SPENT: Final = ("spend", *_COUNTED)
_SAID: Final = ("conversions", "purchases", "purchase_value")
LOOKED_UP: Final[frozenset[By]] = frozenset({"link", "platform"})
"""Dimensions that only the ad or its ad group tells."""


def _sums(columns: Iterable[str], of: str = "{}") -> str:
    kinds = dict.fromkeys(_COUNTED, "::bigint")
    return ", ".join(f"sum({of.format(column)}){kinds.get(column, '')} AS {column}" for column in columns)


def _of_days(table: str, country: str, measures: tuple[str, ...]) -> dict[bool, str]:
    """Whether each ad is looked up -> the statement. To look them up takes as long again as to add them up."""
    facts = f"SELECT d.day, '' AS hour, {country} AS country, {', '.join(f'd.{one}' for one in measures)}"
    sources = {
        False: f"{facts}, {_OF_AD} FROM {table} d WHERE {_IN_DAYS}",
        True: f"{facts}, {_LOOKED_UP} FROM {table} d {_ADS} WHERE {_IN_DAYS} AND {_OWN}",
    }  # each names its columns, so that what is not asked for is not read
    return {
        ads: f"SELECT {{columns}}, {_sums(measures)} FROM ({source}) AS facts GROUP BY {{columns}}"  # noqa: S608
        for ads, source in sources.items()
    }


def _of_hours(first: int, facts: str) -> str:
    """`facts` of `ad_hours d`, put in the places that are the parameters from `first` on. Whole days are read, each
    hour once, and added up before it is put somewhere: to seek one hour after the other would take five times as long.
    """
    day, begins_at, to_day, hour, sign = (f"${first + place}" for place in range(5))
    return f"""
SELECT {{columns}}, {_sums(_SPENT, "sign * {}")}
FROM (
    SELECT d.day AS of_day, d.begins_at, {{of_ads}}{_sums(_SPENT)} FROM (
        SELECT d.day, d.begins_at, ''::text AS country, {", ".join(f"d.{one}" for one in _SPENT)}, {facts}
            AND d.day = ANY ({day}::date[])
    ) AS d GROUP BY {{of_ads}}d.day, d.begins_at
) AS hours JOIN unnest({day}::date[], {begins_at}::timestamptz[], {to_day}::date[], {hour}::text[], {sign}::integer[])
    AS at (of_day, begins_at, day, hour, sign) USING (of_day, begins_at)
GROUP BY {{columns}}
"""  # noqa: S608 - constants of this module alone


SPENT_DAYS: Final = _of_days("ad_days", "''", (*_SPENT, *_SAID))
SPENT_COUNTRY_DAYS: Final = _of_days("ad_country_days", "d.country", _SPENT)
SPENT_HOURS: Final = {
    False: _of_hours(4, f"{_OF_AD} FROM ad_hours d WHERE {_IN_DAYS}"),
    True: _of_hours(7, f"{_LOOKED_UP} FROM ad_hours d {_ADS} WHERE {_IN_DAYS} AND {_OWN}"),
}


async def tiktok_figures(connection: Any, asked: Asked, advertiser: ReportedAdvertiser) -> dict[Key, Tally]:
    """What TikTok said of one advertiser's ads, by key."""
    tallies: dict[Key, Tally] = {}
    first, last = asked.first_day or FIRST, asked.last_day or LAST
    async for row in in_turns(await _fetch(connection, SPENT_DAYS, asked.by, advertiser, (first, last))):
        tally = _tally(tallies, asked.by, row)
        _add(tally, advertiser.currency, row)
        tally.say("tiktok_installs", row["conversions"])
        tally.say("tiktok_purchases", row["purchases"])
        tally.pay("tiktok_revenue", advertiser.currency, row["purchase_value"])
    places = await _places(connection, asked, advertiser)
    if places.day:
        async for row in in_turns(await _fetch_hours(connection, asked.by, advertiser, places)):
            _add(_tally(tallies, asked.by, row), advertiser.currency, row)
    if "country" in asked.by:
        unknown = tuple("" if one == "country" else None for one in asked.by)
        async for row in in_turns(await _fetch(connection, SPENT_COUNTRY_DAYS, asked.by, advertiser, (first, last))):
            _add(_tally(tallies, asked.by, row), advertiser.currency, row)
            rest = tuple(row[COLUMNS[by]] if none is None else none for by, none in zip(asked.by, unknown, strict=True))
            _add(tallies.setdefault(rest, Tally()), advertiser.currency, row, -1)
    return tallies


async def _places(connection: Any, asked: Asked, advertiser: ReportedAdvertiser) -> Places:
    """Where the hours go of the days that TikTok told of."""
    told = await connection.fetchrow(SPENT_SPAN, advertiser.advertiser_id)
    if told["first"] is None:
        return Places()
    days = reached((asked.first_day, asked.last_day), (told["first"], told["last"]))
    span = Span(*days, asked.app.zone, advertiser.zone)
    return by_hour(span) if "hour" in asked.by else moved(span, "day" in asked.by)


async def _fetch_hours(connection: Any, by: tuple[By, ...], advertiser: ReportedAdvertiser, places: Places) -> Any:
    columns = (places.day, places.begins_at, places.to_day, places.hour, places.sign)
    return await _fetch(connection, SPENT_HOURS, by, advertiser, (min(places.day), max(places.day), *columns))


async def _fetch(
    connection: Any, statements: dict[bool, str], by: tuple[By, ...], advertiser: ReportedAdvertiser, arguments: Any
) -> Any:
    first, last, *further = arguments
    of_ads = [COLUMNS[one] for one in by if one not in ("day", "hour")]
    looks_up = advertiser.shared or not LOOKED_UP.isdisjoint(by)
    own = (list(advertiser.own_links), list(advertiser.other_links), advertiser.is_first) if looks_up else ()
    filled = statements[looks_up].replace("{columns}", ", ".join(COLUMNS[one] for one in by))
    filled = filled.replace("{of_ads}", "".join(f"{column}, " for column in of_ads))
    return await connection.fetch(filled, advertiser.advertiser_id, first, last, *own, *further)


def _tally(tallies: dict[Key, Tally], by: tuple[By, ...], row: Any) -> Tally:
    return tallies.setdefault(tuple(row[COLUMNS[one]] for one in by), Tally())


def _add(tally: Tally, currency: str, row: Any, sign: int = 1) -> None:
    for column in _COUNTED:
        setattr(tally, column, getattr(tally, column) + sign * row[column])
    tally.pay("spend", currency, sign * row["spend"])
