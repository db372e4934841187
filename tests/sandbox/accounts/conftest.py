"""A loaded account and a token that reads it (`api`)."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.accounts.examples import ACCESS, ADVERTISER, an_account

PREFIX = "/open_api/v1.3"


class Api:
    """Asks TikTok's endpoints as our token, and loads accounts."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def load(self, account: dict[str, Any] | None = None) -> None:
        answer = self.client.post("/_sandbox/accounts", json=an_account() if account is None else account)
        assert answer.status_code == 201, answer.text

    def grant(self, **grant: Any) -> None:
        answer = self.client.post("/_sandbox/grants", json={"access_token": ACCESS, **grant})
        assert answer.status_code == 201, answer.text

    def get(self, path: str, token: str = ACCESS, **query: Any) -> dict[str, Any]:
        """The envelope. Lists and objects are sent as TikTok wants them; `advertiser_id` is there unless it is None."""
        asked = {"advertiser_id": ADVERTISER, **query}
        params = {
            name: value if isinstance(value, str | int) else json.dumps(value)
            for name, value in asked.items()
            if value is not None
        }
        answer = self.client.get(PREFIX + path, params=params, headers={"Access-Token": token})
        assert answer.status_code == 200
        envelope: dict[str, Any] = answer.json()
        return envelope

    def data(self, path: str, **query: Any) -> dict[str, Any]:
        """What a call that must succeed answers."""
        envelope = self.get(path, **query)
        assert envelope["code"] == 0, envelope
        data: dict[str, Any] = envelope["data"]
        return data

    def refusal(self, path: str, **query: Any) -> tuple[int, str]:
        """Code and message of a call."""
        envelope = self.get(path, **query)
        return envelope["code"], envelope["message"]

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(PREFIX + path, json=body)
        assert answer.status_code == 200
        envelope: dict[str, Any] = answer.json()
        return envelope


@pytest.fixture
def api(client: httpx.Client) -> Api:
    api = Api(client)
    api.load()
    api.grant()
    return api
