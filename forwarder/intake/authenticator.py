"""Who is asking: an API key as bearer token, or a signature made with it.

`Signalpost-Signature: t=<unix s>,n=<nonce>,v1=<hex HMAC-SHA256(key, t "." n "." raw body)>` with `Signalpost-App:
<app_id>`. Every refusal is the same 401, so that nothing can be learned from trying.
"""

import asyncio
import hmac
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from redis.exceptions import RedisError
from starlette.requests import Request

from forwarder import metrics
from forwarder.directory import Directory, Entry
from forwarder.errors import Refusal
from forwarder.intake.body import read_body
from forwarder.outages import OutageLog
from ledger.apps import hash_api_key

CLOCK_SKEW_S = 300
NONCE_KEY = b"nonce:"  # + SHA-256 of app and nonce
NONCE_LIFETIME_S = 660  # twice the skew, and a little: as long as the same t could be accepted again

_SIGNATURE = re.compile(r"t=(\d{1,12}),n=([!-+\--~]{1,200}),v1=([0-9a-f]{64})", re.ASCII)
_NO_KEY = "\x00" * 43  # signatures of unknown apps are checked against it, which takes as long


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may be served."""

    entry: Entry
    body: bytes
    """Raw; empty where the method has none."""
    directory: Directory
    key_hash: bytes
    """Of the key that it came with, or was signed with."""

    def count_key(self) -> None:
        """So that whoever replaced the app's key sees when nobody comes with the old one any more."""
        if self.key_hash != self.entry.app.api_key_hash:
            metrics.PREVIOUS_KEY_REQUESTS.labels(self.entry.app_id).inc()

    def check_still(self) -> None:
        """Ask the directory, as it is by now, whether the key that opened the door still does.

        Raises:
            Refusal: 401 where it does not.
        """
        now = self.directory.get(self.entry.app_id)
        if now is not self.entry and (now is None or not self.directory.opens(now, self.key_hash)):
            raise _unauthorized()


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks requests against the directory; Redis remembers the nonces of signed ones."""

    directory: Directory
    redis: Any
    outages: OutageLog = field(default_factory=OutageLog)

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[Admitted]:
        """The app that asks and the body it sent, read within the limits of `read_body`.

        A signed request that is answered 5xx gives its nonce back, so that the very same request can be sent again.

        Raises:
            Refusal: 401 without a valid key or signature, 409 for a nonce that was used, or as `read_body`.
        """
        if request.method != "POST":  # what is posted is stored in a batch, which asks for itself
            await self.directory.caught_up()
        signature = request.headers.get("signalpost-signature")
        if signature is None:
            entry, key_hash = await self._by_bearer(request)
            admitted = Admitted(entry, await _body(request), self.directory, key_hash)
            admitted.count_key()
            yield admitted
            return
        body = await _body(request)
        entry, key_hash = await self._by_signature(request, signature, body)
        nonce_key = _nonce_key(entry.app_id, signature)
        await self._remember(nonce_key)
        try:
            admitted = Admitted(entry, body, self.directory, key_hash)
            admitted.count_key()
            yield admitted
        except Refusal as refusal:
            if refusal.status >= 500:
                await self._forget(nonce_key)
            raise
        except asyncio.CancelledError:  # the answer was 503, see forwarder.intake.answer_deadline
            await self._forget(nonce_key)
            raise

    async def _by_bearer(self, request: Request) -> tuple[Entry, bytes]:
        """The app, and the hash of the key."""
        key = bearer_key(request.headers.get("authorization", ""))
        entry = await self.directory.by_api_key(key) if key else None
        named = request.headers.get("signalpost-app")
        if entry is None or (named is not None and named != entry.app_id):
            raise _unauthorized()
        return entry, hash_api_key(key)

    async def _by_signature(self, request: Request, signature: str, body: bytes) -> tuple[Entry, bytes]:
        app_id = request.headers.get("signalpost-app", "")
        entry = await self.directory.by_id(app_id)
        key_hash = self._signed_with(entry, signature, body)
        if key_hash is None and await self.directory.caught_up():
            entry = self.directory.get(app_id)  # the key may be new
            key_hash = self._signed_with(entry, signature, body)
        if entry is None or key_hash is None:
            raise _unauthorized()
        return entry, key_hash

    def _signed_with(self, entry: Entry | None, signature: str, body: bytes) -> bytes | None:
        """The hash of the app's key that it is signed with; None where it is signed with none, or not now."""
        parts = _SIGNATURE.fullmatch(signature.replace(" ", ""))
        keys = self.directory.api_keys(entry) if entry is not None else {}
        at, nonce, given = parts.groups() if parts is not None else ("0", "", "")
        signed = b".".join((at.encode(), nonce.encode(), body))
        found = None
        for key_hash, key in (keys or {b"": _NO_KEY}).items():
            expected = hmac.new(key.encode(), signed, sha256).hexdigest()
            if hmac.compare_digest(expected.encode(), given.encode()) and keys:
                found = key_hash
        fresh = abs(time.time() - int(at)) <= CLOCK_SKEW_S
        return found if fresh else None

    async def _remember(self, nonce_key: bytes) -> None:
        try:
            is_new = await self.redis.set(nonce_key, b"", nx=True, ex=NONCE_LIFETIME_S)
        except (RedisError, OSError, TimeoutError) as error:
            # installs and events are idempotent, so a replay changes nothing; losing one would
            metrics.NONCES_UNCHECKED.inc()
            self.outages.away(error, "redis")
            return
        if not is_new:
            raise Refusal(409, "nonce_used", "this signed request was taken before; sign a retry with a new nonce")

    async def _forget(self, nonce_key: bytes) -> None:
        try:
            await self.redis.delete(nonce_key)
        except (RedisError, OSError, TimeoutError) as error:
            self.outages.away(error, "redis")


def bearer_key(authorization: str) -> str:
    """The API key of an Authorization header; empty where there is none."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _nonce_key(app_id: str, signature: str) -> bytes:
    parts = _SIGNATURE.fullmatch(signature.replace(" ", ""))
    nonce = parts[2] if parts is not None else ""
    return NONCE_KEY + sha256(f"{app_id}\x00{nonce}".encode()).digest()


async def _body(request: Request) -> bytes:
    return await read_body(request) if request.method == "POST" else b""


def _unauthorized() -> Refusal:
    message = "send Authorization: Bearer <API key>, or Signalpost-Signature with Signalpost-App"
    return Refusal(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
