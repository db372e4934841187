"""A provider that posts to the application, with its own proof of who it is."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx

from ledger.apps import AppChanges, update_app
from tests.forwarder.api import APP, Api

SECRETS = {
    "revenuecat": ("revenuecat_authorization", "Bearer rc secret"),
    "superwall": ("superwall_secret", "whsec_" + base64.b64encode(b"s" * 24).decode()),
    "adapty": ("adapty_authorization", "adapty secret"),
    "stripe": ("stripe_signing_secret", "whsec_stripe"),
}


async def connect(api: Api, *providers: str, **settings: Any) -> None:
    """Set the app up for these providers; the application knows it when this returns."""
    await set_up(api, *providers, **settings)
    await api.services.directory.refresh()


async def set_up(api: Api, *providers: str, given: Mapping[str, str] = MappingProxyType({}), **settings: Any) -> None:
    """The same as another process does it: the application knows when it looks. `given`: secrets other than SECRETS."""
    secrets = {}
    for provider in providers:
        name, secret = SECRETS[provider]
        secret = given.get(provider, secret)
        secrets[name] = base64.b64encode(api.keyring.encrypt(secret, f"app:{APP}:{name}")).decode()
    await update_app(api.pool, APP, AppChanges(secrets=secrets, settings=settings))


def proof(provider: str, raw: bytes, secret: str | None = None) -> dict[str, str]:
    """The headers of an authentic request; of one signed with `secret` where that is given."""
    secret, at = secret or SECRETS[provider][1], str(int(time.time()))
    if provider == "superwall":
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.digest(key, f"msg_1.{at}.".encode() + raw, "sha256")).decode()
        return {"svix-id": "msg_1", "svix-timestamp": at, "svix-signature": f"v1,{digest}"}
    if provider == "stripe":
        digest = hmac.digest(secret.encode(), f"{at}.".encode() + raw, "sha256").hex()
        return {"stripe-signature": f"t={at},v1={digest}"}
    return {"authorization": secret}


async def post(api: Api, provider: str, body: Any, app_id: str = APP, **headers: str) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json", **proof(provider, raw), **headers}
    return await api.client.post(f"/v1/webhooks/{provider}/{app_id}", content=raw, headers=sent)


async def taken(api: Api, provider: str, body: Any) -> None:
    """Post it; it must be answered 200."""
    response = await post(api, provider, body)
    assert response.status_code == 200, response.text


async def delivery(api: Api, source_event: str) -> dict[str, Any]:
    """The one delivery of this event."""
    (found,) = [one for one in await api.deliveries() if one["source_event"] == source_event]
    return found


async def event(api: Api, name: str) -> dict[str, Any]:
    """The one event of this name."""
    (row,) = await api.pool.fetch("SELECT * FROM events WHERE name = $1", name)
    return dict(row)
