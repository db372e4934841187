"""Signing in to the console: who it is, their session, and the end of it."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from admin.passwords import hash_password, is_outdated, is_password
from admin.refusal import Refused
from admin.session import Session
from admin.throttle import Throttle
from clicks.address import client_address, is_trusted
from clicks.connection import connect
from config.settings import AllSettings
from ledger.sessions import (
    UserSession,
    add_notices,
    delete_ended,
    end_session,
    end_sessions_of,
    insert_session,
    live_session,
    sessions_of,
    take_notices,
)
from ledger.users import User, set_password_hash, user_of_email

__all__ = ["UserSession", "sign_in", "signed_in"]

TOKEN_BYTES = 32
REDIS_TIMEOUT_S = 1.0
_BROWSERS = (  # each names those below it, too
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)


class TooManyTries(Refused):
    """Five tries a minute were used up."""

    def __init__(self) -> None:
        super().__init__("password: that was the fifth try within a minute; wait a minute, then try again")


@asynccontextmanager
async def open_throttle(settings: AllSettings) -> AsyncIterator[Throttle]:
    """For as long as a process serves."""
    if not settings.redis_url:
        yield Throttle(None)
        return
    redis = connect(settings.redis_url, timeout_s=REDIS_TIMEOUT_S, data_dir=settings.data_dir)
    try:
        yield Throttle(redis)
    finally:
        await redis.aclose()


async def sign_in(
    session: Session, throttle: Throttle, credentials: tuple[str, str], browser: str, address: str
) -> str:
    """The token of a new session.

    Args:
        credentials: e-mail and password, as they were typed.
        browser: the user agent.
        address: of whoever asks.

    Raises:
        TooManyTries, Refused: it is not they, or they may not; both in the same words and time.
    """
    email, password = credentials[0].strip().lower(), credentials[1]
    names = (f"account:{email}", f"address:{address}")
    if not await throttle.allows(*names):
        raise TooManyTries
    user = await user_of_email(session.database, email)
    right = await is_password(user.password_hash if user else None, password)
    if user is None or not right or user.disabled_at is not None:
        raise Refused("password: e-mail and password do not fit together; an owner can set a new password")
    await throttle.forgive(*names)
    if is_outdated(user.password_hash):
        await set_password_hash(session.database, user.user_id, await hash_password(password))
    return await open_session_of(session, user, browser, address)


async def open_session_of(session: Session, user: User, browser: str, address: str) -> str:
    """The token, which nobody but its bearer has. Sessions that are over are deleted by the way."""
    now, token = datetime.now(UTC), secrets.token_urlsafe(TOKEN_BYTES)
    opened = UserSession(
        token_hash=_hash(token), user_id=user.user_id, email=user.email, role=user.role, created_at=now,
        last_seen_at=now, browser=browser_family(browser), address=network_of(address), notices=[],
    )  # fmt: skip
    async with session.transaction() as connection:
        await delete_ended(connection, now)
        await insert_session(connection, opened)
    return token


async def sign_in_as(session: Session, email: str, browser: str, address: str) -> str:
    """The token of a session for somebody who has just proved otherwise who they are: the first owner.

    Raises:
        Refused: nobody has this e-mail.
    """
    user = await user_of_email(session.database, email)
    if user is None:
        raise Refused("email: nobody has it")
    return await open_session_of(session, user, browser, address)


async def signed_in(session: Session, token: str) -> UserSession | None:
    """Whose session it is; None where it has ended."""
    return await live_session(session.database, _hash(token), datetime.now(UTC))


async def own_sessions(session: Session, user_id: int) -> list[UserSession]:
    return await sessions_of(session.database, user_id, datetime.now(UTC))


async def end_own_session(session: Session, user_id: int, token_hash: bytes) -> None:
    """Raises:
    Refused: it is none of theirs, or has ended.
    """
    if not await end_session(session.database, user_id, token_hash):
        raise Refused("session: it has ended already")


async def end_other_sessions(session: Session, user_id: int, but: bytes) -> None:
    await end_sessions_of(session.database, user_id, but)


async def keep_notices(session: Session, token_hash: bytes, notices: list[str]) -> None:
    """The next page says them."""
    await add_notices(session.database, token_hash, notices)


async def drop_notices(session: Session, token_hash: bytes) -> None:
    """They have been said."""
    await take_notices(session.database, token_hash)


async def own_password(session: Session, email: str, password: str) -> bool:
    """Whether it is theirs: asked again before it is changed."""
    user = await user_of_email(session.database, email)
    return await is_password(user.password_hash if user else None, password)


def caller_address(settings: AllSettings, peer: str, forwarded_for: str | None) -> str:
    """Of whoever asks: the connection's, or what TRUSTED_PROXIES say."""
    return client_address(peer, forwarded_for, settings.trusted_proxies)


def is_trusted_proxy(settings: AllSettings, peer: str) -> bool:
    return is_trusted(peer, settings.trusted_proxies)


def browser_family(user_agent: str) -> str:
    return next((family for sign, family in _BROWSERS if sign in user_agent), "another browser")


def network_of(address: str) -> str:
    """Enough to know one's own, too little to follow anybody."""
    try:
        version: Any = ip_address(address).version
    except ValueError:
        return "unknown"
    return str(ip_network(f"{address}/{24 if version == 4 else 48}", strict=False))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
