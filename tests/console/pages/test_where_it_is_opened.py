"""Plain http on this machine, https, and plain http under another name, where no session can be."""

from config.settings import AllSettings
from tests.console.pages.conftest import Act
from tests.console.pages.person import PASSWORD, Person
from tests.console.pages.serving import served

FIELDS = {"email": "owner@example.com", "password": PASSWORD}


def test_under_another_name_on_plain_http_the_page_says_why_it_cannot_work(owner: Person, stranger: Person) -> None:
    headers = {"host": "console.example.com:8002"}
    page = stranger.open("/login", headers=headers)
    assert "Signing in cannot work at this address" in page.text
    assert 'type="password"' not in page.text
    answer = stranger.post("/login", FIELDS, headers=headers)
    assert "set-cookie" not in answer.headers
    assert "cannot work at this address" in answer.text


def test_at_the_consoles_https_address_the_cookie_is_of_this_host_alone(settings: AllSettings, owner: Person) -> None:
    behind_https = settings.model_copy(update={"console_url": "https://console.example.com"})
    with served(behind_https) as url, Person(url) as person:
        answer = person.post("/login", FIELDS, headers={"host": "console.example.com"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-signalpost=")
    assert "; Secure" in cookie
    assert "Path=/" in cookie
    assert "domain" not in cookie.lower()


def test_what_a_proxy_says_counts_where_it_is_trusted(settings: AllSettings, owner: Person) -> None:
    headers = {"host": "console.example.com", "x-forwarded-proto": "https"}
    with Person(owner.base_url) as person:
        assert "set-cookie" not in person.post("/login", FIELDS, headers=headers).headers
    trusting = AllSettings(**{**settings.model_dump(), "trusted_proxies": "127.0.0.0/8"})
    with served(trusting) as url, Person(url) as person:
        answer = person.post("/login", FIELDS, headers=headers)
        assert answer.headers["set-cookie"].startswith("__Host-signalpost=")


def test_tries_are_counted_by_the_address_that_a_trusted_proxy_names(settings: AllSettings, act: Act) -> None:
    trusting = AllSettings(**{**settings.model_dump(), "trusted_proxies": "127.0.0.0/8"})
    with served(trusting) as url, Person(url) as person:
        for number in range(5):
            fields = {"email": f"user{number}@example.com", "password": "wrong-password"}
            assert person.post("/login", fields, headers={"x-forwarded-for": "203.0.113.7"}).status_code == 422
        late = {"email": "late@example.com", "password": "wrong-password"}
        assert person.post("/login", late, headers={"x-forwarded-for": "203.0.113.7"}).status_code == 429
        assert person.post("/login", late, headers={"x-forwarded-for": "203.0.113.8"}).status_code == 422


def test_a_cookie_that_was_changed_is_nobodys(owner: Person) -> None:
    cookie = owner.http.cookies["signalpost_session"]
    for changed in (cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), "x" + cookie, cookie.split(".")[0], ""):
        with Person(owner.base_url, cookies={"signalpost_session": changed}) as other:
            assert other.open("/").status_code == 303


def test_the_style_sheet_may_be_kept_for_good(owner: Person) -> None:
    href = owner.open("/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in owner.open(href).headers["cache-control"]
    assert owner.open("/static/console.css").headers["cache-control"] == "no-store"


def test_the_first_page_is_small(stranger: Person) -> None:
    total = 0
    for path in ("/login", "/static/console.css", "/static/console.js"):
        with stranger.http.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
            total += len(b"".join(answer.iter_raw()))
    assert total < 40_000
