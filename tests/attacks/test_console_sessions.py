"""Who is signed in to the console, and what other people's cookies, forms, frames and addresses make of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import console as console_package
from admin import passwords
from console.route_table import all_pages
from tests.attacks.length import IS_LONG, dice, how_to_repeat
from tests.attacks.servers import EMAIL, PASSWORD, Server
from tests.console.pages.person import Forms, Person
from tests.console.pages.test_roles import address
from tests.console.pages.test_words_of_others import NAMES
from tests.engines import SessionEngines
from tests.forwarder.api import APP

COOKIE = "signalpost_session"
STREAM = "/apps/{app_id}/live/items"  # has no end
PAGES = [page for page in all_pages() if page.role is not None and page.path != STREAM]
HOSTILE = (
    "name;drop", "1e9", "-1", "0", "9" * 400, "9223372036854775808", "1e400", "NaN", "inf", "-0", "²", "٣", "\x00",
    "a\x00b", "//[", "0001-01-01", "9999-12-31", "9999-99-99", "2026-02-30", "2026-11-20T10:00:00+99:99", "' OR 1=1--",
    "{{7*7}}", "%s%n", "__proto__", "\u202egpj", "\ufffe", "é" * 200, "a" * 5_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def owner(console: Server, engines: SessionEngines) -> Iterator[Person]:
    engines.empty_redis()  # tries at passwords are counted there
    with Person(f"http://127.0.0.1:{console.port}") as person:
        person.sign_in(EMAIL)
        yield person


@pytest.fixture
def stranger(console: Server, redis_url: str) -> Iterator[Person]:
    """Nobody yet, and no try at a password is counted."""
    with Person(f"http://127.0.0.1:{console.port}") as person:
        yield person


def is_in(person: Person, cookie: str) -> bool:
    """Whether this cookie opens the first page; any answer but the page or the login is a fault."""
    person.http.cookies.clear()
    answer = person.http.get("/", headers={"Cookie": f"{COOKIE}={cookie}".encode("latin-1")})
    assert answer.status_code in {200, 303}, answer.status_code
    return answer.status_code == 200


def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(stranger: Person) -> None:
    stranger.sign_in(EMAIL)
    planted = stranger.http.cookies[COOKIE]
    answer = stranger.http.post("/login", data={"email": EMAIL, "password": PASSWORD})
    given = answer.cookies[COOKIE]
    assert given != planted
    assert is_in(stranger, given)
    assert not is_in(stranger, planted)


def test_a_cookie_that_was_tampered_with_signs_nobody_in(stranger: Person, owner: Person) -> None:
    good = owner.http.cookies[COOKIE]
    token, _, signature = good.rpartition(".")
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    for cookie in (
        "", ".", token, f"{changed}.{signature}", f"{token}.{signature[:-2]}", f"{token}.{signature[::-1]}",
        good.upper(), good + "x", f"x{good}", "a" * 8_192, "\xe9\xff", '"', "%00", f"{token}.{signature}.{signature}",
    ):  # fmt: skip
        assert not is_in(stranger, cookie), cookie
    assert is_in(stranger, good)


def test_an_address_that_a_client_made_up_is_not_whom_tries_are_counted_for(stranger: Person) -> None:
    statuses = []
    for number in range(6):
        guess = {"email": f"nobody{number}@example.com", "password": "wrong-password"}
        forged = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        statuses.append(stranger.post("/login", guess, headers=forged).status_code)
    assert statuses == [422] * 5 + [429]


def test_a_guess_at_nobody_is_as_much_work_as_one_at_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    verify = passwords._verify

    def counting(password_hash: str, password: str) -> bool:
        checked.append(password_hash.rpartition("$")[0].rpartition("$")[0])  # what is asked of the hash, no salt
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", counting)
    known = asyncio.run(passwords.hash_password(PASSWORD))
    assert not asyncio.run(passwords.is_password(known, "wrong-password"))
    assert not asyncio.run(passwords.is_password(None, "wrong-password"))
    assert len(checked) == 2
    assert checked[0] == checked[1]


def test_no_answer_is_for_caches_or_frames(owner: Person) -> None:
    for path in ("/", "/account", "/login", "/nothing-here", "/oauth/tiktok/callback", f"/apps/{APP}/links?format=csv"):
        headers = owner.open(path).headers
        assert headers["cache-control"] == "no-store", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["cross-origin-opener-policy"] == "same-origin", path


def test_no_script_of_ours_listens_to_messages_of_other_windows() -> None:
    for script in (Path(console_package.__file__).parent / "static").glob("*.js"):
        text = script.read_text()
        assert "onmessage" not in text
        assert '"message"' not in text
        assert "postMessage" not in text


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/xml"])
def test_a_form_that_is_disguised_as_text_changes_nothing(owner: Person, content_type: str) -> None:
    form = Forms(owner.open("/users").text).named("create")
    body = "&".join(f"{name}={value}" for name, value in form.items()) + "&email=eve@example.com&role=owner"
    answer = owner.http.post("/users", content=body, headers={"Content-Type": content_type})
    assert answer.status_code in {400, 403}
    assert "eve@example.com" not in owner.open("/users").text


@pytest.mark.parametrize("origin", ["http://[", "null", "//", "https://evil.test", "file://", "\xff"])
def test_whatever_an_origin_says_a_strangers_form_is_refused(owner: Person, origin: str) -> None:
    form = {**Forms(owner.open("/users").text).named("create"), "email": "eve@example.com", "role": "owner"}
    answer = owner.post("/users", form, headers={"Origin": origin.encode("latin-1")})
    assert answer.status_code == 403
    assert "eve@example.com" not in owner.open("/users").text


@pytest.mark.parametrize("away", ["//[", "//[::1", "/\\evil.test", "//evil.test", "https://evil.test", "javascript:x"])
def test_a_sign_in_leads_to_no_other_site_however_its_address_is_written(stranger: Person, away: str) -> None:
    assert stranger.open("/login", params={"next": away}).status_code == 200
    answer = stranger.post("/login", {"email": EMAIL, "password": PASSWORD, "next": away})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_whatever_is_asked_of_a_page_is_answered_or_refused(owner: Person) -> None:
    names = sorted({*NAMES, "columns", "compare", "sort", "search", "step", "token", "error"})
    for number, page in enumerate(PAGES):
        chosen = dice("parameters", number)
        tried = [(name, value) for name in names for value in HOSTILE]
        for name, value in tried if IS_LONG else chosen.sample(tried, 3):
            status = owner.open(address(page, APP), params={name: value}).status_code
            assert status < 500, how_to_repeat(f"{page.path}?{name}={value[:40]!r}: {status}")


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_stands_in_a_path_is_answered_or_refused(owner: Person, value: str) -> None:
    asked = dice("paths", HOSTILE.index(value))
    pages = [page for page in PAGES if "{" in page.path]
    for page in pages if IS_LONG else asked.sample(pages, 2):
        for known in ("", APP):
            path = page.path.replace("{app_id}", known) if known else page.path
            parts = ["{x}" if part.startswith("{") else part for part in path.split("/")]
            url = owner.http.base_url.join("/".join(parts).replace("{x}", _encoded(value)))
            assert owner.http.get(url).status_code < 500, how_to_repeat(f"{page.path}: {value[:40]!r}")


def _encoded(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode())


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=name;drop", "sort"), ("limit=1e9", "limit"), ("page=-1", "page"), ("from=9999-99-99", "from"),
        ("to=0001-01-01", "to"), ("columns=password", "columns"), ("by=password", "by"), ("q=%00", "q"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_names_its_field(owner: Person, query: str, field: str) -> None:
    path = "/audit" if field in {"limit", "page"} else f"/apps/{APP}/campaigns"
    answer = owner.open(f"{path}?{query}")
    assert answer.status_code == 400
    assert f"{field}: " in answer.text
