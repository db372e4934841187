"""Platforms as ua-parser's rules read them, on an extract of the corpus those rules are tested with (the file in
tests/data names its source) and on the user agents of this project's tests and load tests.
"""

import json
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
    "HP Chromebook x360": "a laptop that runs Android apps: an ad for phones is not meant for it",
}


def _lines(path: str) -> list[str]:
    return [line for line in (ROOT / path).read_text().splitlines() if line and not line.startswith("#")]


PUBLIC = _lines("tests/data/mobile-user-agents.txt")
CAPTURED = [row["ua"] for row in json.loads((ROOT / "tests/data/user-agents.json").read_text())]
LOADED = _lines("loadtests/data/user_agents.txt")


def second_opinion(user_agent: str) -> str:
    os = parse_os(user_agent)
    return PLATFORMS.get(os.family, "other") if os else "other"


def is_mobile(user_agent: str) -> bool:
    """Whether either of the two takes it for an iPhone, iPad or Android device."""
    return {second_opinion(user_agent), read_user_agent(user_agent).platform} != {"other"}


def disagreements(user_agents: list[str]) -> list[str]:
    return [each for each in user_agents if read_user_agent(each).platform != second_opinion(each)]


def test_the_public_corpus_has_no_row_twice() -> None:
    assert len(set(PUBLIC)) == len(PUBLIC)


def test_mobile_rows_of_the_public_corpus_are_read_as_ua_parser_reads_them() -> None:
    mobile = [each for each in PUBLIC if is_mobile(each)]
    assert {second_opinion(each) for each in mobile} >= {"ios", "android"}
    agreement = 1 - len(disagreements(mobile)) / len(mobile)
    assert len(mobile) >= 150
    assert agreement >= LEAST_AGREEMENT, disagreements(mobile)


def test_every_disagreement_is_explained() -> None:
    found = disagreements(PUBLIC + CAPTURED + LOADED)
    assert [each for each in found if not any(part in each for part in DISAGREEMENTS)] == []


@pytest.mark.parametrize("part", DISAGREEMENTS)
def test_every_explanation_is_of_a_disagreement(part: str) -> None:
    assert any(part in each for each in disagreements(PUBLIC + CAPTURED + LOADED))


@pytest.mark.parametrize("user_agent", [each for each in PUBLIC if second_opinion(each) == "other"])
def test_a_device_of_neither_store_is_sent_to_neither(user_agent: str) -> None:
    assert read_user_agent(user_agent).platform == "other"
