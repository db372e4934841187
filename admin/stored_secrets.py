"""What is stored encrypted, under the newest entry of SECRET_KEY: so that an older one can leave the list."""

from admin.audit import audited
from admin.check import Check
from admin.refusal import Refused
from admin.session import Session
from config.secrets import Keyring, SecretError
from ledger.stored_secrets import StoredSecret, all_stored_secrets, replace_stored_secret

SUBJECT = "secrets"
NAMED = 5  # of those that do not open; the rest are counted


async def reencrypt_secrets(session: Session) -> dict[str, int]:
    """{"stored", "reencrypted"}: every key, token and webhook secret that an older entry of SECRET_KEY encrypted is
    encrypted with the first one. What is in the middle of a request goes on. Safe to repeat.

    Raises:
        Refused: some do not open with any entry; all the others are done.
    """
    closed: list[str] = []
    async with audited(session, "secrets.reencrypt", SUBJECT) as change:
        stored = await all_stored_secrets(change.connection)
        reencrypted = 0
        for secret in stored:
            if session.keyring.is_newest(secret.encrypted):
                continue
            try:
                plain = session.keyring.decrypt(secret.encrypted, secret.record)
            except SecretError:
                closed.append(secret.name)
                continue
            anew = session.keyring.encrypt(plain, secret.record)
            reencrypted += await replace_stored_secret(change.connection, secret, anew)
        change.after = {"stored": len(stored), "reencrypted": reencrypted}
    if closed:
        raise Refused(
            f"SECRET_KEY: {reencrypted} of {len(stored)} are encrypted anew, but no entry of the list opens "
            f"{_named(closed)}: put the one they were stored under on the list, at its end, or set them anew"
        )
    return {"stored": len(stored), "reencrypted": reencrypted}


def check_stored_secrets(keyring: Keyring, stored: list[StoredSecret]) -> Check:
    """All of them open, and what happens to which when older entries leave SECRET_KEY."""
    closed = [secret.name for secret in stored if not _opens(keyring, secret)]
    if closed:
        detail = f"{len(closed)} of {len(stored)} stored keys and tokens do not open: {_named(closed)}"
        return Check("stored secrets", False, detail, "put the old SECRET_KEY back on the list, after the new one")
    older = [secret for secret in stored if not keyring.is_newest(secret.encrypted)]
    if older:
        detail = f"{len(stored)} open, {len(older)} of them with an older entry of SECRET_KEY"
        return Check("stored secrets", True, detail, "`signalpost reencrypt`, before that entry leaves the list")
    return Check("stored secrets", True, f"{len(stored)} open with the first entry of SECRET_KEY")


def _opens(keyring: Keyring, secret: StoredSecret) -> bool:
    try:
        keyring.decrypt(secret.encrypted, secret.record)
    except SecretError:
        return False
    return True


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
