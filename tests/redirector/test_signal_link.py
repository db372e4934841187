"""The rows of the contract's table, over HTTP."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from clicks.click_id import parse_click_id
from clicks.record import generated_ttp
from redirector.pages import _qr_code
from tests.redirector.serving import APP_STORE, FALLBACK, PLAY, Redirector, counted, find_clicks, stored_clicks, ttclid
from tests.redirector.wire import ANDROID, BOT, DESKTOP, IPHONE, PRELOADER, PREVIEW, ask

QUERY = (
    "campaign_id=1801&campaign_name=Spring+Sale&adgroup_id=1802&adgroup_name=A%20B&ad_id=1803&ad_name=hook_v1"
    "&placement=TikTok&callback=__CALLBACK_PARAM__&ip=__IP__&ua=__UA__"
)


def test_an_iphone_is_sent_to_the_app_store_with_the_campaign(redirector: Redirector) -> None:
    reply = ask(redirector.port, f"/spring?{QUERY}", user_agent=IPHONE)
    assert (reply.status, reply.location) == (302, f"{APP_STORE}?ct=Spring-Sale")


def test_an_android_phone_is_sent_to_play_with_a_referrer(redirector: Redirector) -> None:
    reply = ask(redirector.port, f"/spring?{QUERY}")
    assert reply.status == 302
    assert reply.location.startswith(f"{PLAY}&referrer=click_id%3D")
    (referrer,) = parse_qs(urlsplit(reply.location).query)["referrer"]
    assert parse_qs(referrer) == {
        "click_id": [reply.click_id],
        "utm_source": ["tiktok"],
        "utm_medium": ["paid"],
        "utm_campaign": ["Spring Sale"],
    }


def test_a_browser_that_names_android_outside_of_a_comment_is_sent_to_play_and_kept(redirector: Redirector) -> None:
    agent = "Mozilla/5.0 (2822MB; 720x1411; SM-A115F; 10) AppleWebKit/537.36 (KHTML, like Gecko) ROBLOX Android App"
    assert ask(redirector.port, "/spring", user_agent=agent).location.startswith(PLAY)
    assert [click.user_agent for click in stored_clicks(redirector.redis_url)] == [agent]


def test_a_desktop_is_sent_to_the_fallback(redirector: Redirector) -> None:
    assert ask(redirector.port, "/spring", user_agent=DESKTOP).location == FALLBACK


def test_without_a_fallback_it_is_a_page_with_both_stores_and_a_qr_code(redirector: Redirector) -> None:
    location = ask(redirector.port, "/bare", user_agent=DESKTOP).location
    assert location == "http://t.test/bare/stores"
    page = ask(redirector.port, urlsplit(location).path)
    assert page.status == 200
    assert APP_STORE.encode() in page.body
    assert PLAY.encode() in page.body
    assert b"<svg" in page.body


def test_an_os_without_a_url_gets_the_fallback(redirector: Redirector) -> None:
    assert ask(redirector.port, "/ios-only", user_agent=ANDROID).location == "http://t.test/ios-only/stores"


@pytest.mark.parametrize("user_agent", [BOT, PRELOADER, PREVIEW], ids=["bot", "preloader", "preview"])
def test_what_is_not_a_person_gets_the_same_redirect_and_leaves_no_click(
    redirector: Redirector, user_agent: str
) -> None:
    reply = ask(redirector.port, "/spring", user_agent=user_agent)
    person = DESKTOP if "iPhone" not in user_agent else IPHONE
    assert reply.location == ask(redirector.port, "/spring", user_agent=person).location
    assert [click.user_agent for click in stored_clicks(redirector.redis_url)] == [person]


@pytest.mark.parametrize(
    "header",
    ["Sec-Purpose: prefetch;prerender", "Purpose: prefetch", "X-Moz: prefetch", "X-Purpose: preview"],
)
def test_a_prefetch_is_redirected_and_counted_apart(redirector: Redirector, header: str) -> None:
    assert ask(redirector.port, "/spring", header).status == 302
    assert counted(redirector.redis_url) == {("spring", "android", "prefetch"): 1}
    assert stored_clicks(redirector.redis_url) == []


def test_head_is_answered_like_get_without_a_click(redirector: Redirector) -> None:
    reply = ask(redirector.port, f"/spring?{QUERY}", method="HEAD")
    assert (reply.status, reply.body) == (302, b"")
    assert reply.location.startswith(f"{PLAY}&referrer=click_id%3D")
    assert counted(redirector.redis_url) == {("spring", "android", "head"): 1}
    assert stored_clicks(redirector.redis_url) == []


def test_the_headers_of_a_redirect_are_these_and_no_others(redirector: Redirector) -> None:
    reply = ask(redirector.port, "/spring", "Cookie: _ttp=2F7h37YkS1j57AYSKTI7IHhJPYH")
    headers = dict(reply.headers)
    assert headers.pop("date").endswith("GMT")
    assert headers.pop("location").startswith(PLAY)
    assert headers == {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
        "content-length": "0",
        "connection": "close",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_both_ways_of_answering_send_the_same_headers(redirector: Redirector, method: str) -> None:
    reply = ask(redirector.port, "/spring", user_agent=BOT, method=method)
    assert sorted(name for name, _ in reply.headers) == [
        "cache-control", "connection", "content-length", "date", "location", "referrer-policy", "x-robots-tag",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/spring", "/unknown", "/bare/stores", "/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_reply_names_its_server(redirector: Redirector, path: str, method: str) -> None:
    assert ask(redirector.port, path, method=method).header("server") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
def test_other_methods_are_refused_with_allow(redirector: Redirector, method: str) -> None:
    reply = ask(redirector.port, "/spring?ttclid=secret", method=method)
    assert (reply.status, reply.header("allow")) == (405, "GET, HEAD")
    assert reply.header("cache-control") == "no-store"
    assert b"secret" not in reply.body


def test_connect_is_refused_with_allow(redirector: Redirector) -> None:
    reply = ask(redirector.port, "t.test:443", method="CONNECT")
    assert (reply.status, reply.header("allow")) == (405, "GET, HEAD")


def test_unknown_and_disabled_links_cannot_be_told_apart(redirector: Redirector) -> None:
    unknown, off = ask(redirector.port, "/unknown"), ask(redirector.port, "/off")
    assert (unknown.status, unknown.body) == (404, off.body)
    assert [pair for pair in unknown.headers if pair[0] != "date"] == [
        pair for pair in off.headers if pair[0] != "date"
    ]


@pytest.mark.parametrize("path", ["/", "//", "/.spring", "/spring/x", "/SPRING", "/spring%2Fx", "/%73pring%00"])
def test_what_is_not_quite_a_link_is_not_found(redirector: Redirector, path: str) -> None:
    reply = ask(redirector.port, path)
    assert reply.status == 404
    assert reply.header("location") is None


def test_a_percent_encoded_slug_is_the_same_link(redirector: Redirector) -> None:
    assert ask(redirector.port, "/%73pring").status == 302


def test_a_visitor_without_ttp_is_given_one_that_is_stored_with_the_click(redirector: Redirector) -> None:
    reply = ask(redirector.port, "/spring")
    ttp = generated_ttp(reply.click_id)
    assert reply.header("set-cookie") == f"_ttp={ttp}; Max-Age=34190000; Path=/; SameSite=Lax"
    assert [click.ttp for click in stored_clicks(redirector.redis_url)] == [ttp]


@pytest.mark.parametrize(
    "ttp",
    ["2F7h37YkS1j57AYSKTI7IHhJPYH", "2F7h37YkS1j57AYSKTI7IHhJPYH.tt.1", "01JABCDEFGHJKMNPQRSTVWXYZ0_.tt.1"],
)
def test_a_visitors_own_ttp_is_kept_and_not_set_again(redirector: Redirector, ttp: str) -> None:
    reply = ask(redirector.port, "/spring", f"Cookie: a=1; _ttp={ttp}; b=2")
    assert reply.header("set-cookie") is None
    assert [click.ttp for click in stored_clicks(redirector.redis_url)] == [ttp]


def test_a_link_of_an_app_that_generates_none_sets_no_ttp(redirector: Redirector) -> None:
    assert ask(redirector.port, "/no-ttp").header("set-cookie") is None
    assert [click.ttp for click in stored_clicks(redirector.redis_url)] == [None]


def test_the_click_holds_what_the_visit_carried(redirector: Redirector) -> None:
    query = f"{QUERY}&ttclid={ttclid(7)}"
    reply = ask(redirector.port, f"/spring?{query}", "Accept-Language: en-GB,en;q=0.9")
    (click,) = find_clicks(redirector.redis_url, "127.0.0.1")
    parsed = parse_click_id(reply.click_id)
    assert parsed is not None
    assert (click.click_id, click.at_ms) == (reply.click_id, parsed.at_ms)
    assert (click.link, click.app_id, click.platform, click.ip) == ("spring", "app_spring", "android", "127.0.0.1")
    assert (click.user_agent, click.languages, click.query) == (ANDROID, "en-GB,en;q=0.9", query)
    assert click.ttclid == ttclid(7)
    assert (click.campaign_id, click.campaign_name) == ("1801", "Spring Sale")
    assert (click.adgroup_id, click.adgroup_name) == ("1802", "A B")
    assert (click.ad_id, click.ad_name, click.placement) == ("1803", "hook_v1", "TikTok")
    assert (click.callback, click.macro_ip, click.macro_user_agent) == (None, None, None)
    assert click.macros_unexpanded == ("callback", "ip", "ua")


def test_a_click_is_found_under_both_addresses_where_the_macro_says_another(redirector: Redirector) -> None:
    click_id = ask(redirector.port, "/spring?ip=203.0.113.77&ua=Mozilla%2F5.0").click_id
    for address in ("127.0.0.1", "203.0.113.77"):
        (click,) = find_clicks(redirector.redis_url, address)
        assert (click.click_id, click.ip, click.macro_ip) == (click_id, "127.0.0.1", "203.0.113.77")


@pytest.mark.parametrize("macro_ip", ["127.0.0.1", "::ffff:127.0.0.1", "__IP__", "", "nonsense"])
def test_a_macro_with_the_same_or_no_address_stores_the_click_once(redirector: Redirector, macro_ip: str) -> None:
    ask(redirector.port, f"/spring?ip={macro_ip}")
    assert len(find_clicks(redirector.redis_url, "127.0.0.1")) == 1


def test_two_addresses_of_one_64_are_one_address(redirector: Redirector) -> None:
    ask(redirector.port, "/spring?ip=2001:db8:1:2::9", "X-Forwarded-For: 2001:db8:1:2::1")
    assert len(find_clicks(redirector.redis_url, "2001:db8:1:2:ffff::1")) == 1


def test_a_trusted_proxy_says_who_the_visitor_is(redirector: Redirector) -> None:
    ask(redirector.port, "/spring", "X-Forwarded-For: 198.51.100.9, 203.0.113.5", "X-Forwarded-For: 127.0.0.2")
    (click,) = stored_clicks(redirector.redis_url)
    assert click.ip == "203.0.113.5"


def test_the_same_url_twice_gives_two_click_ids(redirector: Redirector) -> None:
    assert ask(redirector.port, "/spring").click_id != ask(redirector.port, "/spring").click_id


def test_a_campaign_without_latin_letters_is_named_by_its_id(redirector: Redirector) -> None:
    query = "campaign_id=1801&campaign_name=%E5%A4%8F%E3%82%BB%E3%83%BC%E3%83%AB"
    assert ask(redirector.port, f"/spring?{query}", user_agent=IPHONE).location == f"{APP_STORE}?ct=1801"
    (referrer,) = parse_qs(urlsplit(ask(redirector.port, f"/spring?{query}").location).query)["referrer"]
    assert parse_qs(referrer)["utm_campaign"] == ["夏セール"]


def test_a_short_links_qr_code_is_an_ordinary_one() -> None:
    for url in ("https://a.b/a", "HTTPS://GO.CO/ABC", "https://a.b"):  # each fits a Micro QR code
        width = int(re.search(r'width="(\d+)"', str(_qr_code(url)))[1])  # type: ignore[index]
        assert width >= (21 + 2 * 3) * 6


def test_a_pasted_link_is_read(redirector: Redirector) -> None:
    ask(redirector.port, f"/spring?campaign_id=1801&amp;campaign_name=Spring&amp;ad_id=7?ttclid={ttclid(5)}")
    (click,) = stored_clicks(redirector.redis_url)
    assert (click.campaign_id, click.campaign_name, click.ad_id, click.ttclid) == ("1801", "Spring", "7", ttclid(5))
