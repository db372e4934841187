"""Which versions of the API are alive."""

import httpx

from tests.sandbox.rows import TOKEN, TRACK, a_body

NEXT = TRACK.replace("v1.3", "v2.0")
HEADERS = {"Access-Token": TOKEN}


def _codes(client: httpx.Client) -> list[int]:
    return [client.post(path, json=a_body(), headers=HEADERS).json()["code"] for path in (TRACK, NEXT)]


def test_another_version_is_answered_with_40006_and_http_200(client: httpx.Client) -> None:
    answer = client.post(NEXT, json=a_body(), headers=HEADERS)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (200, 40006, "no schema found")


def test_versions_are_set_while_it_runs_and_a_reset_takes_them_back(client: httpx.Client) -> None:
    assert client.post("/_sandbox/versions", json={"alive": ["v2.0"]}).json()["alive"] == ["v2.0"]
    assert _codes(client) == [40006, 0]
    client.post("/_sandbox/versions", json={"alive": ["v1.3", "v2.0"]})
    assert _codes(client) == [0, 0]
    client.post("/_sandbox/reset")
    assert client.get("/_sandbox/versions").json() == {"alive": ["v1.3"], "deprecated": {}}
    assert _codes(client) == [0, 40006]


def test_a_version_at_its_end_says_so_in_a_header(client: httpx.Client) -> None:
    client.post("/_sandbox/versions", json={"alive": ["v1.3", "v2.0"], "deprecated": {"v1.3": "Use v2.0."}})
    old, new = (client.post(path, json=a_body(), headers=HEADERS) for path in (TRACK, NEXT))
    assert old.headers["X-Api-Deprecation-Info"] == "Use v2.0."
    assert "X-Api-Deprecation-Info" not in new.headers


def test_a_version_that_is_none_is_a_422(client: httpx.Client) -> None:
    answer = client.post("/_sandbox/versions", json={"alive": ["2"]})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "alive[0]")
