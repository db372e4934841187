"""Secrets as two people may compare them: whether it is still the same one, and nothing of what it is."""

from hashlib import blake2b
from typing import Final

from admin.apps import require_app
from admin.pixels import require_pixel
from admin.session import Session
from ledger.apps import APP_SECRETS
from ledger.users import all_users

NOT_SET: Final = "not set"
BYTES: Final = 6


def fingerprint(stored: bytes | str | None) -> str:
    """Of a secret as it is stored, which is a salted hash or encrypted with a nonce: two of one text differ."""
    if not stored:
        return NOT_SET
    raw = stored.encode() if isinstance(stored, str) else stored
    return f"set, {blake2b(raw, digest_size=BYTES).hexdigest()}"


async def app_fingerprints(session: Session, app_id: str) -> dict[str, str]:
    """`api_key` and each secret of the app.

    Raises:
        Refused: there is no such app.
    """
    app = await require_app(session, app_id)
    secrets = {name: fingerprint(app.secrets.get(name)) for name in APP_SECRETS}
    return {"api_key": fingerprint(app.api_key_encrypted), **secrets}


async def token_fingerprint(session: Session, pixel_id: str) -> str:
    """Of the pixel's token.

    Raises:
        Refused: there is no such pixel.
    """
    return fingerprint((await require_pixel(session, pixel_id)).token_encrypted)


async def password_fingerprints(session: Session) -> dict[str, str]:
    """By e-mail."""
    return {user.email: fingerprint(user.password_hash) for user in await all_users(session.database)}
