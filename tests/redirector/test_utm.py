"""The visit's own utm_* parameters, and what becomes of them at the store."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.links import Link
from redirector.destinations import REFERRER_MAX_CHARS, destination
from redirector.utm import read_utm

CLICK_ID = "0123456789abcdefghijkl"
PLAY = "https://play.google.com/store/apps/details?id=a.b"
APP_STORE = "https://apps.apple.com/app/id1"
VISIT = {"utm_source": "mail", "utm_medium": "own", "utm_campaign": "June", "utm_content": "a b", "utm_id": "7"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (b"campaign_id=1&ttclid=x", {}),
        (b"utm_content=a+b%20c&utm_term=%C3%BC", {"utm_content": "a b c", "utm_term": "ü"}),
        (b"utm_id=first&utm_id=second", {"utm_id": "first"}),
        (b"utm_id=&utm_id=second", {"utm_id": "second"}),
        (b"utm_content=__CID_NAME__&utm_term=real", {"utm_term": "real"}),
        (b"utm_=x&utm_A=x&xutm_id=x&utm_id[]=x&utm%5Fid=x", {}),
        (b"utm_id=a%0d%0aSet-Cookie:x", {"utm_id": "aSet-Cookie:x"}),
        (b"utm_id=%ff", {"utm_id": "\ufffd"}),
        (b"utm_id=" + b"a" * 500, {"utm_id": "a" * 100}),
    ],
)
def test_utm_values_are_read(query: bytes, found: dict[str, str]) -> None:
    assert read_utm(query) == found


@given(st.binary(max_size=300))
def test_no_query_is_too_odd(query: bytes) -> None:
    assert len(read_utm(b"utm_id=1&" + query)) >= 1


def referrer(utm: dict[str, str], option: str, campaign: str = "Spring") -> list[tuple[str, str]]:
    link = Link("s", "app_1", android_url=PLAY, utm=option)
    location = destination(link, "android", campaign, "", utm).location(CLICK_ID)
    ((_, _), (name, value)) = parse_qsl(urlsplit(location).query)
    assert name == "referrer"
    assert len(location.partition("referrer=")[2]) <= REFERRER_MAX_CHARS
    assert value.startswith(f"click_id={CLICK_ID}&")
    return parse_qsl(value)[1:]


OURS = [("utm_source", "tiktok"), ("utm_medium", "paid")]


def test_what_is_not_ours_is_added_after_ours() -> None:
    expected = [*OURS, ("utm_campaign", "Spring"), ("utm_content", "a b"), ("utm_id", "7")]
    assert referrer(VISIT, "add") == expected


def test_the_visits_campaign_stands_in_where_tiktok_sent_none() -> None:
    assert referrer(VISIT, "add", campaign="")[2] == ("utm_campaign", "June")


def test_the_visits_values_replace_ours_only_where_the_link_says_so() -> None:
    assert referrer(VISIT, "replace") == list(VISIT.items())


def test_nothing_is_passed_where_it_is_off() -> None:
    assert referrer(VISIT, "off") == [*OURS, ("utm_campaign", "Spring")]


def test_a_value_that_does_not_fit_is_left_out_whole() -> None:
    utm = {"utm_content": "x" * 100, "utm_term": "é" * 60, "utm_id": "7"}
    assert referrer(utm, "add") == [*OURS, ("utm_campaign", "Spring"), ("utm_content", "x" * 100), ("utm_id", "7")]


def test_a_source_that_is_too_long_leaves_ours() -> None:
    assert referrer({"utm_source": "é" * 30, "utm_medium": "m"}, "replace")[:2] == [OURS[0], ("utm_medium", "m")]


@given(st.dictionaries(st.sampled_from(sorted(VISIT)), st.text(min_size=1, max_size=100)), st.text(max_size=100))
def test_no_value_makes_the_referrer_too_long_or_leaves_its_place(utm: dict[str, str], campaign: str) -> None:
    for option in ("add", "replace"):
        names = [name for name, _ in referrer({name: value for name, value in utm.items() if value}, option, campaign)]
        assert set(names) <= set(VISIT)
        assert len(names) == len(set(names))


@pytest.mark.parametrize(("option", "ct"), [("add", "June"), ("replace", "June"), ("off", "s")])
def test_the_app_store_gets_the_visits_campaign_where_tiktok_sent_none(option: str, ct: str) -> None:
    link = Link("s", "app_1", ios_url=APP_STORE, utm=option)
    assert destination(link, "ios", "", "", VISIT).location(CLICK_ID) == f"{APP_STORE}?ct={ct}"


def test_utm_of_a_link_pasted_out_of_html_is_read() -> None:
    assert read_utm(b"utm_source=a&amp;utm_medium=b?utm_term=c") == {
        "utm_source": "a",
        "utm_medium": "b",
        "utm_term": "c",
    }
