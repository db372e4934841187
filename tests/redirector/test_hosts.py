"""Which app a Host belongs to."""

import pytest

from clicks.links import Site
from redirector.hosts import ANY_APP, Hosts

SITES = (Site("app_tea", ("go.tea.example", "t.tea.example")), Site("app_jam", ("jam.example",)), Site("app_none"))


def app_of(host: bytes | None, sites: tuple[Site, ...] = SITES) -> str | None:
    headers = [(b"accept", b"*/*")] if host is None else [(b"accept", b"*/*"), (b"host", host)]
    return Hosts(sites, "https://go.example.com:8443").app_of(headers)


@pytest.mark.parametrize("host", [b"go.tea.example", b"T.Tea.Example:8443", b"go.tea.example.", b" go.tea.example "])
def test_a_domain_of_an_app_is_that_apps(host: bytes) -> None:
    assert app_of(host) == "app_tea"


@pytest.mark.parametrize(
    "host",
    [
        None,
        b"",
        b"go.example.com",
        b"GO.example.com:8443",
        b"localhost:8000",
        b"127.0.0.1:8000",
        b"[::1]:80",
        b"10.0.0.9",
    ],
)
def test_public_urls_host_loopback_and_addresses_serve_every_app(host: bytes | None) -> None:
    assert app_of(host) == ANY_APP


@pytest.mark.parametrize(
    "host", [b"tea.example", b"go.tea.example.evil.test", b"evil.test", b"\xff", b"jam.example/x", b"jam.example\x00"]
)
def test_any_other_host_is_nobodys(host: bytes) -> None:
    assert app_of(host) is None


@pytest.mark.parametrize("host", [b"anything.test", b"", b"\xff", None])
def test_without_a_domain_every_host_serves_every_app(host: bytes | None) -> None:
    assert app_of(host, (Site("app_none"),)) == ANY_APP


@pytest.mark.parametrize("public", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost:8000", b"LocalHost.", b"[::1]:8000"])
def test_on_loopback_every_name_of_the_machine_serves_every_app(public: str, host: bytes) -> None:
    assert Hosts(SITES, public).app_of([(b"host", host)]) == ANY_APP


def test_an_app_stands_on_its_first_domain() -> None:
    hosts = Hosts(SITES, "https://go.example.com:8443")
    assert hosts.base_of("app_tea") == "https://go.tea.example:8443"
    assert hosts.base_of("app_none") == "https://go.example.com:8443"
    assert hosts.base_of("app_unknown") == "https://go.example.com:8443"


def test_a_link_is_served_on_its_apps_domain_and_on_public_url_alone() -> None:
    hosts = Hosts(SITES, "https://go.example.com")
    assert hosts.serves("app_tea", [(b"host", b"go.tea.example")])
    assert hosts.serves("app_tea", [(b"host", b"go.example.com")])
    assert not hosts.serves("app_tea", [(b"host", b"jam.example")])
    assert not hosts.serves("app_none", [(b"host", b"jam.example")])
