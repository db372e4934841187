"""Each provider's proof of who it is."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from forwarder.intake.webhooks.authentication import (
    WebhookRequest,
    authorization_verbatim,
    stripe_signature,
    svix_signature,
)

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = b'{"data":{"id":"1"}}'
KEY = base64.b64encode(b"k" * 24).decode()
SVIX_SECRET, STRIPE_SECRET = f"whsec_{KEY}", "whsec_stripe"


def svix(body: bytes = BODY, at: int | str = AT, key: str = KEY, message: str = "msg_1") -> str:
    digest = hmac.digest(base64.b64decode(key), f"{message}.{at}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def svix_headers(at: int | str = AT, signature: str | None = None, prefix: str = "svix") -> dict[str, str]:
    given = svix(at=at) if signature is None else signature
    return {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": str(at), f"{prefix}-signature": given}


OTHER = svix(key=base64.b64encode(b"o" * 24).decode())


@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        (svix_headers(), True),
        (svix_headers(prefix="webhook"), True),
        (svix_headers(AT - 300), True),
        (svix_headers(AT + 300), True),
        (svix_headers(AT - 301), False),
        (svix_headers(AT + 301), False),
        (svix_headers(signature=f"{OTHER} {svix()}"), True),
        (svix_headers(signature=f"v1a,xyz {svix()} {OTHER}"), True),
        (svix_headers(signature=OTHER), False),
        (svix_headers(signature=svix().replace("v1,", "v2,")), False),
        (svix_headers(signature=svix(body=b"{}")), False),
        (svix_headers(signature=svix(message="msg_2")), False),
        (svix_headers(signature=svix()[:-4]), False),
        (svix_headers(signature="v1,ü"), False),
        (svix_headers(signature=""), False),
        (svix_headers("soon"), False),
        (svix_headers(f"{AT}.5"), False),
        ({}, False),
    ],
    ids=[
        "right", "under its standard name", "5 min old", "5 min ahead", "older", "further ahead", "second of two",
        "between foreign ones", "another key", "another version", "another body", "another message", "cut", "not ASCII",
        "none", "no time", "no whole seconds", "unsigned",
    ],
)  # fmt: skip
def test_svix(headers: dict[str, str], believed: bool) -> None:
    assert svix_signature(WebhookRequest(headers, BODY, NOW), SVIX_SECRET) is believed


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "\x00" * 43])
def test_a_secret_that_is_no_key_believes_nobody(secret: str) -> None:
    assert svix_signature(WebhookRequest(svix_headers(), BODY, NOW), secret) is False


def stripe(at: int = AT, secret: str = STRIPE_SECRET, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("signature", "believed"),
    [
        (f"t={AT},v1={stripe()}", True),
        (f"t={AT},v1={stripe(secret='old')},v1={stripe()},v0=test", True),
        (f"t={AT - 300},v1={stripe(AT - 300)}", True),
        (f"t={AT + 300},v1={stripe(AT + 300)}", True),
        (f"t={AT - 301},v1={stripe(AT - 301)}", False),
        (f"t={AT + 301},v1={stripe(AT + 301)}", False),
        (f"t={AT},v1={stripe(secret='other')}", False),
        (f"t={AT},v1={stripe(body=b'{}')}", False),
        (f"t={AT},v0={stripe()}", False),
        (f"t={AT},t={AT - 1},v1={stripe()}", False),
        (f"v1={stripe()}", False),
        ("t=,v1=", False),
        ("", False),
    ],
    ids=[
        "right", "one of several", "5 min old", "5 min ahead", "older", "further ahead", "another key", "another body",
        "test scheme", "two times", "no time", "blank", "unsigned",
    ],
)  # fmt: skip
def test_stripe(signature: str, believed: bool) -> None:
    assert stripe_signature(WebhookRequest({"stripe-signature": signature}, BODY, NOW), STRIPE_SECRET) is believed


@pytest.mark.parametrize(
    ("given", "believed"),
    [("Bearer s3cret", True), ("bearer s3cret", False), ("s3cret", False), ("Bearer s3cret ", False), ("", False)],
)
def test_an_authorization_is_taken_letter_by_letter(given: str, believed: bool) -> None:
    assert authorization_verbatim(WebhookRequest({"authorization": given}, BODY, NOW), "Bearer s3cret") is believed


def test_an_authorization_may_hold_any_letter() -> None:
    as_read_from_the_wire = "schlüssel".encode().decode("latin-1")
    assert (
        authorization_verbatim(WebhookRequest({"authorization": as_read_from_the_wire}, BODY, NOW), "schlüssel") is True
    )
