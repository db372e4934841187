"""Codes, tokens and the list of advertisers."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.accounts.grants import ALL_SCOPES, SANDBOX_APP
from sandbox.codes import Code
from tests.sandbox.accounts.conftest import PREFIX, Api
from tests.sandbox.accounts.examples import ADVERTISER, OTHER, an_account, an_advertiser
from tests.sandbox.conftest import Clock

APP = {"app_id": SANDBOX_APP.app_id, "secret": SANDBOX_APP.secret}
ENDING = {"app_id": "7000000000000000402", "secret": "other-secret", "expires_in": 86_400}


def _code(client: httpx.Client, app_id: str = SANDBOX_APP.app_id) -> str:
    asked = {"app_id": app_id, "redirect_uri": "https://c.example.com/back", "decision": "allow"}
    answer = client.get("/portal/auth", params=asked)
    return parse_qs(urlsplit(answer.headers["location"]).query)["auth_code"][0]


def _exchange(api: Api, app: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
    used = app or APP
    asked = {"app_id": used["app_id"], "secret": used["secret"], **body}
    if "auth_code" not in asked:
        asked["auth_code"] = _code(api.client, used["app_id"])
    return api.post("/oauth2/access_token/", **asked)


def test_a_code_brings_a_token_without_an_end_and_without_a_refresh_token(api: Api) -> None:
    data = _exchange(api)["data"]
    assert data.keys() == {"access_token", "advertiser_ids", "scope"}
    assert (data["advertiser_ids"], data["scope"]) == ([ADVERTISER, OTHER], list(ALL_SCOPES))
    assert api.get("/user/info/", token=data["access_token"])["code"] == 0


def test_the_advertisers_can_be_left_out(api: Api) -> None:
    assert "advertiser_ids" not in _exchange(api, return_advertiser_ids=False)["data"]


def test_a_code_is_good_once(api: Api) -> None:
    code = _code(api.client)
    assert [_exchange(api, auth_code=code)["code"] for _ in range(2)] == [0, Code.AUTH_CODE_ERROR]


def test_a_code_is_good_for_an_hour(api: Api, clock: Clock) -> None:
    late, in_time = _code(api.client), _code(api.client)
    clock.now += 3599
    assert _exchange(api, auth_code=in_time)["code"] == 0
    clock.now += 1
    assert _exchange(api, auth_code=late)["code"] == Code.AUTH_CODE_ERROR


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"secret": "wrong"}, 40101, "app_id or secret"),
        ({"app_id": "1"}, 40101, "app_id or secret"),
        ({"auth_code": "never-given"}, 40110, "Invalid auth_code"),
        ({"auth_code": 7}, 40002, "auth_code: Not a valid string"),
        ({"return_advertiser_ids": "no"}, 40002, "return_advertiser_ids: Not a valid boolean"),
    ],
    ids=["secret", "app id", "unknown code", "number", "text for a boolean"],
)
def test_a_wrong_exchange_is_refused(api: Api, body: dict[str, Any], code: int, words: str) -> None:
    envelope = _exchange(api, **body)
    assert (envelope["code"], words in envelope["message"]) == (code, True)


def test_a_missing_field_is_named(api: Api) -> None:
    assert api.post("/oauth2/access_token/", app_id="1", secret="s")["message"].startswith("auth_code: Missing")


def test_a_form_is_refused(api: Api) -> None:
    answer = api.client.post(f"{PREFIX}/oauth2/access_token/", data=APP)
    assert (answer.json()["code"], answer.json()["message"]) == (40002, "Content-Type must be application/json.")


def test_without_its_trailing_slash_it_is_a_bare_page(api: Api) -> None:
    answer = api.client.post(f"{PREFIX}/oauth2/access_token", json=APP)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_token_that_does_not_end_cannot_be_refreshed(api: Api) -> None:
    assert api.post("/oauth2/refresh_token/", **APP, refresh_token="r")["code"] == Code.INVALID_REFRESH_TOKEN


def test_an_app_may_have_tokens_that_end_and_are_refreshed_once(api: Api, clock: Clock) -> None:
    api.load(an_account(apps=[ENDING]))
    first = _exchange(api, ENDING)["data"]
    assert (first["expires_in"], first["refresh_token_expires_in"]) == (86_400, 31_536_000)
    clock.now += 86_400
    assert api.get("/user/info/", token=first["access_token"])["code"] == Code.ACCESS_TOKEN_EXPIRE
    body = {"app_id": ENDING["app_id"], "secret": ENDING["secret"], "refresh_token": first["refresh_token"]}
    second = api.post("/oauth2/refresh_token/", **body)["data"]
    assert api.get("/user/info/", token=second["access_token"])["code"] == 0
    assert api.post("/oauth2/refresh_token/", **body)["code"] == Code.INVALID_REFRESH_TOKEN


def test_a_refresh_token_ends_too(api: Api, clock: Clock) -> None:
    api.load(an_account(apps=[ENDING]))
    first = _exchange(api, ENDING)["data"]
    clock.now += 31_536_000
    body = {"app_id": ENDING["app_id"], "secret": ENDING["secret"], "refresh_token": first["refresh_token"]}
    assert api.post("/oauth2/refresh_token/", **body)["code"] == Code.REFRESH_TOKEN_EXPIRE


def test_a_revoked_token_is_dead(api: Api) -> None:
    token = _exchange(api)["data"]["access_token"]
    ended = api.post("/oauth2/revoke_token/", **APP, access_token=token)
    assert ended["data"] == {"app_id": APP["app_id"], "advertiser_ids": [ADVERTISER, OTHER]}
    assert api.get("/user/info/", token=token)["code"] == Code.INVALID_ACCESS_TOKEN
    assert api.post("/oauth2/revoke_token/", **APP, access_token=token)["code"] == Code.INVALID_ACCESS_TOKEN


def test_the_list_of_advertisers_follows_what_is_shared_later(api: Api) -> None:
    token = _exchange(api)["data"]["access_token"]
    api.load(an_account(an_advertiser(name="Renamed"), {"advertiser_id": "9", "name": "New"}))
    listed = api.get("/oauth2/advertiser/get/", token=token, **APP)["data"]
    assert listed == {
        "list": [
            {"advertiser_id": ADVERTISER, "advertiser_name": "Renamed"},
            {"advertiser_id": "9", "advertiser_name": "New"},
        ]
    }


def test_the_list_of_advertisers_wants_the_apps_secret_and_the_tokens_own_app(api: Api) -> None:
    api.load(an_account(apps=[ENDING]))
    assert api.refusal("/oauth2/advertiser/get/", app_id=APP["app_id"], secret="wrong")[0] == 40101
    assert api.refusal("/oauth2/advertiser/get/", app_id=APP["app_id"])[1].startswith("secret: Missing")
    code, words = api.refusal("/oauth2/advertiser/get/", app_id=ENDING["app_id"], secret=ENDING["secret"])
    assert (code, "inconsistent" in words) == (40000, True)


def test_a_login_may_reach_no_advertiser_at_all(api: Api) -> None:
    api.load({"account_id": "account"})
    data = _exchange(api)["data"]
    assert data["advertiser_ids"] == []
    assert api.get("/oauth2/advertiser/get/", token=data["access_token"], **APP)["data"] == {"list": []}
