"""Passwords of the console: argon2id, off the event loop and two at a time, as each takes 64 MB and a core."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from admin.refusal import Refused

MIN_CHARS = 10
MAX_CHARS = 1_000  # a longer one only costs time
_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


def check_password(field: str, password: str, email: str = "") -> None:
    """Raises:
    Refused: it is too short or too long, or is the e-mail.
    """
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise Refused(
            f"{field}: must have {MIN_CHARS} to {MAX_CHARS:,} characters; a few words in a row are a good one"
        )
    if email and password.strip().lower() in (email, email.partition("@")[0]):
        raise Refused(f"{field}: must not be the e-mail")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def is_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the one of this hash. None takes as long, and is never."""
    loop = asyncio.get_running_loop()
    tried = password_hash if password_hash is not None else await loop.run_in_executor(_THREADS, _nobodys)
    right = await loop.run_in_executor(_THREADS, _verify, tried, password[:MAX_CHARS])
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with less work than is asked today."""
    return _HASHER.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """What an unknown e-mail is compared with, so that it takes as long as a known one."""
    return _HASHER.hash("nobody's")
