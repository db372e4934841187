"""Who else uses a token that an app's connection gave: TikTok may give one token twice, and a pixel may use a copy."""

from collections.abc import Iterator

from admin.session import Session
from config.secrets import SecretError
from ledger.grants import access_record, all_grants
from ledger.pixels import all_pixels, token_record


async def users_of_token(session: Session, token: str, app_id: str) -> list[str]:
    """Other apps' connections, and pixels, that would stop working with it."""
    sealed = [
        (grant.app_id, grant.access_token_encrypted, access_record(grant.app_id))
        for grant in await all_grants(session.database)
        if grant.app_id != app_id
    ]
    sealed += [
        (f"pixel {pixel.pixel_id}", pixel.token_encrypted, token_record(pixel.pixel_id))
        for pixel in await all_pixels(session.database)
    ]
    return list(_users(session, sealed, token))


def _users(session: Session, sealed: list[tuple[str, bytes, str]], token: str) -> Iterator[str]:
    for name, ciphertext, record in sealed:
        try:
            if session.keyring.decrypt(ciphertext, record) == token:
                yield name
        except SecretError:
            continue  # what does not open is used by nobody
