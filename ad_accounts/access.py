"""An app's way into TikTok's account side: the token of its grant, opened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.secrets import Keyring
from ledger.grants import Grant, access_record, get_grant, mark_broken, mark_ok
from tiktok.account_refusals import ApiRefused


@dataclass(frozen=True, slots=True)
class Access:
    """A grant with its token in plain text. Never log or print it."""

    grant: Grant
    token: str

    def __repr__(self) -> str:
        return f"Access({self.grant.app_id})"


async def open_access(connection: Any, keyring: Keyring, app_id: str) -> Access | None:
    """None where the app is not connected. `connection` is an asyncpg connection or pool, here and below.

    Raises:
        SecretError: the stored token does not open with the present SECRET_KEY.
    """
    grant = await get_grant(connection, app_id)
    return None if grant is None else opened(grant, keyring)


def opened(grant: Grant, keyring: Keyring) -> Access:
    """Raises:
    SecretError: the stored token does not open with the present SECRET_KEY.
    """
    return Access(grant, keyring.decrypt(grant.access_token_encrypted, access_record(grant.app_id)))


async def note_refusal(connection: Any, access: Access, error: ApiRefused, now: datetime) -> bool:
    """Whether TikTok refused the grant itself: then it is broken, in TikTok's words, until it works again."""
    if error.kind != "reconnect":
        return False
    await mark_broken(connection, access.grant, error.words, now)
    return True


async def note_success(connection: Any, access: Access, now: datetime) -> None:
    """TikTok took the token: a grant that was broken is in order again."""
    if access.grant.state == "broken":
        await mark_ok(connection, access.grant, now)
