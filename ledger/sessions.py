"""Sessions of the console. A session is found by the hash of its token; the token itself is the browser's alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.users import Role

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)  # a page that is looked at writes nothing most of the time


@dataclass(frozen=True, slots=True)
class UserSession:
    """Somebody who is signed in."""

    token_hash: bytes
    user_id: int
    email: str
    role: Role
    created_at: datetime
    last_seen_at: datetime
    browser: str
    """The family of the user agent."""
    address: str
    """The network it came from."""
    notices: list[str]
    """What the next page says."""


INSERT_SESSION = """
INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, browser, address) VALUES ($1, $2, $3, $3, $4, $5)
"""


async def insert_session(connection: Any, opened: UserSession) -> None:
    await connection.execute(
        INSERT_SESSION, opened.token_hash, opened.user_id, opened.created_at, opened.browser, opened.address
    )


# $2: seen after this; $3: opened after this
LIVE_SESSION = """
SELECT s.token_hash, s.user_id, u.email, u.role, s.created_at, s.last_seen_at, s.browser, s.address, s.notices
FROM sessions s JOIN users u USING (user_id)
WHERE s.token_hash = $1 AND s.last_seen_at > $2 AND s.created_at > $3 AND u.disabled_at IS NULL
"""


async def live_session(connection: Any, token_hash: bytes, now: datetime) -> UserSession | None:
    """The session of this token, unless it has ended or its user may no longer sign in."""
    row = await connection.fetchrow(LIVE_SESSION, token_hash, now - IDLE, now - LONGEST)
    if row is None:
        return None
    if row["last_seen_at"] < now - SEEN_EVERY:
        await connection.execute(SEEN, token_hash, now)
    return _session(row)


# $2: seen after this; $3: opened after this
ROLES_OF = """
SELECT s.token_hash, u.role FROM sessions s JOIN users u USING (user_id)
WHERE s.token_hash = ANY($1::bytea[]) AND s.last_seen_at > $2 AND s.created_at > $3 AND u.disabled_at IS NULL
"""


async def roles_of(connection: Any, token_hashes: Iterable[bytes], now: datetime) -> dict[bytes, Role]:
    """Those of these sessions that have not ended; they are not seen by being asked after."""
    rows = await connection.fetch(ROLES_OF, list(token_hashes), now - IDLE, now - LONGEST)
    return {row["token_hash"]: Role(row["role"]) for row in rows}


SEEN = "UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1"

SESSIONS_OF = """
SELECT s.token_hash, s.user_id, u.email, u.role, s.created_at, s.last_seen_at, s.browser, s.address, s.notices
FROM sessions s JOIN users u USING (user_id)
WHERE s.user_id = $1 AND s.last_seen_at > $2 AND s.created_at > $3 ORDER BY s.last_seen_at DESC
"""


async def sessions_of(connection: Any, user_id: int, now: datetime) -> list[UserSession]:
    """Those that have not ended, the last used first."""
    return [_session(row) for row in await connection.fetch(SESSIONS_OF, user_id, now - IDLE, now - LONGEST)]


END_SESSION = "DELETE FROM sessions WHERE user_id = $1 AND token_hash = $2"


async def end_session(connection: Any, user_id: int, token_hash: bytes) -> bool:
    """False where this user has no such session."""
    return bool(await connection.execute(END_SESSION, user_id, token_hash) != "DELETE 0")


END_SESSIONS_OF = "DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2"


async def end_sessions_of(connection: Any, user_id: int, but: bytes = b"") -> None:
    """Every session of the user, but this one."""
    await connection.execute(END_SESSIONS_OF, user_id, but)


DELETE_ENDED = "DELETE FROM sessions WHERE last_seen_at < $1 OR created_at < $2"


async def delete_ended(connection: Any, now: datetime) -> None:
    """Sessions that are over take the memory of their forms with them."""
    await connection.execute(DELETE_ENDED, now - IDLE, now - LONGEST)


ADD_NOTICE = "UPDATE sessions SET notices = notices || $2 WHERE token_hash = $1"
TAKE_NOTICES = "UPDATE sessions SET notices = '[]' WHERE token_hash = $1"


async def add_notices(connection: Any, token_hash: bytes, notices: list[str]) -> None:
    await connection.execute(ADD_NOTICE, token_hash, notices)


async def take_notices(connection: Any, token_hash: bytes) -> None:
    """They have been shown."""
    await connection.execute(TAKE_NOTICES, token_hash)


def _session(row: Any) -> UserSession:
    return UserSession(**{**dict(row), "role": Role(row["role"])})
