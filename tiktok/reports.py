"""`/report/integrated/get/`: what an account's ads brought, by day, hour or country of its own time zone.

A report that TikTok cuts (20,000 ads, told by a header alone) or finds too large (40067) is asked for in smaller
pieces until each is whole; one that stays cut is no report. Never `advertiser_ids`: money loses its decimals there.
Source: the developer portal's pages on reports, and connectors that read them, gathered in 2026-11.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal

import msgspec
import structlog

from tiktok.account_refusals import ApiRefused
from tiktok.codes import Verdict
from tiktok.pages import Ask, Listed, read_pages, unreadable
from tiktok.report_rows import CORE, EntityDimension, ReportRow, TimeDimension, read_rows

log = structlog.get_logger()

Level = Literal["AUCTION_ADVERTISER", "AUCTION_CAMPAIGN", "AUCTION_ADGROUP", "AUCTION_AD"]

LEVELS: Final[dict[EntityDimension, Level]] = {
    "advertiser_id": "AUCTION_ADVERTISER",
    "campaign_id": "AUCTION_CAMPAIGN",
    "adgroup_id": "AUCTION_ADGROUP",
    "ad_id_v2": "AUCTION_AD",
}
# else history shrinks with each deletion; the account as a whole has no such filter
_STATUS_FIELDS: Final[dict[Level, str]] = {
    "AUCTION_CAMPAIGN": "campaign_status",
    "AUCTION_ADGROUP": "adgroup_status",
    "AUCTION_AD": "ad_status",
}
MOST_DAYS: Final[dict[TimeDimension, int]] = {"stat_time_day": 30, "stat_time_hour": 1}
IDS_AT_ONCE: Final = 100
RefusedMetrics = dict[tuple[str, ...], set[str]]
"""Dimensions of a report -> metrics that TikTok does not know, or not beside these dimensions."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_]+")
_WRONG_METRIC: Final = 40002


class ReportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One id, at most one time and at most one breakdown: more TikTok does not take."""

    advertiser_id: str
    entity: EntityDimension
    time: TimeDimension
    first: date
    last: date
    """Inclusive, as `first` is; both of the account's time zone."""
    metrics: tuple[str, ...]
    country: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        return (self.entity, self.time, *(("country_code",) if self.country else ()))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def spans(self, days: int | None = None) -> list["ReportQuery"]:
        """The same in pieces of at most `days`, by default as many as TikTok takes at once."""
        step = timedelta(days=days or MOST_DAYS[self.time])
        spans, first = [], self.first
        while first <= self.last:
            last = min(first + step - timedelta(days=1), self.last)
            spans.append(msgspec.structs.replace(self, first=first, last=last))
            first = last + timedelta(days=1)
        return spans


class Part(msgspec.Struct, frozen=True):
    """Which ids a piece of a report is of; an empty `field` = all."""

    field: str = ""
    ids: tuple[str, ...] = ()


class ReportReader:
    """Reads the reports of one grant. What TikTok does not let be asked for is remembered in `refused_metrics`."""

    def __init__(self, ask: Ask, refused_metrics: RefusedMetrics, children: Mapping[str, Sequence[str]]) -> None:
        """`children`: campaign_id -> its ad groups; by them a report is split that is too large for one answer."""
        self._ask = ask
        self._refused = refused_metrics
        self._children = children

    async def read(self, query: ReportQuery) -> list[ReportRow]:
        """Every row, of all the days that the query names.

        Raises:
            ApiRefused: TikTok refused, knows none of the metrics, or even its smallest piece would not be whole.
        """
        return [row for span in query.spans() for row in await self._whole(span, Part())]

    def untold(self, query: ReportQuery) -> frozenset[str]:
        """Metrics of the query that TikTok did not let be asked for: an answer says nothing of them."""
        return frozenset(query.metrics) & self._refused.get(query.dimensions, set())

    async def _whole(self, query: ReportQuery, part: Part) -> list[ReportRow]:
        try:
            listed = await self._listed(query, part)
        except ApiRefused as refused:
            if refused.kind != "too_large":
                raise
            return await self._in_pieces(query, part, refused)
        if listed.cut:
            return await self._in_pieces(query, part, None)
        return read_rows(listed.rows, query.dimensions, query.metrics)

    async def _in_pieces(self, query: ReportQuery, part: Part, refused: ApiRefused | None) -> list[ReportRow]:
        """What was cut is cut for every day; what was too large may be small enough with half of the days."""
        if refused is not None and query.days > 1:
            return [row for half in query.spans((query.days + 1) // 2) for row in await self._whole(half, part)]
        pieces = self._smaller(query, part)
        if not pieces:
            raise refused or unreadable("a report that TikTok cuts even for a single ad group")
        return [row for piece in pieces for row in await self._whole(query, piece)]

    def _smaller(self, query: ReportQuery, part: Part) -> list[Part]:
        """All -> campaigns by the hundred -> half of them; a single one -> its ad groups, in the same way."""
        if query.entity == "advertiser_id":
            return []
        if not part.field:
            return _chunks("campaign_ids", self._children, IDS_AT_ONCE)
        if len(part.ids) > 1:
            return _chunks(part.field, part.ids, (len(part.ids) + 1) // 2)
        if part.field == "campaign_ids" and query.entity != "campaign_id":
            return _chunks("adgroup_ids", self._children.get(part.ids[0], ()), IDS_AT_ONCE)
        return []

    async def _listed(self, query: ReportQuery, part: Part) -> Listed:
        """A metric that TikTok does not know, or not here, is left out from then on."""
        left_out = self._refused.setdefault(query.dimensions, set())
        while True:
            metrics = tuple(name for name in query.metrics if name not in left_out)
            if not metrics:  # asked for none, TikTok would answer others
                raise ApiRefused("invalid", Verdict(outcome="invalid", message=f"no {', '.join(query.metrics)} here"))
            try:
                return await read_pages(self._ask, "report", "/report/integrated/get/", _asked(query, part, metrics))
            except ApiRefused as refused:
                named = _refused_metrics(refused, metrics)
                if not named:
                    raise
                left_out.update(named)
                log.warning("tiktok knows some metrics no longer", metrics=sorted(named), message=refused.words)


def _asked(query: ReportQuery, part: Part, metrics: Sequence[str]) -> dict[str, object]:
    level = LEVELS[query.entity]
    filters = [_filter(_STATUS_FIELDS[level], ("STATUS_ALL",))] if level in _STATUS_FIELDS else []
    if part.field:
        filters.append(_filter(part.field, part.ids))
    return {
        "advertiser_id": query.advertiser_id,
        "report_type": "BASIC",
        "data_level": level,
        "dimensions": list(query.dimensions),
        "metrics": list(metrics),
        "start_date": query.first.isoformat(),
        "end_date": query.last.isoformat(),
        "filtering": filters or None,
    }


def _filter(field: str, values: Iterable[str]) -> dict[str, str]:
    """The value of a filter is text that holds JSON."""
    return {"field_name": field, "filter_type": "IN", "filter_value": msgspec.json.encode(list(values)).decode()}


def _chunks(field: str, ids: Iterable[str], size: int) -> list[Part]:
    listed = tuple(ids)
    return [Part(field, listed[start : start + size]) for start in range(0, len(listed), size)]


def _refused_metrics(refused: ApiRefused, metrics: Sequence[str]) -> set[str]:
    """The optional metrics that a refusal is about: those it names, or all where it says that metrics and dimensions
    have no relation without naming any.
    """
    message = refused.verdict.message
    if refused.kind != "invalid" or refused.verdict.code != _WRONG_METRIC:
        return set()
    optional = {name for name in metrics if name not in CORE}
    named = optional & set(_WORD.findall(message.lower()))
    if named or "metric" not in message.lower():
        return named
    return optional if "no relation" in message.lower() else set()
