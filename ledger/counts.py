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

_GIVEN = """
unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[])
    AS v (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id, visits)
"""
_KEY = "begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id"
ADD_COUNTS = f"""
WITH given AS MATERIALIZED (SELECT * FROM {_GIVEN}), of_creatives AS (
    INSERT INTO creative_visits ({_KEY}, creative_id, visits)
    SELECT {_KEY}, creative_id, sum(visits) FROM given WHERE creative_id <> '' GROUP BY {_KEY}, creative_id
    ON CONFLICT (link, begins_at, platform, kind, campaign_id, adgroup_id, ad_id, creative_id)
    DO UPDATE SET visits = creative_visits.visits + excluded.visits
)
INSERT INTO visit_counts ({_KEY}, visits) SELECT {_KEY}, sum(visits) FROM given GROUP BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET visits = visit_counts.visits + excluded.visits
"""  # noqa: S608 - put together from the ledger's own text
COUNT_FOR_REPORTS = inserted("report_deltas", added_up(visit_facts(f"{_GIVEN} JOIN links l ON l.slug = v.link")))


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
