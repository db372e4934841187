"""Sources that report sales of an app although its revenue comes from another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.row_inserts import inserts

# a row a minute is enough to warn by, and keeps busy forwarders from waiting for one another
NOTE = """
INSERT INTO second_revenue_sources AS known (app_id, source, last_sale_at)
VALUES ($1::text, $2::text, $3::timestamptz)
ON CONFLICT (app_id, source) DO UPDATE SET last_sale_at = excluded.last_sale_at
WHERE excluded.last_sale_at - known.last_sale_at > interval '1 minute'
"""


async def note_second_sources(connection: Any, sales: Mapping[tuple[str, str], datetime]) -> None:
    """(app_id, source) -> when it reported a sale that was not sent on."""
    rows = [(app_id, source, at) for (app_id, source), at in sorted(sales.items())]
    for statement, values in inserts(NOTE, rows):
        await connection.execute(statement, *values)


@dataclass(frozen=True, slots=True)
class SecondSource:
    """A source whose sales are kept and not sent."""

    app_id: str
    source: str
    revenue_source: str
    """The one whose are."""
    last_sale_at: datetime

    def warning(self) -> str:
        return (
            f"{self.app_id}: {self.source} reports sales too (last at {self.last_sale_at:%Y-%m-%d %H:%M} UTC); revenue "
            f"comes from {self.revenue_source}, so they are kept and not sent"
        )


SECOND_SOURCES = """
SELECT s.app_id, s.source, coalesce(nullif(a.settings ->> 'revenue_source', ''), 'sdk') AS revenue_source,
    s.last_sale_at
FROM second_revenue_sources s JOIN apps a USING (app_id)
WHERE s.last_sale_at >= $1 AND ($2::text IS NULL OR s.app_id = $2)
    AND s.source <> coalesce(nullif(a.settings ->> 'revenue_source', ''), 'sdk')
ORDER BY s.app_id, s.source
"""


async def second_sources(connection: Any, since: datetime, app_id: str | None = None) -> list[SecondSource]:
    """Those that reported a sale since then."""
    return [SecondSource(**dict(row)) for row in await connection.fetch(SECOND_SOURCES, since, app_id)]
