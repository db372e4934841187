"""The nginx configuration, run for real before a whole Signalpost, with a certificate of its own."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from loadtests.contestants import nginx_path
from loadtests.ports import free_ports
from tests.cli.running_up import PATIENCE_S, environment, running_up
from tests.console.pages.open_feed import OpenFeed
from tests.deploy.front import ALLOWED, CONSOLE, GO, IN, SECOND, Front, running_nginx
from tests.engines import short_directory
from tests.journeys.traveller import ANDROID, until

pytestmark = pytest.mark.skipif(nginx_path() is None, reason="nginx is not installed")

PHONE = "127.0.0.5"
FORGED = "203.0.113.9"
ANOTHERS = "198.51.100.9"  # a phone that has clicked
SECRET_WORD = "E.C.P.very-secret"
EMAIL, PASSWORD = "anna@example.com", "kettle-on-the-stove"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with short_directory() as directory, short_directory() as own:
        urls = {"PUBLIC_URL": f"https://{GO}", "FORWARDER_URL": f"https://{IN}", "CONSOLE_URL": f"https://{CONSOLE}"}
        seconds = dict(zip(SECOND.values(), map(str, free_ports(len(SECOND))), strict=True))
        env = environment(directory) | urls | {"TRUSTED_PROXIES": "127.0.0.1/32"} | seconds
        with running_up(env, "--demo", "--no-history") as up, running_nginx(up, own) as started:
            yield started


def click(front: Front, address: str = PHONE, **headers: str) -> httpx.Response:
    with front.client(GO, address) as client:
        return client.get(
            f"/{front.demo['slug']}?campaign_id=179&ttclid={SECRET_WORD}", headers={"user-agent": ANDROID, **headers}
        )


def test_a_click_is_the_phones_whatever_it_claims(front: Front) -> None:
    assert click(front, **{"x-forwarded-for": FORGED}).status_code == 302
    assert click(front, **{"x-forwarded-for": f"{FORGED}, 127.0.0.1"}).status_code == 302
    stored = until(lambda: front.command("click", "find", "--ip", PHONE)["items"])
    assert {item["ip"] for item in stored} == {PHONE}
    assert front.command("click", "find", "--ip", FORGED)["items"] == []
    assert front.command("click", "find", "--ip", "127.0.0.1")["items"] == []


def candidates(front: Front, base: httpx.Client, install_id: str) -> int:
    """How many clicks an install could be from that is sent here and claims the address of one."""
    body = {"install_id": install_id, "platform": "android", "consent": {"marketing": "granted"}}
    answer = base.post("/v1/installs", json=body, headers={**front.key(), "x-forwarded-for": ANOTHERS})
    assert answer.status_code == 200
    return len(front.command("match", "explain", install_id)["candidates"])


def test_an_install_gets_the_click_of_its_own_address_and_not_of_that_it_claims(front: Front) -> None:
    direct = {name: f"http://127.0.0.1:{front.up.env[f'{name}_PORT']}" for name in ("REDIRECTOR", "FORWARDER")}
    headers = {"user-agent": ANDROID, "x-forwarded-for": ANOTHERS}
    httpx.get(f"{direct['REDIRECTOR']}/{front.demo['slug']}?ttclid=E.C.P.anothers", headers=headers, trust_env=False)
    click(front, "127.0.0.9")
    with front.client(IN, "127.0.0.9") as phone:
        assert candidates(front, phone, "01234567-89ab-4def-8123-456789abcdef") == 1
    with front.client(IN, "127.0.0.10") as phone:
        assert candidates(front, phone, "21234567-89ab-4def-8123-456789abcdef") == 0
    with httpx.Client(base_url=direct["FORWARDER"], trust_env=False) as trusted:  # who is believed would get it
        assert candidates(front, trusted, "11234567-89ab-4def-8123-456789abcdef") == 1


def test_the_domain_of_the_links_gives_nothing_but_links(front: Front) -> None:
    with front.client(GO) as phone:
        assert phone.post("/v1/events", json={}, headers=front.key()).status_code == 405
        assert phone.get("/login").status_code == 404
        assert phone.get("/metrics").status_code == 404


def test_the_console_is_closed_to_other_networks(front: Front) -> None:
    with front.client(CONSOLE, PHONE) as stranger, front.client(CONSOLE) as ours:
        for path in ("/login", "/apps/app_1/live/items"):
            assert stranger.get(path, headers={"x-forwarded-for": ALLOWED}).status_code == 403
        assert ours.get("/login").status_code == 200


@contextmanager
def signed_in(front: Front) -> Iterator[httpx.Client]:
    made = subprocess.run(
        [sys.executable, "-P", "-m", "cli", "user", "create", EMAIL, "--role", "owner", "--password-stdin"],
        env=front.up.env, input=f"{PASSWORD}\n", text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0 or "already" in made.stderr, made.stderr
    with front.client(CONSOLE) as browser:
        answer = browser.post("/login", data={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-signalpost=")  # it knows that the browser came by TLS
        browser.headers["cookie"] = cookie.partition(";")[0]
        yield browser


def test_the_live_feed_is_told_each_click_while_it_stays_open(front: Front) -> None:
    app = front.demo["app_id"]
    wanted = {"accept": "text/event-stream"}
    with signed_in(front) as browser, browser.stream("GET", f"/apps/{app}/live/items", headers=wanted) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        feed = OpenFeed(answer)
        assert feed.next().comment == "open"
        click(front, "127.0.0.8")
        assert feed.until(front.demo["slug"]).told["count"] >= 1


def test_a_body_over_the_limit_is_answered_by_signalpost_and_one_far_over_by_nginx(front: Front) -> None:
    with front.client(IN) as app:
        long = app.post("/v1/events", content=b" " * (MIB + 1000), headers=front.key())
        assert (long.status_code, long.json()["error"]["code"] != "") == (413, True)
        assert app.post("/v1/events", content=b" " * (3 * MIB), headers=front.key()).status_code == 413
    with front.client(GO) as phone:
        by_nginx = phone.post(f"/{front.demo['slug']}/enrich", content=b"x" * 20_000)
        assert (by_nginx.status_code, "nginx" in by_nginx.text) == (413, True)


def test_limits_of_urls_are_signalposts_own(front: Front) -> None:
    with front.client(GO) as phone:
        assert phone.get(f"/{front.demo['slug']}?x={'y' * 7_000}").status_code == 302
        assert phone.get(f"/{front.demo['slug']}?x={'y' * 9_000}").status_code == 414


def test_connections_to_signalpost_are_kept(front: Front) -> None:
    port = int(front.up.env["REDIRECTOR_PORT"])
    for _ in range(5):
        click(front)
    (worker,) = psutil.Process(front.process.pid).children()
    kept = [c for c in worker.net_connections("tcp") if c.raddr and c.raddr.port == port]
    assert [c.status for c in kept] == [psutil.CONN_ESTABLISHED] * len(kept)
    assert len(kept) >= 1


@contextmanager
def second(front: Front, name: str) -> Iterator[subprocess.Popen[bytes]]:
    port = front.up.env[SECOND[name]]
    env = {**front.up.env, f"{name.upper()}_PORT": port}
    process = subprocess.Popen([sys.executable, "-P", "-m", "cli", "run", name], env=env)
    try:
        until(lambda: _is_ready(f"http://127.0.0.1:{port}/readyz"))
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _more(answers: list[int], count: int) -> None:
    wanted = len(answers) + count
    until(lambda: len(answers) > wanted)


def test_no_event_is_refused_while_one_of_two_forwarders_restarts(front: Front) -> None:
    answers: list[int] = []
    stop = threading.Event()

    def report(worker: int) -> None:
        with front.client(IN) as app:
            while not stop.is_set():
                event = {"event_id": f"{worker}-{len(answers)}", "install_id": "a-b", "name": "sign_up"}
                answers.append(app.post("/v1/events", json=event, headers=front.key()).status_code)

    threads = [threading.Thread(target=report, args=(number,)) for number in range(4)]
    with second(front, "forwarder"):
        for thread in threads:
            thread.start()
        _more(answers, 100)
    _more(answers, 100)  # it has ended, with requests on their way to it
    with second(front, "forwarder"):
        _more(answers, 100)
        stop.set()
        for thread in threads:
            thread.join()
    assert set(answers) == {202}


def test_no_page_is_refused_while_one_of_two_consoles_restarts(front: Front) -> None:
    """Whoever is signed in at one is at the other, and stays so."""
    answers: list[int] = []
    stop = threading.Event()

    def look(cookie: str) -> None:
        with front.client(CONSOLE) as browser:
            browser.headers["cookie"] = cookie
            while not stop.is_set():
                answers.append(browser.get(f"/apps/{front.demo['app_id']}/links").status_code)

    with signed_in(front) as browser:
        threads = [threading.Thread(target=look, args=(browser.headers["cookie"],)) for _ in range(3)]
        with second(front, "console"):
            for thread in threads:
                thread.start()
            _more(answers, 30)
        _more(answers, 30)
        with second(front, "console"):
            _more(answers, 30)
            stop.set()
            for thread in threads:
                thread.join()
    assert set(answers) == {200}


def test_plain_http_leads_to_tls_and_strangers_names_nowhere(front: Front) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{front.http}", trust_env=False) as client:
        answer = client.get("/spring?a=b", headers={"host": GO})
        assert (answer.status_code, answer.headers["location"]) == (301, f"https://{GO}/spring?a=b")
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/spring", headers={"host": "evil.example.net"})
        (front.directory / "acme" / ".well-known" / "acme-challenge" / "token").write_text("proof")
        assert client.get("/.well-known/acme-challenge/token", headers={"host": GO}).text == "proof"


def test_no_log_names_a_person(front: Front) -> None:
    click(front)
    install = "76543210-89ab-4def-8123-456789abcdef"
    with front.client(GO, PHONE) as phone:
        phone.get(f"/{front.demo['slug']}%3Fttclid={SECRET_WORD}")
        phone.get(f"/{front.demo['slug']}?x={'y' * 9_000}&ttclid={SECRET_WORD}")
    with front.client(IN, PHONE) as app:
        app.get(f"/v1/installs/{install}?external_id=ada", headers=front.key())
    with front.client(CONSOLE, PHONE) as stranger:
        stranger.get(f"/setup?token={SECRET_WORD}")
    until(lambda: '"/setup"' in front.log())
    said = front.log()
    for word in (SECRET_WORD, "ttclid", "?", PHONE, install, "ada", "campaign"):
        assert word not in said, word
    assert (front.directory / "log" / "signalpost-error.log").read_text() == ""
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"/v1/installs/*", f"/{front.demo['slug']}"} <= {line["path"] for line in lines}
    assert {line["site"] for line in lines} >= {GO, IN, CONSOLE}
