"""Users of the console: created, listed, disabled, given another role or password; the first owner."""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from typing import Any

from admin.audit import audited
from admin.passwords import check_password, hash_password
from admin.refusal import Refused
from admin.session import Session
from ledger.sessions import end_sessions_of
from ledger.users import (
    Role,
    User,
    all_users,
    drop_setup_token,
    has_owner,
    insert_user,
    lock_owners,
    lock_setup_token,
    renew_setup_token,
    set_password_hash,
    set_user_disabled,
    set_user_role,
    user_of_email,
)

__all__ = ["Role", "create_user", "disable_user", "enable_user", "first_owner", "list_users", "new_setup_token"]

MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


def normalised_email(text: str) -> str:
    """As it is compared: without blanks around it, in lower case.

    Raises:
        Refused: it is no e-mail address.
    """
    email = text.strip().lower()
    if len(email) > MAX_EMAIL_CHARS or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise Refused("email: must be an address such as anna@example.com")
    return email


def role_of(text: str) -> Role:
    """Raises:
    Refused: there is no such role.
    """
    try:
        return Role(text)
    except ValueError:
        raise Refused(f"role: must be one of {', '.join(Role)}, not {text[:40]!r}") from None


async def create_user(session: Session, email: str, role: Role, password: str = "") -> dict[str, Any]:
    """The new user, as `list_users` shows one. Without a password one is made, and stands in the answer this once.

    Raises:
        Refused: the e-mail or password cannot be taken.
    """
    email = normalised_email(email)
    made = "" if password else secrets.token_urlsafe(12)
    check_password("password", password or made, email)
    password_hash = await hash_password(password or made)
    async with audited(session, "user.create", email) as change:
        now = datetime.now(UTC)
        if await insert_user(change.connection, email, password_hash, role, now) is None:
            raise Refused(f"email: {email} is somebody's already; `signalpost user list` shows them")
        if role is Role.OWNER:
            await drop_setup_token(change.connection)  # there is an owner: nobody needs to claim this installation
        change.after = {"email": email, "role": role.value}
    shown = {"email": email, "role": role.value, "disabled_at": None, "created_at": now}
    return shown | ({"password": made} if made else {})


async def list_users(session: Session) -> list[dict[str, Any]]:
    """{"email", "role", "disabled_at", "created_at"}, oldest first."""
    return [_shown(user) for user in await all_users(session.database)]


async def disable_user(session: Session, email: str) -> dict[str, Any]:
    """Their sessions end at once.

    Raises:
        Refused: there is no such user, or nobody else is an owner.
    """
    async with audited(session, "user.disable", email) as change:
        user = await _require(change.connection, email)
        await _leave_an_owner(change.connection, user)
        await set_user_disabled(change.connection, user.user_id, user.disabled_at or datetime.now(UTC))
        await end_sessions_of(change.connection, user.user_id)
        change.before, change.after = _state(user), {**_state(user), "disabled": True}
    return _shown(await _require(session.database, email))


async def enable_user(session: Session, email: str) -> dict[str, Any]:
    """They may sign in again, with the password they had.

    Raises:
        Refused: there is no such user.
    """
    async with audited(session, "user.enable", email) as change:
        user = await _require(change.connection, email)
        await set_user_disabled(change.connection, user.user_id, None)
        change.before, change.after = _state(user), {**_state(user), "disabled": False}
    return _shown(await _require(session.database, email))


async def set_role(session: Session, email: str, role: Role) -> dict[str, Any]:
    """It holds from their next page on.

    Raises:
        Refused: there is no such user, or nobody else is an owner.
    """
    async with audited(session, "user.set_role", email) as change:
        user = await _require(change.connection, email)
        if role is not Role.OWNER:
            await _leave_an_owner(change.connection, user)
        await set_user_role(change.connection, user.user_id, role)
        change.before, change.after = _state(user), {**_state(user), "role": role.value}
    return _shown(await _require(session.database, email))


async def set_password(session: Session, email: str, password: str, but_session: bytes = b"") -> None:
    """Their sessions end, all but this one.

    Raises:
        Refused: there is no such user, or the password cannot be taken.
    """
    check_password("password", password, normalised_email(email))
    password_hash = await hash_password(password)
    async with audited(session, "user.set_password", email) as change:
        user = await _require(change.connection, email)
        await set_password_hash(change.connection, user.user_id, password_hash)
        await end_sessions_of(change.connection, user.user_id, but_session)


async def new_setup_token(session: Session) -> str | None:
    """The one-time secret of the first owner, instead of the one before it. None where there is an owner."""
    token = secrets.token_urlsafe(24)
    async with session.transaction() as connection:
        if await has_owner(connection):
            return None
        await renew_setup_token(connection, _hash(token), datetime.now(UTC))
    return token


async def is_setup_token(session: Session, token: str) -> bool:
    """Whether the first owner may still be made with it."""
    async with session.transaction() as connection:
        wanted = await lock_setup_token(connection)
    return wanted is not None and hmac.compare_digest(wanted, _hash(token))


async def first_owner(session: Session, token: str, email: str, password: str) -> dict[str, Any]:
    """The owner who holds the one-time secret, which ends with this. Of two who come at once one is made.

    Raises:
        Refused: the secret is not the one, or was used; the e-mail or password cannot be taken.
    """
    async with session.transaction() as connection:
        wanted = await lock_setup_token(connection)
        if wanted is None or not hmac.compare_digest(wanted, _hash(token)):
            raise Refused(
                "token: this set-up link is not valid any more: it works once, until the next start. "
                "Restart `signalpost up` for a new one, or make an owner with `signalpost user create`"
            )
        within = Session(session.settings, session.keyring, connection, "setup", session.notes)
        return await create_user(within, email, Role.OWNER, password)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _require(connection: Any, email: str) -> User:
    user = await user_of_email(connection, email.strip().lower())
    if user is None:
        raise Refused(f"email: nobody has {email[:60]!r}; `signalpost user list` shows who there is")
    return user


async def _leave_an_owner(connection: Any, user: User) -> None:
    """Two owners who disable each other at once are told apart by the lock."""
    if await lock_owners(connection) == [user.user_id]:
        raise Refused(f"email: {user.email} is the only owner: make another one first")


def _state(user: User) -> dict[str, Any]:
    return {"email": user.email, "role": user.role.value, "disabled": user.disabled_at is not None}


def _shown(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "role": user.role.value,
        "disabled_at": user.disabled_at,
        "created_at": user.created_at,
    }
