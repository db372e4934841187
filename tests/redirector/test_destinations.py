from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.links import Link
from redirector.destinations import destination, is_wrong_os, says_something_to_the_app_store

CLICK_ID = "0123456789abcdefghijkl"
PAGE = "http://t.test/s/stores"
APP_STORE = "https://apps.apple.com/app/id1"
PLAY = "https://play.google.com/store/apps/details?id=a.b"


def to_ios(url: str, campaign: str = "Spring") -> str:
    return destination(Link("s", "app_1", ios_url=url), "ios", campaign, PAGE).location(CLICK_ID)


def to_android(url: str, campaign: str = "Spring") -> str:
    return destination(Link("s", "app_1", android_url=url), "android", campaign, PAGE).location(CLICK_ID)


def referrer(location: str) -> str:
    (value,) = parse_qs(urlsplit(location).query)["referrer"]
    return value


@pytest.mark.parametrize(
    ("url", "campaign", "location"),
    [
        pytest.param(APP_STORE, "Spring", f"{APP_STORE}?ct=Spring", id="plain"),
        pytest.param(APP_STORE, "", f"{APP_STORE}?ct=s", id="the slug where TikTok sent no campaign"),
        pytest.param(f"{APP_STORE}?pt=9&mt=8", "x", f"{APP_STORE}?pt=9&mt=8&ct=x", id="pt and mt are kept"),
        pytest.param(f"{APP_STORE}?pt=9&ct=own&mt=8", "x", f"{APP_STORE}?pt=9&ct=own&mt=8", id="own ct is kept"),
        pytest.param(f"{APP_STORE}#top", "x", f"{APP_STORE}?ct=x#top", id="fragment"),
        pytest.param(f"{APP_STORE}?", "x", f"{APP_STORE}?ct=x", id="empty query"),
        pytest.param(f"{APP_STORE}?act=1", "x", f"{APP_STORE}?act=1&ct=x", id="act is not ct"),
        pytest.param("https://itunes.apple.com/app/id1", "x", "https://itunes.apple.com/app/id1?ct=x", id="iTunes"),
        pytest.param(APP_STORE, "a" * 31, f"{APP_STORE}?ct={'a' * 30}", id="30 characters"),
        pytest.param(APP_STORE, "Spring Sale | 50%", f"{APP_STORE}?ct=Spring-Sale-50", id="only safe characters"),
        pytest.param(APP_STORE, "下载", APP_STORE, id="nothing left of it"),
        pytest.param(APP_STORE, "x&pt=evil#", f"{APP_STORE}?ct=x-pt-evil", id="no second parameter"),
        pytest.param("https://example.com/get?a=1", "x", "https://example.com/get?a=1", id="another host is untouched"),
        pytest.param(
            "https://apps.apple.com.evil.test/a", "x", "https://apps.apple.com.evil.test/a", id="looks like it"
        ),
        pytest.param(
            "https://example.com/下载?q=ü#é",
            "x",
            "https://example.com/%E4%B8%8B%E8%BD%BD?q=%C3%BC#%C3%A9",
            id="not ASCII",
        ),
        pytest.param("https://example.com/a%20b", "x", "https://example.com/a%20b", id="encoded stays encoded"),
    ],
)
def test_where_an_iphone_is_sent(url: str, campaign: str, location: str) -> None:
    assert to_ios(url, campaign) == location


def test_play_gets_one_referrer_with_click_id_and_utm_values() -> None:
    location = to_android(PLAY, "Spring Sale & more=50%")
    assert location.startswith(f"{PLAY}&referrer=click_id%3D{CLICK_ID}%26utm_source%3Dtiktok")
    assert parse_qsl(referrer(location)) == [
        ("click_id", CLICK_ID),
        ("utm_source", "tiktok"),
        ("utm_medium", "paid"),
        ("utm_campaign", "Spring Sale & more=50%"),
    ]


def test_without_a_campaign_the_referrer_has_none() -> None:
    assert "utm_campaign" not in to_android(PLAY, "")


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        pytest.param(f"{PLAY}&referrer=old", [("id", "a.b")], id="replaced"),
        pytest.param(f"{PLAY}&referrer=old&referrer=older&hl=de", [("id", "a.b"), ("hl", "de")], id="all of them"),
        pytest.param("https://play.google.com/store/apps/details?referrer=x&id=a.b", [("id", "a.b")], id="in front"),
        pytest.param(f"{PLAY}&xreferrer=1", [("id", "a.b"), ("xreferrer", "1")], id="another name stays"),
    ],
)
def test_a_referrer_in_the_stored_url_gives_way(url: str, rest: list[tuple[str, str]]) -> None:
    location = to_android(url)
    assert [pair for pair in parse_qsl(urlsplit(location).query) if pair[0] != "referrer"] == rest
    assert referrer(location).startswith(f"click_id={CLICK_ID}&")


def test_a_fragment_stays_behind_the_referrer() -> None:
    location = to_android(f"{PLAY}#reviews")
    assert urlsplit(location).fragment == "reviews"
    assert parse_qs(referrer(location))["utm_campaign"] == ["Spring"]


def test_a_host_that_is_not_play_is_untouched() -> None:
    assert to_android("https://example.com/app.apk?x=1") == "https://example.com/app.apk?x=1"


def test_a_long_campaign_is_cut_at_a_whole_character() -> None:
    location = to_android(PLAY, "春" * 600)
    encoded = location.partition("referrer=")[2]
    assert 500 - 15 < len(encoded) <= 500  # one more would be 15 characters
    (campaign,) = parse_qs(referrer(location))["utm_campaign"]
    assert campaign == "春" * len(campaign)
    assert len(campaign) > 10


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.sampled_from([PLAY, f"{PLAY}&referrer=a#b"]))
def test_no_campaign_breaks_the_referrer_or_its_limit(campaign: str, url: str) -> None:
    location = to_android(url, campaign)
    parts = urlsplit(location)
    assert location.isascii()
    assert location.isprintable()
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "play.google.com", "/store/apps/details")
    assert [name for name, _ in parse_qsl(parts.query)] == ["id", "referrer"]
    assert len(parts.query.partition("referrer=")[2]) <= 500
    found = dict(parse_qsl(referrer(location), keep_blank_values=True, errors="strict"))
    assert found["click_id"] == CLICK_ID
    assert campaign.startswith(found.get("utm_campaign", ""))


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_no_campaign_breaks_the_app_store_url(campaign: str) -> None:
    parts = urlsplit(to_ios(f"{APP_STORE}?pt=9", campaign))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "apps.apple.com", "/app/id1", "")
    values = dict(parse_qsl(parts.query))
    assert values["pt"] == "9"
    assert len(values.get("ct", "")) <= 30


@pytest.mark.parametrize(
    ("link", "platform", "location"),
    [
        pytest.param(Link("s", "a", APP_STORE, PLAY, "https://f.test"), "other", "https://f.test", id="no phone"),
        pytest.param(Link("s", "a", None, PLAY, "https://f.test"), "ios", "https://f.test", id="no iOS URL"),
        pytest.param(
            Link("s", "a", APP_STORE, None, "https://f.test"), "android", "https://f.test", id="no Android URL"
        ),
        pytest.param(Link("s", "a", APP_STORE, PLAY), "other", PAGE, id="no fallback: the page with both stores"),
        pytest.param(Link("s", "a"), "ios", PAGE, id="nothing at all"),
    ],
)
def test_everyone_else_is_sent_to_the_fallback(link: Link, platform: str, location: str) -> None:
    assert destination(link, platform, "Spring", PAGE).location(CLICK_ID) == location


NEVER = [
    "itms-apps://itunes.apple.com/app/id1",
    "market://details?id=a.b",
    "intent://x#Intent;end",
    "ITMS-APPS:x",
    "javascript:alert(1)",
    "no scheme",
]


@pytest.mark.parametrize("url", NEVER)
@pytest.mark.parametrize("platform", ["ios", "android", "other"])
def test_a_scheme_that_fails_in_the_in_app_browser_never_leaves(url: str, platform: str) -> None:
    link = Link("s", "app_1", ios_url=url, android_url=url, fallback_url=url)
    assert destination(link, platform, "Spring", PAGE).location(CLICK_ID) == PAGE


@pytest.mark.parametrize(
    ("ios", "android", "platform", "wrong"),
    [
        (APP_STORE, None, "android", True),
        (APP_STORE, None, "ios", False),
        (APP_STORE, None, "other", False),
        (None, PLAY, "ios", True),
        (APP_STORE, PLAY, "ios", False),
        (None, None, "ios", False),
        ("itms-apps://x", PLAY, "ios", True),
    ],
)
def test_wrong_is_the_os_that_a_link_for_the_other_has_no_url_for(
    ios: str | None, android: str | None, platform: str, wrong: bool
) -> None:
    assert is_wrong_os(Link("s", "app_1", ios_url=ios, android_url=android), platform) is wrong


@pytest.mark.parametrize(
    ("name", "ct"),
    [
        ("夏セール", "17"), ("夏セール 2026", "17"),
        ("Распродажа", "17"), ("تخفيضات", "17"), ("💩", "17"), ("Été", "Ete"),
        ("Spring 春", "Spring"), ("2026-11", "2026-11"), ("", "17"), ("---", "17"),
    ],
)  # fmt: skip
def test_the_app_store_gets_the_campaigns_id_where_its_name_has_no_latin_letters(name: str, ct: str) -> None:
    campaign = name if says_something_to_the_app_store(name) else "17"
    assert to_ios(APP_STORE, campaign) == f"{APP_STORE}?ct={ct}"
