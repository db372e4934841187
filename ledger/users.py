"""Users of the console, and the one-time secret that makes the first owner."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What somebody may do; each may also do what those before it may."""

    VIEWER = "viewer"
    """Sees everything that is no secret."""
    EDITOR = "editor"
    """Changes apps, links, pixels and mappings, and sends again."""
    OWNER = "owner"
    """Also decides who may do what."""

    def may(self, needed: "Role") -> bool:
        return _ORDER[self] >= _ORDER[needed]


_ORDER = {role: number for number, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class User:
    user_id: int
    email: str
    """Normalised."""
    password_hash: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime


INSERT_USER = """
INSERT INTO users (email, password_hash, role, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (email) DO NOTHING RETURNING user_id
"""


async def insert_user(connection: Any, email: str, password_hash: str, role: Role, now: datetime) -> int | None:
    """The new user's number; None where the e-mail is somebody's already."""
    found: int | None = await connection.fetchval(INSERT_USER, email, password_hash, role.value, now)
    return found


ALL_USERS = "SELECT * FROM users ORDER BY created_at, user_id"


async def all_users(connection: Any) -> list[User]:
    return [_user(row) for row in await connection.fetch(ALL_USERS)]


USER_OF_EMAIL = "SELECT * FROM users WHERE email = $1"


async def user_of_email(connection: Any, email: str) -> User | None:
    row = await connection.fetchrow(USER_OF_EMAIL, email)
    return _user(row) if row else None


LOCK_OWNERS = "SELECT user_id FROM users WHERE role = 'owner' AND disabled_at IS NULL ORDER BY user_id FOR UPDATE"


async def lock_owners(connection: Any) -> list[int]:
    """Who can sign in as an owner; nobody else changes that before the transaction ends."""
    return [row["user_id"] for row in await connection.fetch(LOCK_OWNERS)]


HAS_OWNER = "SELECT EXISTS (SELECT FROM users WHERE role = 'owner' AND disabled_at IS NULL)"


async def has_owner(connection: Any) -> bool:
    found: bool = await connection.fetchval(HAS_OWNER)
    return found


SET_ROLE = "UPDATE users SET role = $2 WHERE user_id = $1"
SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE user_id = $1"  # noqa: S105 - a statement
SET_DISABLED = "UPDATE users SET disabled_at = $2 WHERE user_id = $1"


async def set_user_role(connection: Any, user_id: int, role: Role) -> None:
    await connection.execute(SET_ROLE, user_id, role.value)


async def set_password_hash(connection: Any, user_id: int, password_hash: str) -> None:
    await connection.execute(SET_PASSWORD, user_id, password_hash)


async def set_user_disabled(connection: Any, user_id: int, at: datetime | None) -> None:
    """None = may sign in again."""
    await connection.execute(SET_DISABLED, user_id, at)


RENEW_SETUP_TOKEN = """
INSERT INTO setup_tokens (token_hash, created_at) VALUES ($1, $2)
ON CONFLICT (only_one) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at
"""  # noqa: S105 - a statement


async def renew_setup_token(connection: Any, token_hash: bytes, now: datetime) -> None:
    """The secret before it, if there was one, is worth nothing from now on."""
    await connection.execute(RENEW_SETUP_TOKEN, token_hash, now)


SETUP_TOKEN = "SELECT token_hash FROM setup_tokens FOR UPDATE"  # noqa: S105 - a statement


async def lock_setup_token(connection: Any) -> bytes | None:
    """The hash of the secret; whoever asks next waits for the end of this transaction, and may find none."""
    found: bytes | None = await connection.fetchval(SETUP_TOKEN)
    return found


DROP_SETUP_TOKEN = "DELETE FROM setup_tokens"  # noqa: S105 - a statement


async def drop_setup_token(connection: Any) -> None:
    await connection.execute(DROP_SETUP_TOKEN)


def _user(row: Any) -> User:
    return User(**{**dict(row), "role": Role(row["role"])})
