import json
from collections import Counter
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from loadtests.addresses import address_of
from loadtests.workloads import Clicks, Events, Installs, user_agents

CAPTURED = Path(__file__).parents[1] / "data" / "user-agents.json"
MACROS = [  # in the link's order
    *("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name"),
    *("placement", "callback", "ip", "ua", "ttclid"),
]


def parts_of(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Target, headers with lower-case names, body."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line.endswith(" HTTP/1.1")
    return line.split(" ")[1], {name.lower(): value for name, value in (each.split(": ", 1) for each in headers)}, body


def query_of(request: bytes) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(parts_of(request)[0]).query, keep_blank_values=True))


def test_thirteen_clicks_share_ten_addresses() -> None:
    shared = Counter(address_of(click) for click in range(130_000))
    assert len(shared) == 100_000
    assert set(shared.values()) == {1, 2}


def test_every_address_is_a_public_one() -> None:
    assert all(ip_address(address_of(click).decode()).is_global for click in range(0, 5_000_000, 997))


def test_the_user_agents_are_those_captured_from_tiktoks_browser() -> None:
    captured = [row["ua"] for row in json.loads(CAPTURED.read_text()) if row["kind"] == "tiktok_webview"]
    assert user_agents() == captured


def test_no_two_clicks_have_the_same_ttclid() -> None:
    clicks = Clicks("/demo", seed=1)
    ttclids = {query_of(clicks(number))["ttclid"] for number in range(500)}
    assert len(ttclids) == 500
    assert {len(ttclid) for ttclid in ttclids} == {322}
    assert all(ttclid.startswith("E.C.P.") for ttclid in ttclids)


def test_a_website_url_arrives_with_the_three_macros_tiktok_does_not_fill_in() -> None:
    request = Clicks("/demo", seed=1)(5)
    target, headers, _ = parts_of(request)
    query = query_of(request)
    assert target.startswith("/demo?campaign_id=")
    assert list(query) == MACROS
    assert (query["ip"], query["ua"], query["callback"]) == ("__IP__", "__UA__", "__CALLBACK_PARAM__")
    assert headers["x-forwarded-for"] == address_of(5).decode()
    assert headers["user-agent"] in user_agents()


def test_every_macro_means_that_the_query_says_what_the_headers_say() -> None:
    request = Clicks("/demo", seed=1, every_macro=True)(5)
    _, headers, _ = parts_of(request)
    query = query_of(request)
    assert list(query) == MACROS
    assert query["ip"] == headers["x-forwarded-for"]
    assert query["ua"] == headers["user-agent"]
    assert not any(value.startswith("__") for value in query.values())


def test_all_user_agents_and_ads_take_part() -> None:
    clicks = Clicks("/demo", seed=1)
    requests = [clicks(number) for number in range(36 * len(user_agents()))]
    pairs = {(parts_of(each)[1]["user-agent"], query_of(each)["ad_id"]) for each in requests}
    assert len(pairs) == len(requests)


def test_an_install_has_an_id_of_its_own_and_comes_from_a_clicks_address() -> None:
    installs = Installs("sp_key", run=7)
    first, second = (parts_of(installs(number)) for number in (0, 1))
    body = json.loads(first[2])
    assert first[0] == "/v1/installs"
    assert first[1]["authorization"] == "Bearer sp_key"
    assert int(first[1]["content-length"]) == len(first[2])
    assert body["ip"] == address_of(0).decode()
    assert body["install_id"] != json.loads(second[2])["install_id"]


@pytest.mark.parametrize("per_request", [1, 4], ids=["one by one", "in lists"])
def test_events_name_known_installs_and_have_ids_of_their_own(per_request: int) -> None:
    installs = {json.loads(parts_of(Installs("k", run=7)(number))[2])["install_id"] for number in range(3)}
    events = Events("k", run=7, installs=3, per_request=per_request)
    bodies = [json.loads(parts_of(events(number))[2]) for number in range(6)]
    rows = [row for body in bodies for row in (body if per_request > 1 else [body])]
    assert len({row["event_id"] for row in rows}) == len(rows) == 6 * per_request
    assert {row["install_id"] for row in rows} == installs
    assert all(a["event_id"] != b["event_id"] for a, b in pairwise(rows))
