"""Robots by the list that others keep, and phones that only sound like them."""

import json
from importlib.resources import files

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from redirector.crawlers import LookupLimit, is_listed
from redirector.visitors import MAX_CHARS, read_user_agent, without_model

ROBOTS = sorted({agent for row in CRAWLER_USER_AGENTS_DATA for agent in row["instances"]})
PHONES = [
    json.loads(line)["useragent"]
    for line in files("fake_useragent").joinpath("data/browsers.jsonl").read_text().splitlines()
]
MODELS = [
    "M bot 54",
    "VR BOT 552",
    "XBot Junior",
    "Spider 8",
    "Cubot X30",
    "BOT",
    "Crawler 2 Pro",
    "bot-phone",
    "Scraper X",
    "S60 Lite",
    "ID bot 53+",
    "O+ Sonic",
]


def test_robots_of_the_list_are_robots() -> None:
    taken_for_people = [agent for agent in ROBOTS if read_user_agent(agent).kind == "click"]
    assert len(ROBOTS) > 2_000
    assert len(taken_for_people) / len(ROBOTS) <= 0.03, taken_for_people


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0 Mobile Safari/537.36 Google Page Speed Insights",  # noqa: E501
        "Mozilla/5.0 (compatible; Hotjar; +https://www.hotjar.com)",
        "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P; compatible; SomeBot/1.0; http://example.com)",
    ],
)
def test_named_robots_are_robots(agent: str) -> None:
    assert read_user_agent(agent).kind in ("bot", "preview")


def test_people_are_people() -> None:
    robots = [agent for agent in PHONES if read_user_agent(agent).kind != "click"]
    assert len(robots) / len(PHONES) <= 0.0001, robots


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 13; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 9; en-us; {} Build/PPR1.180610.011) AppleWebKit/534.30 Mobile Safari/534.30",
        "Mozilla/5.0 (Linux; Android 14; {} Build/UP1A.231005.007; wv) AppleWebKit/537.36 Chrome/126 Mobile",
        "Mozilla/5.0 (Android 12; Mobile; {}; rv:109.0) Gecko/120.0 Firefox/120.0",
    ],
)
def test_a_phones_model_never_makes_it_a_robot(agent: str, model: str) -> None:
    assert read_user_agent(agent.format(model)).kind == "click"
    assert read_user_agent(agent.format(model)).platform == "android"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Spider 8; compatible; xyz/2; +http://example.com", "compatible; xyz/2; +http://example.com"),
        ("Spider 8+; xyz/2; +example.com/about", "+example.com/about"),
        ("Spider 8+; xyz/2 +www.example.com", "xyz/2 +www.example.com"),
    ],
)
def test_what_a_robot_writes_beside_the_model_stays(written: str, kept: str) -> None:
    agent = "Mozilla/5.0 (Linux; Android 6.0; {}) AppleWebKit"
    assert without_model(agent.format(written)) == agent.format(kept)


def test_look_ups_are_limited_each_second() -> None:
    now = [100.0]
    limit = LookupLimit(lambda: now[0], each_s=3)
    assert [limit.take() for _ in range(5)] == [True, True, True, False, False]
    now[0] = 101.2
    assert limit.take()


def test_the_list_is_asked_about_the_beginning_of_an_agent() -> None:
    assert is_listed("AhrefsBot/7.0" + "x" * 100_000)


IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "platform"),
    [
        (IPAD + "Mobile/15E148 musical_ly_41.6.0 BytedanceWebview/d8a21c6", "ios"),
        (IPAD + "musical_ly_2023", "ios"),
        (IPAD + "Version/17.0 Mobile/15E148 Safari/604.1", "ios"),
        (IPAD + "CriOS/120.0.6099.119 Version/17.0 Safari/605.1.15", "ios"),
        (IPAD + "FxiOS/121.0 Safari/605.1.15", "ios"),
        (IPAD + "EdgiOS/120.0 Version/17.0 Safari/604.1", "ios"),
        (IPAD + "GSA/300.0 Mobile/15E148 Safari/604.1", "ios"),
        (IPAD + "DdgiOS/1.0 Safari/605.1.15", "ios"),
        (IPAD + "UCBrowser/10.7 Mobile Safari/604.1", "ios"),
        (IPAD + "[Pinterest/iOS]", "ios"),
        (IPAD + "OPT/4.5", "ios"),
        (IPAD + "Chrome/120.0.0.0 Safari/537.36 Edg/120.0", "other"),
        (IPAD + "Version/17.0 Safari/605.1.15", "other"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", "other"),
        ("Mozilla/5.0 (X11; Linux; like Android 4.4) AppleWebKit/537.36 Chrome/40 Safari/537.36", "other"),
        (
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) like iPhone OS 7_0_3 like Mac OS X",
            "other",
        ),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
            "other",
        ),
        ("Mozilla/5.0 (PC; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1.6.1", "other"),
        (
            "Mozilla/5.0 (Linux; Android 10; HarmonyOS; ELS-AN00) AppleWebKit/537.36 Chrome/99 Mobile Safari/537.36",
            "android",
        ),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94 Safari/537.36 WebAppManager", "other"),
        (
            "Mozilla/5.0 (Linux; Android 12; Quest 3) AppleWebKit/537.36 OculusBrowser/30.0 Chrome/120 Mobile",
            "other",
        ),
        ("Mozilla/5.0 (Linux; U; Adr 4.2.2; en-US; GT) U2/1.0.0 UCBrowser/10.0 Mobile", "android"),
        ("UCWEB/2.0 (MIDP-2.0; U; Adr 9; id; Redmi_Note_8) U2/1.0.0 UCBrowser/11.1.2 U2/1.0.0 Mobile", "android"),
        ("UCWEB/2.0 (MIDP-2.0;U;Adr 6.0;en-US;Cinemax) U2/1.0.0 UCBrowser/10.6.8 U2/1.0.0 Mobile", "android"),
    ],
)
def test_who_pretends_is_read_as_what_it_is(agent: str, platform: str) -> None:
    assert read_user_agent(agent).platform == platform


@pytest.mark.parametrize(
    "agent",
    [
        "(" + "android " * 4_000,
        "(" * 8_000 + "android " * 3_000,
        "(Linux; Android 10" + "()" * 15_000,
        "(android;" * 3_500,
    ],
)
def test_an_agent_made_to_cost_is_read_like_any_other(agent: str) -> None:
    """Its length bounds what is looked at: with all of it, a pattern for nested parentheses took seconds."""
    assert read_user_agent(agent) == read_user_agent(agent[:MAX_CHARS])
    assert without_model(agent).startswith("(")
