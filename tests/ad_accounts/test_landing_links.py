"""Which Signal link a landing URL is."""

import pytest

from ad_accounts.landing_links import landing_link
from tiktok.macros import signal_link_url

BASES = ["https://go.example.com", "https://go.tea.example:8443"]
WHOLE = signal_link_url("https://go.example.com", "spring")


@pytest.mark.parametrize(
    "url",
    [
        WHOLE, WHOLE.replace("https", "http"), WHOLE.replace("go.example.com", "GO.Example.COM"),
        WHOLE.replace("/spring?", "/spring/?"), f"  {WHOLE} ", WHOLE.replace("/spring?", "/spring%20?"),
        WHOLE.replace(".com/", ".com:443/"), WHOLE.replace(".com/", ".com./"), f"{WHOLE}&extra=1",
    ],
)  # fmt: skip
def test_a_whole_link_is_known_however_it_was_pasted(url: str) -> None:
    link = landing_link(url, BASES)
    assert link is not None
    assert (link.slug, link.missing) == ("spring", ())


@pytest.mark.parametrize(
    "url",
    [
        "https://tea.example/app", "https://go.example.com.evil.example/spring", "https://go.tea.example/spring",
        "https://evil.example/?https://go.example.com/spring", "", "not a url", "https://[", "https://go.example.com:99999/x",
    ],
)  # fmt: skip
def test_an_url_at_another_host_is_none_of_ours(url: str) -> None:
    assert landing_link(url, BASES) is None


def test_an_own_domain_with_a_port_is_ours() -> None:
    link = landing_link("https://go.tea.example:8443/x", BASES)
    assert link is not None
    assert link.slug == "x"


def test_missing_macros_are_named() -> None:
    link = landing_link("https://go.example.com/spring?campaign_id=__CAMPAIGN_ID__&ad_id=123", BASES)
    assert link is not None
    assert link.missing == ("adgroup_id=__AID__", "ad_id=__CID__", "ad_id_v2=__ADID_V2__")
