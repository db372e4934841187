"""The consent page and the way back from it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.accounts.grants import SANDBOX_APP

BACK = "https://console.example.com/oauth/tiktok/callback?keep=1"


def _ask(client: httpx.Client, **changes: Any) -> httpx.Response:
    asked = {"app_id": SANDBOX_APP.app_id, "state": 's"<1', "redirect_uri": BACK, **changes}
    return client.get("/portal/auth", params=asked)


def _returned(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://console.example.com/oauth/tiktok/callback?keep=1&")
    return parse_qs(urlsplit(answer.headers["location"]).query)


def test_the_page_offers_both_answers_without_script_and_escapes_what_it_was_given(client: httpx.Client) -> None:
    page = _ask(client)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert 'value="allow"' in page.text
    assert 'value="cancel"' in page.text
    assert "s&quot;&lt;1" in page.text
    assert "<script" not in page.text


def test_allow_returns_with_a_code_under_both_names_and_the_state(client: httpx.Client) -> None:
    returned = _returned(_ask(client, decision="allow"))
    assert returned["state"] == ['s"<1']
    assert returned["code"] == returned["auth_code"]
    assert len(returned["code"][0]) == 40


def test_cancel_returns_with_an_error_and_the_state(client: httpx.Client) -> None:
    returned = _returned(_ask(client, decision="cancel"))
    assert (returned["error"], returned["state"]) == (["access_denied"], ['s"<1'])
    assert "code" not in returned


def test_who_logs_in_can_be_chosen_from_the_accounts_loaded(client: httpx.Client) -> None:
    for account_id in ("first", "second"):
        client.post("/_sandbox/accounts", json={"account_id": account_id, "display_name": f"Login {account_id}"})
    page = _ask(client).text
    assert '<option value="first">Login first</option><option value="second">Login second</option>' in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_id": "7"}, "No developer app"),
        ({"redirect_uri": "/relative"}, "not an absolute"),
        ({"redirect_uri": "javascript:alert(1)"}, "not an absolute"),
    ],
    ids=["unknown app", "relative", "no http"],
)
def test_an_address_that_is_wrong_is_told_on_the_page(client: httpx.Client, changes: Any, words: str) -> None:
    answer = _ask(client, decision="allow", **changes)
    assert (answer.status_code, words in answer.text) == (400, True)


def test_redirect_urls_of_an_app_are_compared_to_the_letter(client: httpx.Client) -> None:
    app = {"app_id": "7000000000000000401", "secret": "s", "redirect_urls": [BACK]}
    client.post("/_sandbox/accounts", json={"apps": [app]})
    assert _ask(client, app_id=app["app_id"]).status_code == 200
    assert _ask(client, app_id=app["app_id"], redirect_uri=BACK + "/").status_code == 400


def test_pages_do_not_count_against_the_limits(client: httpx.Client) -> None:
    client.post("/_sandbox/limits", json={"qpm": 1})
    assert [_ask(client).status_code for _ in range(3)] == [200, 200, 200]


def test_a_fault_can_be_ordered_for_the_portal(client: httpx.Client) -> None:
    client.post("/_sandbox/faults", json={"endpoint": "portal/auth", "status": 503})
    assert [_ask(client).status_code for _ in range(2)] == [503, 200]
