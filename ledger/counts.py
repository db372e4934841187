"""Visits by the quarter of an hour, as the redirector counted them in Redis and a worker brought them here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ledger.report_facts import added_up, inserted, visit_facts


class Counted(Protocol):
    """Visits of one quarter of an hour that share everything else; ids are "" where the link carried none."""

    @property
    def begins_s(self) -> int: ...  # Unix seconds at which the quarter begins
    @property
    def link(self) -> str: ...
    @property
    def platform(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def campaign_id(self) -> str: ...
    @property
    def adgroup_id(self) -> str: ...
    @property
    def ad_id(self) -> str: ...
    @property
    def creative_id(self) -> str: ...
    @property
    def visits(self) -> int: ...


NOTE_DRAIN = "INSERT INTO count_drains (drain_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING drain_id"

ADD_COUNTS = """
INSERT INTO visit_counts (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, visits)
SELECT begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, sum(visits)
FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[])
    AS drained (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, visits)
GROUP BY begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id
ON CONFLICT (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id)
DO UPDATE SET visits = visit_counts.visits + excluded.visits
"""
_DRAINED = """
unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[])
    AS v (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, visits)
JOIN links l ON l.slug = v.link
"""
COUNT_FOR_REPORTS = inserted("report_deltas", added_up(visit_facts(_DRAINED)))


async def add_counts(pool: Any, drain_id: str, rows: Sequence[Counted]) -> bool:
    """Add a drain's counts, once: False when this drain was added before (by a worker that died afterwards)."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(NOTE_DRAIN, drain_id) is None:
            return False
        columns = (
            [datetime.fromtimestamp(row.begins_s, UTC) for row in rows],
            [row.link for row in rows],
            [row.platform for row in rows],
            [row.kind for row in rows],
            [row.campaign_id for row in rows],
            [row.adgroup_id for row in rows],
            [row.ad_id for row in rows],
            [row.creative_id for row in rows],
            [row.visits for row in rows],
        )
        await connection.execute(ADD_COUNTS, *columns)
        await connection.execute(COUNT_FOR_REPORTS, *columns)
        return True
