"""Pulls of one advertiser's spend: asked of TikTok, compared with what is stored, the differences written.

Each day and grain is one transaction under the advertiser's lease, so whatever is killed half-way leaves whole days
behind and is simply asked for again.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final

import anyio
import msgspec
import structlog

from ad_accounts.import_context import ImportContext
from ad_accounts.spend_days import account_reach, by_country, by_date, by_day, by_hour, days_of, reached, remainder
from ledger.adgroups import name_adgroups
from ledger.ads import name_ads
from ledger.campaigns import name_campaigns
from ledger.reach import ReachLevel, store_reach
from ledger.spend import Pull, days_behind, store_pull
from ledger.spend_progress import ImportLease, hold_lease
from ledger.spend_rows import NOT_AT_AD_LEVEL, days_to_place
from tiktok.account_refusals import ApiRefused
from tiktok.report_rows import (
    DELIVERY,
    FURTHER,
    NAMES,
    OUTCOMES,
    PLACES,
    EntityDimension,
    Figures,
    ReportRow,
)
from tiktok.reports import ReportQuery, ReportReader

log = structlog.get_logger()

_DAY_METRICS: Final = (*DELIVERY, *PLACES, *OUTCOMES, *NAMES, *FURTHER)
_PART_METRICS: Final = (*DELIVERY, *PLACES)
_CONTROL_METRICS: Final = (*DELIVERY, *OUTCOMES)
_OUTCOME_COLUMNS: Final = dict(zip(OUTCOMES, ("reach", "conversions", "purchases", "purchase_value"), strict=True))
"""TikTok's metric -> the column of a day that keeps it."""
_STOPS: Final = ("throttled", "reconnect")
"""Refusals that are not about one report."""
_REACH_LEVELS: Final[tuple[tuple[EntityDimension, ReachLevel], ...]] = (
    ("campaign_id", "campaign"),
    ("adgroup_id", "adgroup"),
)


class Counts(msgspec.Struct):
    """What an import did."""

    pulled_rows: int = 0
    changed_rows: int = 0


class SpendImport:
    """The pulls of one advertiser under one lease."""

    def __init__(self, context: ImportContext, lease: ImportLease, zone: str, reader: ReportReader) -> None:
        """`zone`: the account's, which cuts its days."""
        self._context = context
        self._lease = lease
        self._zone = zone
        self._reader = reader
        self.counts = Counts()

    async def pull_days(self, first: date, last: date) -> None:
        """Every ad by day, and the account as a whole as a control.

        Raises:
            ApiRefused: TikTok refused; days stored before stay.
            LeaseLostError: somebody else imports the advertiser.
        """
        for span in self._query("ad_id_v2", first, last, _DAY_METRICS).spans():
            asked_at, days = self._context.clock(), days_of(span.first, span.last)
            rows = await self._reader.read(span)
            control = await self._control(span)
            await self._name(rows)
            untouched = frozenset((NOT_AT_AD_LEVEL,)) if control is None else frozenset[str]()
            unsaid = self._unsaid(span, control is not None)
            for day, of_day in (await anyio.to_thread.run_sync(by_day, rows, days)).items():
                rest = None if control is None else remainder(of_day, control.get(day))
                stored = tuple(of_day) if rest is None else (*of_day, rest)
                pull = Pull(self._lease.advertiser_id, day, "day", asked_at, stored, untouched, unsaid)
                await self._store(pull, None if control is None else account_reach(control.get(day)))

    def _unsaid(self, span: ReportQuery, controlled: bool) -> frozenset[str]:
        """What TikTok does not let be asked for; of the ads alone what it tells of the account stands in the rest."""
        of_ads, of_account = self._reader.untold(span), self._reader.untold(_control_of(span))
        told = frozenset(_OUTCOME_COLUMNS) - of_account - {"reach"} if controlled else frozenset[str]()
        return frozenset(column for metric, column in _OUTCOME_COLUMNS.items() if metric in of_ads - told)

    async def pull_hours(self, day: date) -> None:
        """Every ad by hour of one day. Raises as `pull_days`."""
        asked_at = self._context.clock()
        query = msgspec.structs.replace(self._query("ad_id_v2", day, day, _PART_METRICS), time="stat_time_hour")
        rows = await anyio.to_thread.run_sync(by_hour, await self._reader.read(query), day, self._zone)
        await self._store(Pull(self._lease.advertiser_id, day, "hour", asked_at, tuple(rows)))

    async def pull_hours_behind(self, first: date, last: date, always: Iterable[date] = ()) -> None:
        """By hour: the days that are named, and those whose own figures have changed since. Raises as `pull_days`."""
        behind = await days_behind(self._context.pool, self._lease.advertiser_id, first, last)
        for day in sorted({*behind, *(day for day in always if first <= day <= last)}, reverse=True):
            await self.pull_hours(day)

    async def pull_late_figures(self, first: date, last: date) -> None:
        """By country, and how many people campaigns and ad groups reached, of days on which anything was spent. Raises
        as `pull_days`.
        """
        to_place = await days_to_place(self._context.pool, self._lease.advertiser_id, first, last)
        if not to_place:
            return
        span = to_place[0], to_place[-1]
        await self._pull_countries(*span, to_place)
        for entity, level in _REACH_LEVELS:
            await self._pull_reach(entity, level, self._query(entity, *span, ("reach",)))

    async def _pull_countries(self, first: date, last: date, days: Sequence[date]) -> None:
        """Where TikTok does not tell, what is known stays, and days before and after are read all the same; what it is
        at fault with is asked for again.
        """
        whole = msgspec.structs.replace(self._query("ad_id_v2", first, last, _PART_METRICS), country=True)
        for span in whole.spans():
            wanted = [day for day in days if span.first <= day <= span.last]
            if not wanted:
                continue
            asked_at = self._context.clock()
            try:
                rows = await self._reader.read(span)
            except ApiRefused as refused:
                if refused.kind in (*_STOPS, "transient"):
                    raise
                log.warning("countries not read", advertiser_id=span.advertiser_id, reason=refused.words)
                return
            for day, of_day in (await anyio.to_thread.run_sync(by_country, rows, wanted)).items():
                await self._store(Pull(self._lease.advertiser_id, day, "country", asked_at, tuple(of_day)))

    async def _pull_reach(self, entity: EntityDimension, level: ReachLevel, query: ReportQuery) -> None:
        """Nothing that spend hangs on: where TikTok does not tell, what is known stays."""
        for span in query.spans():
            try:
                rows = await self._reader.read(span)
            except ApiRefused as refused:
                if refused.kind in _STOPS:
                    raise
                log.warning("reach not read", advertiser_id=query.advertiser_id, by=entity, reason=refused.words)
                return
            async with self._held() as connection:
                for day, people in reached(rows, days_of(span.first, span.last)).items():
                    await store_reach(connection, query.advertiser_id, day, level, people)

    async def _control(self, span: ReportQuery) -> dict[date, Figures] | None:
        """The account as a whole by day; None where TikTok does not tell, and what is known stays."""
        try:
            return dict(by_date(await self._reader.read(_control_of(span))))
        except ApiRefused as refused:
            if refused.kind in _STOPS:
                raise
            log.warning("no control of the ads' spend", advertiser_id=span.advertiser_id, reason=refused.words)
            return None

    async def _store(self, pull: Pull, people: dict[str, int] | None = None) -> None:
        async with self._held() as connection:
            changed = await store_pull(connection, pull)
            if people is not None:
                await store_reach(connection, pull.advertiser_id, pull.day, "advertiser", people)
        self.counts.pulled_rows += len(pull.rows)
        self.counts.changed_rows += changed
        self._context.counted("changed" if changed else "unchanged")

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[Any]:
        """A transaction in which nobody else stores this advertiser's pulls."""
        async with self._context.pool.acquire() as connection, connection.transaction():
            await hold_lease(connection, self._lease, self._context.clock())
            yield connection

    async def _name(self, rows: Iterable[ReportRow]) -> None:
        """Reports name what the lists no longer do."""
        campaigns, adgroups, ads = {}, {}, {}
        for row in rows:
            if row.campaign_id:
                campaigns[row.campaign_id] = row.names.get("campaign_name", "")
            if row.adgroup_id:
                adgroups[row.adgroup_id] = row.campaign_id, row.names.get("adgroup_name", "")
            ads[row.entity_id] = row.campaign_id, row.adgroup_id, row.names.get("ad_name", "")
        advertiser_id, now, pool = self._lease.advertiser_id, self._context.clock(), self._context.pool
        await name_campaigns(pool, advertiser_id, campaigns, now)
        await name_adgroups(pool, advertiser_id, adgroups, now)
        await name_ads(pool, advertiser_id, ads, now)

    def _query(self, entity: EntityDimension, first: date, last: date, metrics: tuple[str, ...]) -> ReportQuery:
        return ReportQuery(
            advertiser_id=self._lease.advertiser_id,
            entity=entity,
            time="stat_time_day",
            first=first,
            last=last,
            metrics=metrics,
        )


def _control_of(span: ReportQuery) -> ReportQuery:
    return msgspec.structs.replace(span, entity="advertiser_id", metrics=_CONTROL_METRICS)
