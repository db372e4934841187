"""Platforms as they are and as ua-parser reads them: on the user agents that the package fake-useragent carries (seen
in the wild, each with its OS) and on those of this project's tests and load tests.
"""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from ua_parser import parse_os

from redirector.visitors import read_user_agent

ROOT = Path(__file__).parents[2]
PLATFORMS = {"iOS": "ios", "Android": "android"}
LEAST_AGREEMENT = 0.995
# a part of the user agent, and why it is read otherwise than ua-parser does
DISAGREEMENTS = {
    "mozilla/5.0 (ipad; cpu os 26_5_2 like mac os x)": "an iPad from a lower-cased log: ua-parser minds the case",
    "Version/18.3.1 Mobile/15E148 Safari/604.1": "an iPad that asks for desktop pages: a Mac is not mobile",
    "HP Chromebook x360": "a laptop that runs Android apps: an ad for phones is not meant for it",
}


def _lines(path: str) -> list[str]:
    return [line for line in (ROOT / path).read_text().splitlines() if line and not line.startswith("#")]


CORPUS = [json.loads(line) for line in files("fake_useragent").joinpath("data/browsers.jsonl").read_text().splitlines()]
OS_OF = {row["useragent"]: row["os"] for row in CORPUS if row["type"] in {"mobile", "tablet"}}
PUBLIC = sorted({row["useragent"] for row in CORPUS})
CAPTURED = [row["ua"] for row in json.loads((ROOT / "tests/data/user-agents.json").read_text())]
LOADED = _lines("loadtests/data/user_agents.txt")


def second_opinion(user_agent: str) -> str:
    os = parse_os(user_agent)
    return PLATFORMS.get(os.family, "other") if os else "other"


def disagreements(user_agents: list[str]) -> list[str]:
    return [each for each in user_agents if read_user_agent(each).platform != second_opinion(each)]


def test_mobile_rows_of_the_public_corpus_are_read_as_what_they_are() -> None:
    wrong = [each for each, os in OS_OF.items() if read_user_agent(each).platform != PLATFORMS[os]]
    assert len(OS_OF) >= 500
    assert 1 - len(wrong) / len(OS_OF) >= LEAST_AGREEMENT, wrong


def test_people_of_the_public_corpus_are_people() -> None:
    assert [each for each in PUBLIC if read_user_agent(each).kind != "click"] == []


def test_every_disagreement_is_explained() -> None:
    found = disagreements(PUBLIC + CAPTURED + LOADED)
    assert [each for each in found if not any(part in each for part in DISAGREEMENTS)] == []


@pytest.mark.parametrize("part", DISAGREEMENTS)
def test_every_explanation_is_of_a_disagreement(part: str) -> None:
    assert any(part in each for each in disagreements(PUBLIC + CAPTURED + LOADED))


def test_a_device_of_neither_store_is_sent_to_neither() -> None:
    others = [each for each in PUBLIC if second_opinion(each) == "other"]
    assert others
    sent = [each for each in others if read_user_agent(each).platform != "other"]
    assert [each for each in sent if not any(part in each for part in DISAGREEMENTS)] == []
