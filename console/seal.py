"""What the console signs: the cookie's token, the token in each form, and a form that waits for a sign-in."""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Final

from itsdangerous import BadSignature, Signer, TimestampSigner, URLSafeSerializer

from config.secrets import Keyring, SecretError

NONCE_BYTES: Final = 12
KEPT_FOR_S: Final = 3600  # how long a form waits for its sender to sign in again
_KEPT: Final = "console:kept"


class Seal:
    """Each use has keys of its own, newest first in the keyring, which are those of SECRET_KEY."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._cookie = Signer(list(reversed(keyring.derive("console cookie"))), salt="cookie")
        self._form_keys = list(reversed(keyring.derive("console form")))  # itsdangerous wants the newest last

    def cookie(self, token: str) -> str:
        return self._cookie.sign(token).decode()

    def token_of(self, cookie: str) -> str | None:
        """The session's token; None where the cookie is none of ours."""
        try:
            return self._cookie.unsign(cookie).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def form_token(self, session: bytes) -> str:
        """Of one form on one page of this session: proves that we made it, and tells it from any other."""
        return self._form(session).sign(secrets.token_urlsafe(NONCE_BYTES)).decode()

    def form_id(self, session: bytes, token: str) -> str | None:
        """What tells the form from any other; None where it is not of this session."""
        try:
            return self._form(session).unsign(token).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def snapshot(self, form: str, key: str, record: Mapping[str, str]) -> str:
        """What a form is opened with, to come back with it. Signed, not encrypted: it stands in the form anyway."""
        return str(self._snapshots(form, key).dumps(dict(record)))

    def snapshot_of(self, form: str, key: str, text: str) -> dict[str, str] | None:
        """None where it is none of ours for this form."""
        try:
            record: dict[str, str] = self._snapshots(form, key).loads(text)
        except BadSignature:
            return None
        return record

    def keep(self, values: Mapping[str, str]) -> str:
        """What was typed, to be carried through the login page; nobody but us can read it."""
        sealed = self._keyring.encrypt(json.dumps(dict(values)), _KEPT)
        return TimestampSigner(self._form_keys, salt="kept").sign(base64.urlsafe_b64encode(sealed)).decode()

    def kept(self, text: str) -> dict[str, str] | None:
        try:
            raw = TimestampSigner(self._form_keys, salt="kept").unsign(text, max_age=KEPT_FOR_S)
            values: dict[str, str] = json.loads(self._keyring.decrypt(base64.urlsafe_b64decode(raw), _KEPT))
        except (BadSignature, SecretError, ValueError):
            return None
        return values

    def _snapshots(self, form: str, key: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._form_keys, salt=f"snapshot {form} {key}")

    def _form(self, session: bytes) -> Signer:
        return Signer(self._form_keys, salt=b"form" + session)
