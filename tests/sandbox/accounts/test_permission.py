"""Which token may do what."""

import pytest

from sandbox.accounts.permission import SCOPES
from tests.sandbox.accounts.conftest import PREFIX, Api
from tests.sandbox.accounts.examples import (
    ACCESS,
    ADVERTISER,
    OTHER,
    PIXEL_CODE,
    PIXEL_TOKEN,
    a_pixel,
    an_account,
    an_advertiser,
)
from tests.sandbox.conftest import Clock
from tests.sandbox.rows import a_body


def _track(api: Api, token: str, pixel: str = PIXEL_CODE) -> int:
    headers = {"Access-Token": token}
    answer = api.client.post(f"{PREFIX}/event/track/", json=a_body(event_source_id=pixel), headers=headers)
    code: int = answer.json()["code"]
    return code


@pytest.mark.parametrize(
    ("token", "code"),
    [("", 40104), ("never-granted", 40105), (f"Bearer {ACCESS}", 40105), ("expired-x", 40102), (PIXEL_TOKEN, 40001)],
)
def test_a_token_that_is_none_is_refused_with_http_200(api: Api, token: str, code: int) -> None:
    assert api.get("/pixel/list/", token=token)["code"] == code


def test_a_token_revoked_from_outside_is_dead_until_restored(api: Api) -> None:
    api.client.post("/_sandbox/tokens/revoke", json={"token": ACCESS})
    assert api.get("/user/info/")["code"] == 40105
    api.client.post("/_sandbox/tokens/restore", json={"token": ACCESS})
    assert api.get("/user/info/")["code"] == 0


@pytest.mark.parametrize("path", [path for path in SCOPES if path not in {"/event/track/", "/report/task/create/"}])
def test_a_missing_scope_is_told_with_path_and_method_and_its_child_is_enough(api: Api, path: str) -> None:
    api.grant(scope=[])
    assert api.refusal(path) == (40001, f"advertiser does not grant you {path}:GET permission")
    api.grant(scope=[SCOPES[path][-1]])
    assert "does not grant" not in api.refusal(path)[1]


def test_an_advertiser_that_is_not_granted_is_told_like_one_that_is_gone(api: Api) -> None:
    api.grant(advertiser_ids=[OTHER])
    assert api.refusal("/pixel/list/") == (40001, f"No permission to operate advertiser {ADVERTISER}.")
    assert api.refusal("/pixel/list/", advertiser_id="404") == (40001, "No permission to operate advertiser 404.")
    assert api.get("/pixel/list/", advertiser_id=OTHER)["code"] == 0


def test_a_granted_token_sends_the_events_of_its_advertisers_pixels(api: Api) -> None:
    assert _track(api, ACCESS) == 0
    assert _track(api, ACCESS, "C4NOBODYSPIXEL000001") == 40001
    api.grant(scope=[7224195155857866754])
    assert _track(api, ACCESS) == 0
    api.grant(scope=[51])
    assert _track(api, ACCESS) == 40001
    api.grant(advertiser_ids=[OTHER])
    assert _track(api, ACCESS) == 40001


def test_the_token_of_a_loaded_pixel_sends_its_events(api: Api) -> None:
    assert _track(api, PIXEL_TOKEN) == 0
    assert _track(api, "invented") == 40105


def test_a_loaded_pixel_without_a_token_is_nobodys_to_adopt(api: Api) -> None:
    api.load(an_account(an_advertiser(pixels=[a_pixel(pixel_code="C4NOTOKEN", token=None)])))
    assert _track(api, "invented", "C4NOTOKEN") == 40105
    assert _track(api, ACCESS, "C4NOTOKEN") == 0


def test_requests_over_the_limit_are_told_which(api: Api) -> None:
    api.client.post("/_sandbox/limits", json={"qpm": 1})
    answers = [api.refusal("/user/info/") for _ in range(2)]
    assert answers == [(0, "OK"), (40100, "Too many requests: App reaches the QPM limit 1.")]


def test_a_fault_hits_the_endpoint_it_names_alone(api: Api, clock: Clock) -> None:
    api.client.post("/_sandbox/faults", json={"endpoint": "pixel/list", "code": 40016})
    assert api.get("/user/info/")["code"] == 0
    assert [api.get("/pixel/list/")["code"] for _ in range(2)] == [40016, 0]
