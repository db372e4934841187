import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redirector import visitors
from redirector.visitors import Visitor, read_user_agent, without_model
from tests.redirector.wire import ANDROID, IPHONE

ROWS = json.loads((Path(__file__).parents[1] / "data" / "user-agents.json").read_text())
# what a redirect needs of the captured truth; a desktop-mode iPad cannot be told from a Mac by its user agent
PLATFORMS = {"iOS": "ios", "iPadOS": "ios", "Android": "android", "HarmonyOS": "android"}
PREVIEWS = ("slackbot", "discordbot", "telegrambot", "twitterbot", "facebookexternalhit")


def expected_platform(row: dict[str, str]) -> str:
    if row["kind"] in {"ipad_desktop_mode", "okhttp"}:
        return "other"
    return "android" if row["os_family"].startswith("Fire OS") else PLATFORMS.get(row["os_family"], "other")


def expected_kind(row: dict[str, str]) -> str:
    if row["kind"] == "bot":
        return "preview" if any(name in row["ua"].lower() for name in PREVIEWS) else "bot"
    return "bot" if row["kind"] == "okhttp" else "click"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']}-{row['device']}" for row in ROWS])
def test_a_captured_user_agent(row: dict[str, str]) -> None:
    visitor = read_user_agent(row["ua"])
    assert visitor.kind == expected_kind(row)
    if visitor.kind == "click":
        assert visitor.platform == expected_platform(row)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']}-{row['device']}" for row in ROWS])
def test_a_lower_cased_log_says_the_same(row: dict[str, str]) -> None:
    assert read_user_agent(row["ua"].lower()) == read_user_agent(row["ua"])


@pytest.mark.parametrize(
    ("user_agent", "platform", "kind"),
    [
        pytest.param(f"{IPHONE} thirdLandingPageFeInfra", "ios", "preload", id="TikTok's preloader"),
        pytest.param("thirdLandingPageFeInfra", "other", "preload", id="the preloader's token alone"),
        pytest.param(ANDROID, "android", "click", id="Channel/googleplay is not Googlebot"),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19 Build/P) Chrome/96 Mobile", "android", "click", id="Cubot"
        ),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 12; CUBOT P60) Chrome/96 Mobile", "android", "click", id="Cubot with space"
        ),
        pytest.param("Mozilla/5.0 (compatible; SomeBot/1.0)", "other", "bot", id="a bot nobody knows"),
        pytest.param(
            "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)", "other", "bot", id="Bytespider"
        ),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 5.0) Mobile Safari (compatible; TikTokSpider; ttspider@tiktok.com)",
            "android",
            "bot",
            id="TikTokSpider",
        ),
        pytest.param(f"{ANDROID} Bytespider", "android", "bot", id="a named bot that copies the app"),
        pytest.param(
            f"{ANDROID} HybridTag/A FalconTag/B Bullet/1", "android", "click", id="tags are no sign of a reviewer"
        ),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 13; A B ; ) Chrome/119 Mobile Safari/537.36trill_320403",
            "android",
            "click",
            id="missing space before trill_",
        ),
        pytest.param(
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/120 Safari/537.36",
            "other",
            "click",
            id="Chromebook",
        ),
        pytest.param(
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile",
            "other",
            "click",
            id="Windows Phone says Android",
        ),
        pytest.param("Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/538.1", "other", "click", id="Tizen"),
        pytest.param("curl/8.5.0", "other", "bot", id="curl"),
        pytest.param("python-requests/2.31.0", "other", "bot", id="Python"),
        pytest.param("Go-http-client/1.1", "other", "bot", id="Go"),
        pytest.param("okhttp/4.12.0", "other", "bot", id="okhttp"),
        pytest.param("", "other", "bot", id="none"),
        pytest.param("   ", "other", "bot", id="spaces"),
        pytest.param("WhatsApp/2.23.20.0 A", "other", "preview", id="WhatsApp preview"),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/1]",
            "ios",
            "click",
            id="Facebook's app",
        ),
        pytest.param(
            "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X) Mobile/16A5288q", "ios", "click", id="iPod"
        ),
        pytest.param("App/1 CFNetwork/3860.100.1 Darwin/25.0.0 x86_64", "other", "click", id="CFNetwork on a Mac"),
    ],
)
def test_a_trap(user_agent: str, platform: str, kind: str) -> None:
    assert read_user_agent(user_agent) == Visitor(platform, kind)


COMMENTS = st.lists(st.sampled_from(["Android 9", "Linux", "(", ")", ";", " "]), max_size=20)


@given(st.text(max_size=300) | COMMENTS.map("".join))
def test_no_text_raises(user_agent: str) -> None:
    visitor = read_user_agent(user_agent)
    assert visitor.platform in {"ios", "android", "other"}
    assert visitor.kind in {"click", "preload", "preview", "bot"}


@pytest.mark.parametrize(
    ("user_agent", "rest"),
    [
        ("Mozilla/5.0 (Linux; Android 9; A bot (2022) Build/P) X", "Mozilla/5.0 (Linux; Android 9) X"),
        (
            "Mozilla/5.0 (1 MB; A bot; 10) Y (KHTML)  Some Android App",
            "Mozilla/5.0 (1 MB; A bot; 10) Y (KHTML)  Some Android App",
        ),
        ("Player 2.9 (720) / Android 6.0.1 / MotoG3", "Player 2.9 (720) / Android 6.0.1 / MotoG3"),
        (
            "App for Android 1.0 (build 2) Dalvik/2.1.0 (Linux; U; Android 9; A bot)",
            "App for Android 1.0 (build 2) Dalvik/2.1.0 (Linux; U; Android 9)",
        ),
        ("X (a (b) Android 9; A bot)", "X (a (b) Android 9)"),
        ("X (Linux; Android 9; A bot", "X (Linux; Android 9; A bot"),
    ],
    ids=[
        "in a comment",
        "behind the comments",
        "between slashes",
        "in a later comment",
        "behind an inner one",
        "unclosed",
    ],
)
def test_a_model_stands_in_the_comment_that_names_android(user_agent: str, rest: str) -> None:
    assert without_model(user_agent) == rest


def test_a_long_user_agent_takes_no_long_time() -> None:
    without_model("(Android" * 200_000)
    read_user_agent("Mozilla/5.0 (" + "; wv" * 8_000)
    read_user_agent("bot" * 10_000)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (visitors._NAMED_BOT, visitors._NAMED_BOT_WORDS),
        (visitors._NOT_ANDROID, visitors._NOT_ANDROID_WORDS),
        (visitors._PRETENDED, visitors._PRETENDED_WORDS),
    ],
    ids=["robots", "no Android", "like Android"],
)
@given(data=st.data())
def test_whatever_a_pattern_finds_holds_one_of_its_words(
    pattern: re.Pattern[str], words: tuple[str, ...], data: st.DataObject
) -> None:
    found = data.draw(st.from_regex(pattern))
    assert any(word in found for word in words)
