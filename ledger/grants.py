"""What an app was given at TikTok when it connected: the tokens of its reporting grant, and whether they still work.

A grant is not what conversions are sent with: that is each pixel's own token (`ledger/pixels.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

GrantState = Literal["ok", "broken"]

PROBE_EVERY: Final = timedelta(days=1)
SOONEST_PROBE: Final = timedelta(minutes=1)
PROBE_BROKEN_EVERY: Final = timedelta(hours=1)
"""Someone may have mended it at TikTok."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of `tiktok_grants`."""

    app_id: str
    access_token_encrypted: bytes
    """By `Keyring.encrypt` with `access_record`."""
    refresh_token_encrypted: bytes | None
    """With `refresh_record`; None = TikTok gave none, as it does for advertisers."""
    expires_at: datetime | None
    """None = TikTok named no end."""
    scopes: tuple[str, ...]
    """TikTok's numeric ids, as text: some are beyond 2^53."""
    state: GrantState
    reason: str
    """Why it is broken, in TikTok's words; of one that is in order, why it will not be for long."""
    connected_at: datetime
    checked_at: datetime
    """The last answer that told whether it works."""
    probe_at: datetime
    """When it is asked after next."""


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as TikTok has just given it, or given it anew."""

    app_id: str
    access_token_encrypted: bytes
    refresh_token_encrypted: bytes | None
    expires_at: datetime | None
    scopes: Sequence[str]


def access_record(app_id: str) -> str:
    """What a grant's access token is bound to when it is encrypted."""
    return f"grant:{app_id}:access_token"


def refresh_record(app_id: str) -> str:
    return f"grant:{app_id}:refresh_token"


def next_probe(expires_at: datetime | None, now: datetime) -> datetime:
    """When a grant that is in order is asked after next: daily, and before half of what is left of it is over, so that
    there is time to refresh it.
    """
    if expires_at is None:
        return now + PROBE_EVERY
    return now + max(SOONEST_PROBE, min(PROBE_EVERY, (expires_at - now) / 2))


ALL_GRANTS = "SELECT * FROM tiktok_grants ORDER BY app_id"


async def all_grants(connection: Any) -> list[Grant]:
    """Every app's. `connection` is an asyncpg connection or pool, here and below."""
    return [_grant(row) for row in await connection.fetch(ALL_GRANTS)]


GET_GRANT = "SELECT * FROM tiktok_grants WHERE app_id = $1"


async def get_grant(connection: Any, app_id: str) -> Grant | None:
    """None where the app is not connected."""
    row = await connection.fetchrow(GET_GRANT, app_id)
    return _grant(row) if row is not None else None


STORE_GRANT = """
INSERT INTO tiktok_grants (app_id, access_token_encrypted, refresh_token_encrypted, expires_at, scopes, connected_at,
    checked_at, probe_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
ON CONFLICT (app_id) DO UPDATE SET access_token_encrypted = excluded.access_token_encrypted,
    refresh_token_encrypted = excluded.refresh_token_encrypted, expires_at = excluded.expires_at,
    scopes = excluded.scopes, state = 'ok', reason = '', connected_at = excluded.connected_at,
    checked_at = excluded.checked_at, probe_at = excluded.probe_at
"""


async def store_grant(connection: Any, grant: NewGrant, now: datetime) -> None:
    """In the place of the one the app has.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such app.
    """
    fields = grant.access_token_encrypted, grant.refresh_token_encrypted, grant.expires_at, list(grant.scopes)
    await connection.execute(STORE_GRANT, grant.app_id, *fields, now, next_probe(grant.expires_at, now))


# only of the grant that was refreshed: someone may have connected anew meanwhile. Its tokens do not name it: they may
# have been encrypted anew, and what a refresh gave must not be lost
REPLACE_TOKENS = """
UPDATE tiktok_grants SET access_token_encrypted = $3, refresh_token_encrypted = coalesce($4, refresh_token_encrypted),
    expires_at = $5, state = 'ok', reason = '', checked_at = $6, probe_at = $7
WHERE app_id = $1 AND connected_at = $2
RETURNING true
"""


async def replace_tokens(connection: Any, old: Grant, new: NewGrant, now: datetime) -> bool:
    """What a refresh gave; False where another grant has taken the place of the refreshed one."""
    fields = new.access_token_encrypted, new.refresh_token_encrypted, new.expires_at, now
    old_fields = old.app_id, old.connected_at
    return bool(await connection.fetchval(REPLACE_TOKENS, *old_fields, *fields, next_probe(new.expires_at, now)))


# what is said of a token must not fall on the one that has taken its place
MARK_GRANT = """
UPDATE tiktok_grants SET state = $2, reason = $3, checked_at = $4, probe_at = $5
WHERE app_id = $1 AND access_token_encrypted = $6
RETURNING (SELECT old.state FROM tiktok_grants old WHERE old.app_id = $1)
"""


async def mark_broken(connection: Any, grant: Grant, reason: str, now: datetime) -> bool:
    """TikTok refused this grant's token, in these words. True where it was in order before."""
    until = now + PROBE_BROKEN_EVERY
    used = grant.access_token_encrypted
    return bool(await connection.fetchval(MARK_GRANT, grant.app_id, "broken", reason, now, until, used) == "ok")


async def mark_ok(connection: Any, grant: Grant, now: datetime, warning: str = "") -> bool:
    """TikTok took this grant's token; `warning`: why it will not for long. True where it was broken before."""
    until = next_probe(grant.expires_at, now)
    used = grant.access_token_encrypted
    return bool(await connection.fetchval(MARK_GRANT, grant.app_id, "ok", warning, now, until, used) == "broken")


PROBE_FROM = "UPDATE tiktok_grants SET probe_at = $2 WHERE app_id = $1"


async def probe_from(connection: Any, app_id: str, at: datetime) -> None:
    """Let the worker ask after it then, and read on what was not read yet."""
    await connection.execute(PROBE_FROM, app_id, at)


DELETE_GRANT = "DELETE FROM tiktok_grants WHERE app_id = $1 RETURNING *"


async def delete_grant(connection: Any, app_id: str) -> Grant | None:
    """What was there. Advertisers stay, for the history; pixels keep their own tokens."""
    row = await connection.fetchrow(DELETE_GRANT, app_id)
    return _grant(row) if row is not None else None


TAKE_GRANT_PROBES = """
UPDATE tiktok_grants SET probe_at = $2 WHERE probe_at <= $1 RETURNING *
"""
PROBE_AGAIN_AFTER: Final = timedelta(minutes=10)  # where the worker that took it does not come back


async def take_grant_probes(connection: Any, now: datetime) -> list[Grant]:
    """Grants that are to be asked after, each given to one caller alone."""
    return [_grant(row) for row in await connection.fetch(TAKE_GRANT_PROBES, now, now + PROBE_AGAIN_AFTER)]


def _grant(row: Mapping[str, Any]) -> Grant:
    return Grant(**{**dict(row), "scopes": tuple(row["scopes"])})
