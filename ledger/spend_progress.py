"""How far the import of each advertiser's spend has come, and who is at it: one at a time, under a lease."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from ledger.alerts import Alert

LEASE: Final = timedelta(minutes=5)
"""Longer than a call to TikTok with its waits; each transaction of a pull renews it."""
LATE: Final = "spend_late"
LATE_AFTER: Final = timedelta(hours=6)


class LeaseLostError(Exception):
    """Somebody else imports this advertiser by now: what was asked under the old lease is not stored."""


@dataclass(frozen=True, slots=True)
class ImportLease:
    """The right to store one advertiser's pulls."""

    advertiser_id: str
    token: str


@dataclass(frozen=True, slots=True)
class SpendProgress:
    """One row of `spend_progress`."""

    advertiser_id: str
    due_at: datetime
    paused_until: datetime | None
    lease: str | None
    lease_ends_at: datetime | None
    backfilled_to: date | None
    """The oldest day of the first import, which goes backwards; None = it has not begun."""
    entities_at: datetime | None
    """Last whole read of campaigns, ad groups and ads."""
    country_at: datetime | None
    """When the figures that TikTok has hours later were last read: by country, and reach above the ad."""
    pulled_at: datetime | None
    """When the current days were last asked for and stored, all of them."""
    error: str
    """What went wrong last, in TikTok's words; with no failures in a row it is about entities alone."""
    failures: int


@dataclass(frozen=True, slots=True)
class DueImport:
    """An advertiser that is due, with an app whose grant reaches it."""

    advertiser_id: str
    app_id: str


# by the app whose grant reaches it best, where an advertiser is several apps'
DUE_IMPORTS = """
SELECT DISTINCT ON (a.advertiser_id) a.advertiser_id, a.app_id
FROM advertisers a
JOIN tiktok_grants g ON g.app_id = a.app_id AND g.state = 'ok'
LEFT JOIN spend_progress p ON p.advertiser_id = a.advertiser_id
WHERE a.selected AND coalesce(p.due_at <= $1, true) AND coalesce(p.paused_until <= $1, true)
    AND (p.lease IS NULL OR p.lease_ends_at <= $1)
ORDER BY a.advertiser_id, a.state = 'ok' DESC, a.timezone <> '' DESC, a.app_id
"""


async def due_imports(connection: Any, now: datetime) -> list[DueImport]:
    """Chosen advertisers that are due and not being imported. `connection` is an asyncpg connection or pool, here and
    below.
    """
    return [DueImport(**dict(row)) for row in await connection.fetch(DUE_IMPORTS, now)]


GET_PROGRESS = "SELECT * FROM spend_progress WHERE advertiser_id = $1"


async def get_progress(connection: Any, advertiser_id: str) -> SpendProgress | None:
    """None where nothing was ever imported."""
    row = await connection.fetchrow(GET_PROGRESS, advertiser_id)
    return _progress(row) if row is not None else None


TAKE_LEASE = """
INSERT INTO spend_progress AS known (advertiser_id, due_at, lease, lease_ends_at) VALUES ($1, $3, $2, $4)
ON CONFLICT (advertiser_id) DO UPDATE SET lease = excluded.lease, lease_ends_at = excluded.lease_ends_at
WHERE known.lease IS NULL OR known.lease_ends_at <= excluded.due_at
RETURNING *
"""


async def take_lease(connection: Any, lease: ImportLease, now: datetime) -> SpendProgress | None:
    """The progress as it stands, now the lease's; None where another one holds it."""
    row = await connection.fetchrow(TAKE_LEASE, lease.advertiser_id, lease.token, now, now + LEASE)
    return _progress(row) if row is not None else None


# holds the row until the transaction ends: pulls of an advertiser are stored one after the other
HOLD_LEASE = """
UPDATE spend_progress SET lease_ends_at = $3 WHERE advertiser_id = $1 AND lease = $2 RETURNING true
"""


async def hold_lease(connection: Any, lease: ImportLease, now: datetime) -> None:
    """Renew the lease and keep everyone else out until the caller's transaction ends.

    Raises:
        LeaseLostError: it is another one's; an older answer would overwrite a newer one.
    """
    if not await connection.fetchval(HOLD_LEASE, lease.advertiser_id, lease.token, now + LEASE):
        raise LeaseLostError(lease.advertiser_id)


SET_BACKFILLED = "UPDATE spend_progress SET backfilled_to = $3 WHERE advertiser_id = $1 AND lease = $2"
SET_ENTITIES_AT = "UPDATE spend_progress SET entities_at = $3 WHERE advertiser_id = $1 AND lease = $2"
SET_COUNTRY_AT = "UPDATE spend_progress SET country_at = $3 WHERE advertiser_id = $1 AND lease = $2"
SET_PULLED_AT = "UPDATE spend_progress SET pulled_at = $3 WHERE advertiser_id = $1 AND lease = $2"


async def set_backfilled(connection: Any, lease: ImportLease, day: date) -> None:
    """All days from this one on are there."""
    await connection.execute(SET_BACKFILLED, lease.advertiser_id, lease.token, day)


async def set_entities_at(connection: Any, lease: ImportLease, at: datetime) -> None:
    await connection.execute(SET_ENTITIES_AT, lease.advertiser_id, lease.token, at)


async def set_country_at(connection: Any, lease: ImportLease, at: datetime) -> None:
    await connection.execute(SET_COUNTRY_AT, lease.advertiser_id, lease.token, at)


async def set_pulled_at(connection: Any, lease: ImportLease, at: datetime) -> None:
    await connection.execute(SET_PULLED_AT, lease.advertiser_id, lease.token, at)


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """What a turn of the import leaves behind."""

    due_at: datetime
    paused_until: datetime | None = None
    """A throttle of TikTok's."""
    error: str = ""
    failures: int = 0


END_TURN = """
UPDATE spend_progress SET lease = NULL, lease_ends_at = NULL, due_at = $3, paused_until = $4, error = $5, failures = $6
WHERE advertiser_id = $1 AND lease = $2
"""


async def end_turn(connection: Any, lease: ImportLease, end: TurnEnd) -> None:
    """Give the lease back; one that was lost leaves its successor's alone."""
    await connection.execute(
        END_TURN, lease.advertiser_id, lease.token, end.due_at, end.paused_until, end.error[:1000], end.failures
    )


RELEASE = "UPDATE spend_progress SET lease = NULL, lease_ends_at = NULL WHERE advertiser_id = $1 AND lease = $2"


async def release(connection: Any, lease: ImportLease) -> None:
    """Give the lease back and change nothing else."""
    await connection.execute(RELEASE, lease.advertiser_id, lease.token)


# an app that is not connected, or was not yet, waits for nothing; one that chose an advertiser of another's, whose
# last pull is old, waits from then on
LAST_PULLS = """
SELECT a.app_id, a.advertiser_id, a.name, coalesce(p.error, '') AS error, p.pulled_at,
    greatest(p.pulled_at, a.selected_at, g.connected_at) AS since
FROM advertisers a
JOIN tiktok_grants g ON g.app_id = a.app_id
LEFT JOIN spend_progress p ON p.advertiser_id = a.advertiser_id
WHERE a.selected ORDER BY a.app_id
"""


@dataclass(frozen=True, slots=True)
class LastPull:
    """When an app's spend was last brought up to date."""

    app_id: str
    advertiser_id: str
    name: str
    error: str
    pulled_at: datetime | None
    """None = never."""
    since: datetime
    """The last good pull, or when the advertiser was chosen or the app connected, if that was later."""


async def last_pulls(connection: Any) -> list[LastPull]:
    """Of the chosen advertiser of every connected app."""
    return [LastPull(**dict(row)) for row in await connection.fetch(LAST_PULLS)]


async def spend_alerts(connection: Any, now: datetime) -> list[Alert]:
    """What someone should look at: spend that has not come in for hours."""
    return [
        Alert(LATE, f"{pull.app_id}:{pull.advertiser_id}", _lateness(pull), pull.app_id)
        for pull in await last_pulls(connection)
        if now - pull.since > LATE_AFTER
    ]


def _lateness(pull: LastPull) -> str:
    last = f"since {pull.pulled_at:%Y-%m-%d %H:%M} UTC" if pull.pulled_at else "ever"
    reason = f": {pull.error}" if pull.error else ""
    return (
        f"{pull.app_id}: no spend of advertiser {pull.advertiser_id} came in {last}{reason}; see `signalpost doctor`, "
        f"then `signalpost tiktok sync --app {pull.app_id}`"
    )


def _progress(row: Mapping[str, Any]) -> SpendProgress:
    return SpendProgress(**dict(row))
