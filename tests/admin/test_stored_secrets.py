"""What an older entry of SECRET_KEY encrypted is encrypted with the first one."""

from dataclasses import replace

import pytest

from admin.apps import create_app, set_app
from admin.audit_log import changes
from admin.pixels import PixelToAdd, add_pixel
from admin.refusal import Refused
from admin.session import Session
from admin.stored_secrets import check_stored_secrets, reencrypt_secrets
from config.secrets import Keyring
from ledger.audit import AuditFilter
from ledger.stored_secrets import StoredSecret, all_stored_secrets

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-the-events-api-0123456789"
OLD, NEW = b"o" * 32, b"n" * 32
HOOK = "whsec_" + "A" * 32


@pytest.fixture
async def stored_under_old(session: Session) -> Session:
    """An app with a webhook secret and a pixel, all of it under OLD; the session has both keys, the new one first."""
    under_old = replace(session, keyring=Keyring((OLD,)))
    app_id = (await create_app(under_old, "Tea Timer", {}))["app_id"]
    await set_app(under_old, app_id, {"stripe_signing_secret": HOOK})
    await add_pixel(under_old, PixelToAdd(app_id, "C9PIXEL", TOKEN), validate=False)
    return replace(session, keyring=Keyring((NEW, OLD)))


async def opened(session: Session, *keys: bytes) -> set[str]:
    """What these keys open."""
    return {Keyring(keys).decrypt(one.encrypted, one.record) for one in await all_stored_secrets(session.database)}


async def test_afterwards_the_first_entry_alone_opens_everything(stored_under_old: Session) -> None:
    before = await opened(stored_under_old, OLD)
    assert await reencrypt_secrets(stored_under_old) == {"stored": 3, "reencrypted": 3}
    assert await opened(stored_under_old, NEW) == before > {TOKEN, HOOK}


async def test_once_more_changes_nothing(stored_under_old: Session) -> None:
    await reencrypt_secrets(stored_under_old)
    first = await all_stored_secrets(stored_under_old.database)
    assert (await reencrypt_secrets(stored_under_old))["reencrypted"] == 0
    assert await all_stored_secrets(stored_under_old.database) == first


async def test_what_does_not_open_is_named_and_all_else_is_done(stored_under_old: Session) -> None:
    await stored_under_old.database.execute("UPDATE pixels SET token_encrypted = 'spoilt'")
    with pytest.raises(Refused, match=r"2 of 3 are encrypted anew, but no entry of the list opens pixel px_\w+ token"):
        await reencrypt_secrets(stored_under_old)
    found = await all_stored_secrets(stored_under_old.database)
    assert sorted(Keyring((NEW,)).is_newest(one.encrypted) for one in found) == [False, True, True]


async def test_the_audit_log_has_it_without_a_secret(stored_under_old: Session) -> None:
    await reencrypt_secrets(stored_under_old)
    entry = (await changes(stored_under_old, AuditFilter(), 1, 0))[0]
    assert (entry["act"], entry["after"]) == ("secrets.reencrypt", {"stored": 3, "reencrypted": 3})


def secret(keyring: Keyring, name: str) -> StoredSecret:
    return StoredSecret("app_1", name, "record", keyring.encrypt("plain", "record"), "")


@pytest.mark.parametrize(
    ("keys", "ok", "said"),
    [
        ((NEW,), True, "1 open with the first entry of SECRET_KEY"),
        ((OLD, NEW), True, "1 open, 1 of them with an older entry of SECRET_KEY"),
        ((OLD,), False, "1 of 1 stored keys and tokens do not open: one"),
    ],
)
def test_doctor_says_what_a_shorter_list_would_close(keys: tuple[bytes, ...], ok: bool, said: str) -> None:
    check = check_stored_secrets(Keyring(keys), [secret(Keyring((NEW,)), "one")])
    assert (check.ok, check.detail) == (ok, said)
    assert bool(check.fix) == (said != "1 open with the first entry of SECRET_KEY")


def test_of_many_that_do_not_open_five_are_named() -> None:
    many = [secret(Keyring((NEW,)), f"secret {number}") for number in range(7)]
    assert check_stored_secrets(Keyring((OLD,)), many).detail.endswith("secret 4 and 2 more")
