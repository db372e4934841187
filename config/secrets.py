"""The secret keys and what is derived from them: one subkey per purpose, so that no two uses share a key.

SECRET_KEY is a comma-separated list. The first writes, all read: a rotation puts the new one in front, and what the old
one wrote stays readable until it is taken off the list.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_ID_BYTES = 4  # names the key a ciphertext was written with, so that a rotation need not try them all
MIN_SECRET_CHARS = 16


class SecretError(ValueError):
    """A secret key is missing or too short, or none of them opens what was stored."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secret keys, newest first (bytes, each derived from one entry of SECRET_KEY)."""

    keys: tuple[bytes, ...]

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """One 32-byte key per secret, newest first, for this purpose only (HMAC-SHA256 of the purpose)."""
        return tuple(hmac.digest(key, purpose.encode(), "sha256") for key in self.keys)

    def fingerprints(self) -> list[str]:
        """What names each key without giving it away (16 hex digits), newest first: for a backup to say its keys."""
        return [hashlib.sha256(key).hexdigest()[:16] for key in self.derive("fingerprint")]

    def encrypt(self, plaintext: str, record: str) -> bytes:
        """AES-256-GCM. `record` (e.g. `pixel:px_1:token`) is bound in: moved to another row, it does not open."""
        key = self.derive("encrypt")[0]
        nonce = os.urandom(NONCE_BYTES)
        return _key_id(key) + nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), record.encode())

    def is_newest(self, ciphertext: bytes) -> bool:
        """Whether `encrypt` would use the key that this was encrypted with; it need not open."""
        return hmac.compare_digest(_key_id(self.derive("encrypt")[0]), ciphertext[:KEY_ID_BYTES])

    def decrypt(self, ciphertext: bytes, record: str) -> str:
        """The text `encrypt` was given for the same record.

        Raises:
            SecretError: no key of the list opens it (SECRET_KEY was changed without keeping the old one).
        """
        key_id, nonce = ciphertext[:KEY_ID_BYTES], ciphertext[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        for key in self.derive("encrypt"):
            if hmac.compare_digest(_key_id(key), key_id):
                try:
                    body = ciphertext[KEY_ID_BYTES + NONCE_BYTES :]
                    return AESGCM(key).decrypt(nonce, body, record.encode()).decode()
                except (InvalidTag, ValueError):  # changed, or cut short
                    break
        kind = record.split(":", maxsplit=1)[0]
        raise SecretError(f"what is stored for this {kind} does not open: put the old SECRET_KEY back on the list")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]


def load_keyring(secret_key: str, data_dir: Path) -> Keyring:
    """The keys of SECRET_KEY, or else of `DATA_DIR/secret_key`, which is generated (0600) where it is missing.

    Raises:
        SecretError: an entry is shorter than 16 characters.
        OSError: DATA_DIR cannot be written.
    """
    return _keyring(secret_key or _stored_secret(data_dir))


def keyring_of(secret_key: str, data_dir: Path) -> Keyring | None:
    """As `load_keyring`, but nothing is generated: None where there is no key yet."""
    path = secret_key_path(data_dir)
    text = secret_key or (path.read_text().strip() if path.exists() else "")
    return _keyring(text) if text else None


def secret_key_path(data_dir: Path) -> Path:
    """Where the generated key lies."""
    return data_dir / "secret_key"


def _keyring(text: str) -> Keyring:
    entries = [part.strip() for part in text.split(",") if part.strip()]
    if not entries or any(len(entry) < MIN_SECRET_CHARS for entry in entries):
        raise SecretError(f"SECRET_KEY: each entry needs at least {MIN_SECRET_CHARS} characters, separated by commas")
    return Keyring(tuple(hashlib.sha256(entry.encode()).digest() for entry in entries))


def _stored_secret(data_dir: Path) -> str:
    path = secret_key_path(data_dir)
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        candidate = data_dir / f"secret_key.{os.getpid()}.tmp"
        candidate.touch(mode=0o600)
        candidate.write_text(base64.urlsafe_b64encode(secrets.token_bytes(48)).decode())
        try:
            os.link(candidate, path)  # unlike a rename, this loses against a key another process made meanwhile
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
        return path.read_text().strip()
