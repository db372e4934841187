"""Installs as people look for them: by time, by an id, and one with its click and its events."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

BEFORE_ALL: Final = datetime(9999, 1, 1, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
AFTER_ALL_IDS: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class InstallFilter:
    """None = any."""

    app_id: str
    method: str | None = None
    platform: str | None = None
    link: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self) -> tuple[Any, ...]:
        return self.app_id, self.method, self.platform, self.link, self.since, self.until


_COLUMNS: Final = """
    i.install_id, i.platform, i.occurred_at, i.match_method AS method, i.match_probability AS probability,
    i.match_reason AS reason, i.click_id, i.click ->> 'link' AS link, i.click ->> 'campaign_id' AS campaign_id,
    i.click ->> 'campaign_name' AS campaign_name, i.external_ids
"""
_FITS: Final = """
    i.app_id = $1 AND ($2::text IS NULL OR i.match_method = $2) AND ($3::text IS NULL OR i.platform = $3)
    AND ($4::text IS NULL OR i.click ->> 'link' = $4)
    AND ($5::timestamptz IS NULL OR i.occurred_at >= $5) AND ($6::timestamptz IS NULL OR i.occurred_at < $6)
"""
LIST_INSTALLS: Final = f"""
SELECT {_COLUMNS} FROM installs i
WHERE {_FITS} AND i.occurred_at <= $7 AND (i.occurred_at, i.install_id) < ($7, $8)
ORDER BY i.occurred_at DESC, i.install_id DESC LIMIT $9
"""  # noqa: S608 - only the module's own text, here and below


async def list_installs(
    connection: Any, wanted: InstallFilter, limit: int, cursor: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """Installs, the latest first, and the cursor of the page after this one; None at the end.

    Raises:
        ValueError: the cursor is none.
    """
    before = _position(cursor) if cursor else (BEFORE_ALL, AFTER_ALL_IDS)
    found = await connection.fetch(LIST_INSTALLS, *wanted.parameters(), *before, limit + 1)
    rows = [dict(row) for row in found[:limit]]
    return rows, _cursor(rows[-1]) if len(found) > limit and rows else None


FIND_INSTALLS: Final = f"""
SELECT {_COLUMNS} FROM installs i
WHERE {_FITS} AND (i.install_id = $7 OR i.external_ids @> ARRAY[$7::text] OR i.install_id IN (
    SELECT p.install_id FROM person_installs p WHERE p.app_id = $1 AND p.person = $7))
ORDER BY i.occurred_at DESC LIMIT $8
"""  # noqa: S608


async def find_installs(connection: Any, wanted: InstallFilter, identifier: str, limit: int) -> list[dict[str, Any]]:
    """Installs of this install id or person that the filter leaves, the latest first."""
    found = await connection.fetch(FIND_INSTALLS, *wanted.parameters(), identifier, limit)
    return [dict(row) for row in found]


SHOW_INSTALL: Final = f"""
SELECT {_COLUMNS}, i.app_id, i.received_at, i.body, i.match_detail AS detail, i.click
FROM installs i WHERE i.app_id = $1 AND i.install_id = $2
"""  # noqa: S608


async def show_install(connection: Any, app_id: str, install_id: str) -> dict[str, Any] | None:
    """One with `body` as it was reported, `detail` as the matcher kept it, and its `click`."""
    row = await connection.fetchrow(SHOW_INSTALL, app_id, install_id)
    return dict(row) if row is not None else None


EVENTS_OF_INSTALL: Final = """
SELECT event_key, event_id, name, source, occurred_at, received_at, value, currency FROM events
WHERE app_id = $1 AND install_id = $2 ORDER BY occurred_at DESC, event_key DESC LIMIT $3
"""


async def events_of_install(connection: Any, app_id: str, install_id: str, limit: int) -> list[dict[str, Any]]:
    """Its latest events, the latest first."""
    return [dict(row) for row in await connection.fetch(EVENTS_OF_INSTALL, app_id, install_id, limit)]


def _cursor(row: dict[str, Any]) -> str:
    return f"{(row['occurred_at'] - EPOCH) // timedelta(microseconds=1)}.{row['install_id']}"


def _position(cursor: str) -> tuple[datetime, str]:
    micros, _, install_id = cursor.partition(".")
    if not (micros.isascii() and micros.isdigit() and len(micros) < 18 and install_id):
        raise ValueError("after: must be the `next` of a list of installs")
    return EPOCH + timedelta(microseconds=int(micros)), install_id
