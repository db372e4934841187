"""Whether a webhook comes from whom it says: each provider's own way. Pure; secrets are compared in constant time.

Sources: RevenueCat and Adapty docs (the Authorization value is sent as it was entered), Svix "Verifying payloads
manually" and the Standard Webhooks specification (Superwall), Stripe docs "Verify webhook signatures manually".
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ledger.webhook_providers import Proof
from ledger.webhook_secrets import svix_key

TOLERANCE_S: Final = 300
"""How far a signature's time may lie before or after ours."""
SVIX_HEADERS: Final = ("svix", "webhook")  # the second is the name the specification gives them
MAX_SIGNATURES: Final = 20  # of one message: a few while secrets are being replaced

_UNIX = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as it came, before anything of it is believed."""

    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    at: datetime
    """When it came."""


def authorization_verbatim(posted: WebhookRequest, secret: str) -> bool:
    """The Authorization header is the secret, letter by letter."""
    return _same(posted.headers.get("authorization", ""), secret)


def svix_signature(posted: WebhookRequest, secret: str) -> bool:
    """One of the `v1` signatures is HMAC-SHA256 of `id.timestamp.body` by the base64 key after `whsec_`."""
    for prefix in SVIX_HEADERS:
        message_id, sent_at = posted.headers.get(f"{prefix}-id", ""), posted.headers.get(f"{prefix}-timestamp", "")
        given = posted.headers.get(f"{prefix}-signature", "").split()
        if message_id and given:
            break
    else:
        return False
    key = svix_key(secret)
    if key is None or not _recent(sent_at, posted.at):
        return False
    signed = b".".join((message_id.encode(), sent_at.encode(), posted.body))
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return _any_same(given, expected)


def stripe_signature(posted: WebhookRequest, secret: str) -> bool:
    """`t=<Unix s>,v1=<hex>`: one of the `v1` is HMAC-SHA256 of `t.body` by the secret as it stands."""
    parts = [part.strip().partition("=") for part in posted.headers.get("stripe-signature", "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not _recent(times[0], posted.at):
        return False
    expected = hmac.digest(secret.encode(), times[0].encode() + b"." + posted.body, "sha256").hex()
    return _any_same(given, expected)


AUTHENTIC: Final[dict[Proof, Callable[[WebhookRequest, str], bool]]] = {
    "authorization": authorization_verbatim,
    "svix": svix_signature,
    "stripe": stripe_signature,
}
"""(request, secret) -> whether it comes from the provider."""


def _recent(sent_at: str, now: datetime) -> bool:
    return bool(_UNIX.fullmatch(sent_at)) and abs(now.timestamp() - int(sent_at)) <= TOLERANCE_S


def _any_same(given: list[str], expected: str) -> bool:
    """Every one is compared, so that the time does not tell which was right."""
    return bool([one for one in given[:MAX_SIGNATURES] if _same(one, expected)])


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())
