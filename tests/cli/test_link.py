"""`signalpost link`."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import segno

from clicks.connection import connect
from clicks.links import Link, read_links
from tests.cli.conftest import PUBLIC_URL, Cli

MACROS = (
    "campaign_id=__CAMPAIGN_ID__&campaign_name=__CAMPAIGN_NAME__&adgroup_id=__AID__&adgroup_name=__AID_NAME__"
    "&ad_id=__CID__&ad_name=__CID_NAME__&ad_id_v2=__ADID_V2__&ad_name_v2=__ADID_V2_NAME__"
    "&placement=__PLACEMENT__&callback=__CALLBACK_PARAM__&ip=__IP__&ua=__UA__"
)


def published(redis_url: str) -> dict[str, Link]:
    """The table redirectors read."""

    async def read() -> Any:
        redis = connect(redis_url)
        try:
            return await read_links(redis)
        finally:
            await redis.aclose()

    return {link.slug: link for link in asyncio.run(read())}


def test_create_prints_the_url_with_every_macro(cli: Cli, app_id: str) -> None:
    created = cli("link", "create", "--app", app_id, "--slug", "tea", "--json").value
    assert created == {"slug": "tea", "url": f"{PUBLIC_URL}/tea?{MACROS}"}


def test_a_slug_is_made_up_when_absent(cli: Cli, app_id: str) -> None:
    slugs = {cli("link", "create", "--app", app_id, "--json").value["slug"] for _ in range(3)}
    assert len(slugs) == 3
    assert all(len(slug) == 8 and slug.isalnum() for slug in slugs)


def test_show_has_the_fields_of_the_contract_with_the_apps_stores(cli: Cli, app_id: str) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea")
    assert cli("link", "show", "tea", "--json").value == {
        "slug": "tea",
        "url": f"{PUBLIC_URL}/tea?{MACROS}",
        "app_id": app_id,
        "ios_url": "https://apps.apple.com/app/id1234567890",
        "android_url": "https://play.google.com/store/apps/details?id=com.example.tea",
        "fallback_url": None,
        "mode": "redirect",
        "enabled": True,
        "bridge_weight": None,
        "utm": "add",
        "expires_at": None,
        "click_cap": None,
        "os": "both",
    }


def test_options_are_set_shown_published_and_cleared(cli: Cli, app_id: str, redis_url: str) -> None:
    options = ("bridge_weight=30", "utm=replace", "expires_at=2026-12-01T00:00:00Z", "click_cap=500")
    cli("link", "create", "--app", app_id, "--slug", "tea", *options)
    shown = cli("link", "show", "tea", "--json").value
    assert (shown["bridge_weight"], shown["utm"], shown["click_cap"]) == (30, "replace", 500)
    assert shown["expires_at"] == "2026-12-01T00:00:00Z"
    link = published(redis_url)["tea"]
    assert (link.bridge_weight, link.utm, link.expires_at, link.click_cap) == (30, "replace", 1796083200, 500)
    cli("link", "set", "tea", "bridge_weight=", "expires_at=1796083201")
    link = published(redis_url)["tea"]
    assert (link.bridge_weight, link.utm, link.expires_at, link.click_cap) == (None, "replace", 1796083201, 500)


def test_a_setting_of_the_app_reaches_its_links(cli: Cli, app_id: str, redis_url: str) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea")
    cli("app", "set", app_id, "generate_ttp=false")
    assert not published(redis_url)["tea"].generate_ttp


def test_links_stand_on_the_apps_own_domain(cli: Cli, app_id: str, redis_url: str) -> None:
    cli("app", "set", app_id, "domains=go.tea.example,t.tea.example")
    created = cli("link", "create", "--app", app_id, "--slug", "tea", "--json").value
    assert created["url"] == f"https://go.tea.example/tea?{MACROS}"
    assert cli("link", "qr", "tea", "--json").value["url"] == "https://go.tea.example/tea"
    refused = cli("link", "set", "tea", "fallback_url=https://t.tea.example/tea")
    assert refused.status == 1
    assert "leads back" in refused.stderr


@pytest.mark.parametrize("domain", ["GO.example", "https://go.example", "go.example:8000", "localhost", "10.0.0.1"])
def test_a_domain_is_a_plain_host_name(cli: Cli, app_id: str, domain: str) -> None:
    refused = cli("app", "set", app_id, f"domains={domain}")
    assert refused.status == 1
    assert refused.stderr.startswith("domains")


def test_a_domain_belongs_to_one_app_and_is_not_public_urls(cli: Cli, app_id: str) -> None:
    other = cli("app", "create", "Other", "--json").value["app_id"]
    assert cli("app", "set", other, "domains=go.other.example").status == 0
    assert "another app" in cli("app", "set", app_id, "domains=go.other.example").stderr
    assert "PUBLIC_URL" in cli("app", "set", app_id, "domains=go.example.com").stderr
    assert cli("app", "set", other, "domains=go.other.example").status == 0


@pytest.mark.parametrize("scheme", ["itms-apps", "market", "intent", "javascript", "file"])
def test_a_scheme_that_breaks_in_the_in_app_browser_is_never_taken(cli: Cli, app_id: str, scheme: str) -> None:
    refused = cli("app", "set", app_id, f"app_schemes={scheme}")
    assert refused.status == 1
    assert refused.stderr.startswith("app_schemes")


@pytest.mark.parametrize("public", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST.", "[::1]"])
def test_on_loopback_a_link_to_any_name_of_the_redirector_is_refused(
    cli: Cli, app_id: str, environment: dict[str, str], public: str, host: str
) -> None:
    environment["PUBLIC_URL"] = public
    for command in (("link", "create", "--app", app_id, "--fallback-url"), ("app", "create", "Jam", "--fallback-url")):
        refused = cli(*command, f"http://{host}:8000/tea")
        assert (refused.status, refused.stderr.partition(":")[0]) == (1, "fallback_url")
    assert cli("link", "create", "--app", app_id, "--fallback-url", "http://localhost:8001/tea").status == 0


def test_another_service_of_this_machine_may_be_a_destination(cli: Cli, app_id: str) -> None:
    assert cli("link", "create", "--app", app_id, "--fallback-url", "https://localhost/tea").status == 0


def test_redirectors_are_told_of_every_change(cli: Cli, app_id: str, redis_url: str) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea", "--ios-url", "https://example.org/ios", "--bridge")
    link = published(redis_url)["tea"]
    assert (link.ios_url, link.mode) == ("https://example.org/ios", "bridge")
    cli("link", "set", "tea", "ios_url=", "mode=redirect", "fallback_url=https://example.org/?x=1")
    link = published(redis_url)["tea"]
    assert (link.ios_url, link.mode) == ("https://apps.apple.com/app/id1234567890", "redirect")
    assert link.fallback_url == "https://example.org/?x=1"
    cli("app", "set", app_id, "ios_app_id=42")
    assert published(redis_url)["tea"].ios_url == "https://apps.apple.com/app/id42"
    cli("link", "disable", "tea")
    assert not published(redis_url)["tea"].enabled
    cli("link", "set", "tea", "enabled=true")
    assert published(redis_url)["tea"].enabled


def test_without_redis_the_link_is_saved_and_a_note_says_so(cli: Cli, app_id: str, environment: dict[str, str]) -> None:
    environment["REDIS_URL"] = "redis://127.0.0.1:9/0"
    ran = cli("link", "create", "--app", app_id, "--slug", "tea", "--json")
    assert ran.value["slug"] == "tea"
    assert "as soon as Redis answers" in ran.stderr
    assert cli("link", "show", "tea").status == 0


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("two words", "1 to 64"),
        ("x" * 65, "1 to 64"),
        ("../etc", "1 to 64"),
        ("healthz", "reserved"),
        ("ReadyZ", "reserved"),
        ("metrics", "reserved"),
        ("robots.txt", "1 to 64"),
        (".well-known", "1 to 64"),
    ],
)
def test_a_slug_that_cannot_be_is_refused(cli: Cli, app_id: str, slug: str, said: str) -> None:
    refused = cli("link", "create", "--app", app_id, "--slug", slug)
    assert refused.status == 1
    assert refused.stderr.startswith("slug:")
    assert said in refused.stderr


def test_a_taken_slug_is_refused_and_the_first_link_stays(cli: Cli, app_id: str) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea", "--ios-url", "https://example.org/first")
    refused = cli("link", "create", "--app", app_id, "--slug", "tea", "--ios-url", "https://example.org/second")
    assert refused.status == 1
    assert "taken" in refused.stderr
    assert cli("link", "show", "tea", "--json").value["ios_url"] == "https://example.org/first"


@pytest.mark.parametrize("option", ["--ios-url", "--android-url", "--fallback-url"])
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "http://user@example.org",
        "https://a\\@b",
        "https://[::1]/",
        "java\tscript:alert(1)",
        "https://example.org/a b",
        "https://example.org/\r\nSet-Cookie:x=1",
        "https://",
        "//example.org",
        f"{PUBLIC_URL}/tea",
        "http://GO.example.com./tea",
    ],
)
def test_a_destination_that_is_no_plain_web_page_is_refused(cli: Cli, app_id: str, option: str, url: str) -> None:
    refused = cli("link", "create", "--app", app_id, option, url)
    assert refused.status == 1
    assert refused.stderr.startswith(f"{option[2:].replace('-', '_')}:")
    assert cli("link", "list", "--json").value["items"] == []


def test_a_scheme_that_the_app_lists_is_taken(cli: Cli, app_id: str) -> None:
    assert cli("link", "create", "--app", app_id, "--ios-url", "tea://open").status == 1
    cli("app", "set", app_id, "app_schemes=tea")
    assert cli("link", "create", "--app", app_id, "--ios-url", "tea://open").status == 0


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("mode=jump", "`redirect` or `bridge`"),
        ("slug=x", "known are"),
        ("enabled=maybe", "`true` or `false`"),
        ("bridge_weight=101", "0 to 100"),
        ("bridge_weight=half", "whole number"),
        ("click_cap=0", "from 1"),
        ("utm=maybe", "`add` or `replace` or `off`"),
        ("expires_at=tomorrow", "2026-12-01T00:00:00Z"),
    ],
)
def test_set_refuses_and_names_the_field(cli: Cli, app_id: str, assignment: str, said: str) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea")
    refused = cli("link", "set", "tea", assignment)
    assert refused.status == 1
    assert refused.stderr.startswith(assignment.split("=", maxsplit=1)[0])
    assert said in refused.stderr


def test_an_unknown_app_or_slug_is_refused(cli: Cli) -> None:
    assert "app_none" in cli("link", "create", "--app", "app_none").stderr
    for command in (("show", "none"), ("disable", "none"), ("set", "none", "mode=bridge"), ("qr", "none")):
        refused = cli("link", *command)
        assert refused.status == 1
        assert "'none'" in refused.stderr


def test_qr_shows_the_link_without_macros(cli: Cli, app_id: str, tmp_path: Path) -> None:
    cli("link", "create", "--app", app_id, "--slug", "tea")
    shown = cli("link", "qr", "tea", "--json").value
    assert (shown["slug"], shown["url"]) == ("tea", f"{PUBLIC_URL}/tea")
    assert shown["svg"].startswith("<svg")
    assert f"{PUBLIC_URL}/tea" in cli("link", "qr", "tea").stdout
    for name, start in (("code.svg", b"<?xml"), ("code.png", b"\x89PNG")):
        assert cli("link", "qr", "tea", "--output", str(tmp_path / name)).status == 0
        assert (tmp_path / name).read_bytes().startswith(start)
    assert "output" in cli("link", "qr", "tea", "--output", str(tmp_path / "code.gif")).stderr


def test_the_code_of_the_shortest_link_is_no_micro_qr_code(cli: Cli, app_id: str, environment: dict[str, str]) -> None:
    """segno.make would draw one of 17 modules a side, which no phone's camera reads."""
    environment["PUBLIC_URL"] = "http://a.io"
    cli("link", "create", "--app", app_id, "--slug", "a")
    shown = cli("link", "qr", "a", "--json").value
    assert shown["url"] == "http://a.io/a"
    assert segno.make(shown["url"], error="m").is_micro
    width = re.search(r'width="(\d+)"', shown["svg"])
    assert width is not None
    assert int(width[1]) == (21 + 2 * 4) * 4  # modules of the smallest QR code, its quiet zone, the scale
