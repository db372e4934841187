"""The sandbox as TikTok's account side, served in this process: accounts, logins, faults and what was asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn

from config.settings import AllSettings
from sandbox.memory import Limits
from sandbox.server import configured
from sandbox.tokens import Pixel
from tiktok.oauth import DeveloperApp

APP = DeveloperApp("7000000000000000042", "sandbox-app-secret")
"""The developer app that every sandbox knows."""
ACCESS_TOKEN = "an-access-token-0123456789abcdef"
TEA, COFFEE = "7000000000000000101", "7000000000000000102"
TEA_PIXEL, COFFEE_PIXEL = "C4TEAPIXEL0000000001", "C4COFFEEPIXEL0000001"


def advertiser(advertiser_id: str = TEA, name: str = "Tea", **fields: Any) -> dict[str, Any]:
    return {
        "advertiser_id": advertiser_id,
        "name": name,
        "currency": "EUR",
        "display_timezone": "Europe/Berlin",
        "create_time": 1_750_000_000,
        "pixels": [{"pixel_id": "7000000000000000201", "pixel_code": TEA_PIXEL, "pixel_name": "Tea pixel"}],
        **fields,
    }


def coffee(**fields: Any) -> dict[str, Any]:
    pixel = {"pixel_id": "7000000000000000202", "pixel_code": COFFEE_PIXEL, "pixel_name": "Coffee pixel"}
    return advertiser(
        COFFEE, "Coffee", **{"currency": "JPY", "display_timezone": "Asia/Tokyo", "pixels": [pixel], **fields}
    )


class AccountSandbox:
    """One running sandbox."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self.client = client

    def load(self, *advertisers: dict[str, Any], **account: Any) -> None:
        """What the one login reaches; `account` are further fields of it."""
        self._told("/_sandbox/accounts", {"account_id": "ada", "advertisers": advertisers, **account})

    def grant(self, access_token: str = ACCESS_TOKEN, **grant: Any) -> str:
        """A token that was granted to the login; it."""
        fields = {"access_token": access_token, "account_id": "ada", "app_id": APP.app_id, **grant}
        self._told("/_sandbox/grants", fields)
        return access_token

    def fault(self, endpoint: str, **fault: Any) -> None:
        """What the next `times` calls are answered instead."""
        self._told("/_sandbox/faults", {"endpoint": endpoint, **fault})

    def login(self, url: str, **decision: str) -> dict[str, str]:
        """Open the portal's page, log in, press its button: what the browser is sent back with."""
        answer = self.client.get(url, params={**_query(url), "decision": "allow", **decision})
        assert answer.status_code == 302, answer.text
        return _query(answer.headers["location"])

    def paths(self) -> list[str]:
        """What was asked of TikTok so far, without its version."""
        items = self.client.get("/_sandbox/requests").json()["items"]
        return [item["path"].partition("/v1.3")[2] for item in items if "/open_api/" in item["path"]]

    def _told(self, path: str, body: dict[str, Any]) -> None:
        answer = self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text


@contextmanager
def account_sandbox(demo: Pixel | None = None) -> Iterator[AccountSandbox]:
    """A sandbox of its own, in which nobody has an account yet but, where it is given a pixel, the demo."""
    server = uvicorn.Server(configured(Limits(), demo))
    server.config.port = 0
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx.Client(base_url=url, trust_env=False) as client:
        yield AccountSandbox(url, client)
    server.should_exit = True
    thread.join(20)


def connected_settings(settings: AllSettings, sandbox: AccountSandbox) -> AllSettings:
    """The same, with the sandbox in TikTok's place and its developer app."""
    app = {"tiktok_app_id": APP.app_id, "tiktok_app_secret": APP.secret}
    return settings.model_copy(update={"tiktok_api_url": sandbox.url, **app})


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
