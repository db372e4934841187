"""The `state` of a login at TikTok: ours by its signature, of one app, good for ten minutes and once.

So nobody can make an app take a login that was not begun for it, and a page that is loaded again changes nothing.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import asyncpg
import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer

from config.secrets import Keyring
from ledger.oauth_states import use_state

LIFETIME: Final = timedelta(minutes=10)
_CLOCKS_DIFFER: Final = timedelta(minutes=1)  # of two machines of ours
_PURPOSE: Final = "tiktok oauth state"
_LONGEST: Final = 512  # characters; ours have some 120


class OAuthState(msgspec.Struct, frozen=True):
    app_id: str
    nonce: str


class StateRefused(Exception):
    """The login cannot be finished with this state."""

    def __init__(self, kind: Literal["wrong", "expired", "used"], app_id: str = "") -> None:
        super().__init__(kind)
        self.kind: Final = kind
        self.app_id = app_id
        """Empty where the state is not ours, so says nothing."""


def new_state(keyring: Keyring, app_id: str) -> str:
    """For one login, which begins now."""
    return _serializer(keyring).dumps([app_id, secrets.token_urlsafe(16)])


def read_state(keyring: Keyring, text: str, now: datetime) -> OAuthState:
    """Raises:
    StateRefused: it is not ours, or too old.
    """
    try:
        if len(text) > _LONGEST or not text.isascii():
            raise StateRefused("wrong")
        fields, signed_at = _serializer(keyring).loads(text, return_timestamp=True)
        state = OAuthState(*msgspec.convert(fields, tuple[str, str]))
    except (BadSignature, msgspec.ValidationError):
        raise StateRefused("wrong") from None
    if not signed_at - _CLOCKS_DIFFER <= now < signed_at + LIFETIME:
        raise StateRefused("expired", state.app_id)
    return state


async def consume_state(connection: Any, state: OAuthState, now: datetime) -> None:
    """Write down that it is used, before anything is done with it. `connection` is an asyncpg connection or pool.

    Raises:
        StateRefused: it was used before, or its app is gone.
    """
    try:
        fresh = await use_state(connection, state.app_id, state.nonce, now)
    except asyncpg.ForeignKeyViolationError:
        raise StateRefused("wrong") from None
    if not fresh:
        raise StateRefused("used", state.app_id)


def _serializer(keyring: Keyring) -> URLSafeTimedSerializer:
    """The first key signs, all of them verify; itsdangerous wants the newest last."""
    return URLSafeTimedSerializer(list(reversed(keyring.derive(_PURPOSE))), salt=_PURPOSE)
