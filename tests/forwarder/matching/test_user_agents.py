"""User-Agents with their truth (tests/data/user-agents.json), and the shapes that mislead."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.matching.user_agents import os_version, read_user_agent

ROWS = json.loads((Path(__file__).parents[2] / "data" / "user-agents.json").read_text())
WEBVIEWS = [row for row in ROWS if row["kind"] == "tiktok_webview" and row["os_family"] in ("iOS", "iPadOS", "Android")]


@pytest.mark.parametrize("row", WEBVIEWS, ids=lambda row: f"{row['os_family']} {row['os_version']}")
def test_tiktoks_webview_tells_the_true_os_version(row: dict[str, Any]) -> None:
    phone = read_user_agent(row["ua"])
    assert phone.os == ("android" if row["os_family"] == "Android" else "ios")
    assert phone.os_version == os_version(row["os_version"])
    assert phone.os_is_floor is False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']} {row['os_version']}")
def test_a_version_is_never_higher_than_the_truth(row: dict[str, Any]) -> None:
    phone, truth = read_user_agent(row["ua"]), os_version(row["os_version"])
    if row["os_family"] in ("iOS", "iPadOS", "Android") and phone.os_version is not None and truth is not None:
        assert phone.os_version[0] <= truth[0]


@pytest.mark.parametrize(
    ("user_agent", "model"),
    [
        ("Mozilla/5.0 (Linux; Android 10; moto g(7) Build/QP6; wv) AppleWebKit/537.36", "moto g(7)"),
        ("Mozilla/5.0 (Linux; Android 14; SM-S901U Build/UP1A; ) AppleWebKit/537.36", "sm-s901u"),
        ("Dalvik/2.1.0 (Linux; U; Android 13; SM-G991U Build/TP1A.220624.014)", "sm-g991u"),
        ("Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AL00; HMSCore 6.1) AppleWebKit/537.36", "noh-al00"),
        ("Mozilla/5.0 (Linux; Android 10; K; wv) AppleWebKit/537.36", None),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36", None),
        ("Mozilla/5.0 (Linux; Android 9; en-us; Redmi 6A Build/PPR1) AppleWebKit/537.36", "redmi 6a"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36", None),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 7)", "pixel 7"),
    ],
)
def test_the_android_model_is_what_stands_before_the_build(user_agent: str, model: str | None) -> None:
    assert read_user_agent(user_agent).model == model


@pytest.mark.parametrize(
    ("user_agent", "version", "is_floor"),
    [
        ("(iPhone; CPU iPhone OS 18_7 like Mac OS X) Version/26.0.1 Mobile/15E148 Safari/604.1", (26, 0, 1), False),
        ("(iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", (18, 7), True),
        ("(iPhone; CPU iPhone OS 18_6 like Mac OS X) Mobile/23B5059e Instagram 403.0", (26, 1), True),
        ("(iPhone; CPU iPhone OS 18_6 like Mac OS X) Mobile/15E148 musical_ly_41.6.0", (18, 6), False),
        ("(iPhone; CPU iPhone OS 17_5_1 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1", (17, 5, 1), False),
    ],
)
def test_the_frozen_version_of_ios_26_is_seen_through_or_taken_as_a_floor(
    user_agent: str, version: tuple[int, ...], is_floor: bool
) -> None:
    phone = read_user_agent(user_agent)
    assert (phone.os_version, phone.os_is_floor) == (version, is_floor)


@pytest.mark.parametrize(
    ("user_agent", "form"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone like Mac OS X) Mobile/15E148 musical_ly_42.7.0", "iphone"),
        ("mozilla/5.0 (ipad; cpu like mac os x) applewebkit/605.1.15 mobile/15e148 bytedancewebview/d8a21c6", "ipad"),
    ],
)
def test_an_iphone_that_hides_its_version_is_an_iphone_of_any_version(user_agent: str, form: str) -> None:
    phone = read_user_agent(user_agent)
    assert (phone.os, phone.os_version, phone.form) == ("ios", None, form)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (Mobile; Windows Phone 8.1; ARM) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 Mobile Safari/537",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (no iPhone, like Mac OS X) Safari/605",
    ],
    ids=["Windows Phone", "a Mac that names an iPhone"],
)
def test_what_only_names_an_iphone_is_none(user_agent: str) -> None:
    assert read_user_agent(user_agent).os == "other"


@pytest.mark.parametrize(
    ("text", "version"),
    [("18.6.2", (18, 6, 2)), ("18_6", (18, 6)), ("18.0", (18,)), ("Android 14", (14,)), ("", None), ("unknown", None)],
)
def test_versions_are_numbers_without_zeros_at_the_end(text: str, version: tuple[int, ...] | None) -> None:
    assert os_version(text) == version


@given(st.text(max_size=300))
def test_any_text_at_all_is_read_without_an_error(text: str) -> None:
    read_user_agent(text)
    os_version(text)
