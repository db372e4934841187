"""Where a link may lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.destinations import destination_problem

OWN = "https://go.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://apps.apple.com/app/id1?pt=1&mt=8",
        "http://example.org",
        "HTTPS://Example.org/path?q=1#top",
        "https://example.org:8443/",
        "https://exämple.de/ü",
        "https://go.example.com:8443/another-service",
        "https://not-go.example.com/",
        "http://127.0.0.1:9000/landing",
    ],
)
def test_a_web_page_may_be_a_destination(url: str) -> None:
    assert destination_problem(url, OWN) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "tea://open",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:pass@example.org/",
        "https://a\\@b",
        "https://[::1]/",
        "https://[::1",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exa mple.org/",
        "https://example..org/",
        "https://-example.org/",
        "https://example.org/\u202egpj",
        "https://go.example.com/tea",
        "http://go.example.com/tea",
        "https://go.example.com:443/tea",
        "https://GO.EXAMPLE.COM./tea",
        "https://example.org/" + "x" * 2_000,
    ],
    ids=lambda url: url[:40],
)
def test_anything_else_may_not(url: str) -> None:
    assert destination_problem(url, OWN) is not None


def test_a_listed_scheme_may_but_listing_never_allows_a_bad_web_url() -> None:
    assert destination_problem("tea://open?x=1", OWN, ("tea",)) is None
    assert destination_problem("https://user@example.org", OWN, ("https",)) is not None


def test_the_own_host_counts_with_its_port() -> None:
    local = "http://127.0.0.1:8000"
    assert destination_problem("http://127.0.0.1:8000/x", local) is not None
    assert destination_problem("http://127.0.0.1:8001/x", local) is None


@given(st.text(max_size=60))
def test_no_text_raises_and_none_with_a_control_character_passes(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}"):
        problem = destination_problem(url, OWN)
        if any(ord(character) < 0x21 or ord(character) == 0x7F for character in url):
            assert problem is not None
