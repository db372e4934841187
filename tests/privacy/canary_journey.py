"""The canary goes every way there is, the wrong ones too; what was written meanwhile is gathered."""

import asyncio
import contextlib
import http.server
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from admin.backup_file import BackupReader
from config.settings import METRICS_PORT_OFFSET
from tests.cli.backup_scene import rows_of
from tests.cli.running_up import signalpost as run_command
from tests.journeys.traveller import Signalpost, play_referrer, until
from tests.privacy.canaries import (
    EMAIL,
    INSTALL,
    IP,
    OTHER_IP,
    PASSWORD,
    PERSON,
    PHONE,
    QUERY_VALUE,
    TTCLID,
    USER_AGENT,
    WEBHOOK_SECRET,
    WRONG_KEY,
)  # fmt: skip

PROCESSES = ("redirector", "forwarder", "worker", "console")
USER = {"email": EMAIL, "phone": PHONE, "external_id": PERSON}
ECHO = f"data.0.user: Not a valid {EMAIL}, {PHONE}, {IP}, {TTCLID}"


@dataclass
class Evidence:
    """What was written while the canary was there, by where; and what is left once it is erased."""

    answers: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    metrics: str = ""
    states: str = ""
    kept: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    backup: str = ""
    log: str = ""


@contextmanager
def alert_receiver(alerts: list[str]) -> Iterator[str]:
    """The address of a server that keeps what is posted to it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alerts.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alerts"
    finally:
        server.shutdown()
        server.server_close()


class Canary:
    """Its requests."""

    def __init__(self, signalpost: Signalpost, evidence: Evidence) -> None:
        self.on, self.evidence = signalpost, evidence
        self.app_id = signalpost.demo["app_id"]
        self.clicks: list[str] = []

    def click(self, address: str = IP, slug: str = "", **headers: str) -> httpx.Response:
        query = f"campaign_id=179&canary={QUERY_VALUE}&ip={OTHER_IP}&ua={quote(USER_AGENT)}&ttclid={TTCLID}"
        own = {"user-agent": USER_AGENT, "x-forwarded-for": address, "accept-language": "en-GB", **headers}
        answer = self.on.http.get(f"{self.on.url('redirector')}/{slug or self.on.demo['slug']}?{query}", headers=own)
        if answer.status_code == 302 and "click_id" in answer.headers["location"]:
            self.clicks.append(play_referrer(answer).partition("=")[2].partition("&")[0])
        return answer

    def post(self, path: str, body: Any, key: str = "", **headers: str) -> httpx.Response:
        own = {"authorization": f"Bearer {key or self.on.demo['api_key']}", "user-agent": USER_AGENT, **headers}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.on.http.post(f"{self.on.url('forwarder')}{path}", content=content, headers=own)
        self.evidence.answers.append(answer.text)
        return answer

    def visit(self) -> None:
        """Every way past a redirector."""
        url, slug = self.on.url("redirector"), self.on.demo["slug"]
        self.click()
        self.click(slug=f"unknown-{QUERY_VALUE}")
        self.click(**{"user-agent": f"CANARY-PHONE bot {QUERY_VALUE}"})
        for method, path in (
            ("HEAD", f"/{slug}?ttclid={TTCLID}"), ("POST", f"/{slug}?{QUERY_VALUE}"), ("TRACE", f"/{QUERY_VALUE}"),
            ("GET", f"/{slug}?{QUERY_VALUE}{'a' * 9_000}"), ("POST", f"/{slug}/enrich?token={QUERY_VALUE}"),
        ):  # fmt: skip
            self.on.http.request(method, url + path, headers={"user-agent": USER_AGENT, "x-forwarded-for": IP})
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as raw:
            raw.sendall(f"GET /{slug}?{QUERY_VALUE} HTTP/1.1\r\nbroken {EMAIL}\r\n\r\n".encode())
            raw.recv(65_536)

    def report(self, redirect: httpx.Response) -> None:
        """An install with its match and events that are delivered, and one that TikTok does not take."""
        install = {
            "install_id": INSTALL, "platform": "android", "ip": IP, "user_agent": USER_AGENT, "user": USER,
            "install_referrer": play_referrer(redirect), "consent": {"marketing": "granted"},
        }  # fmt: skip
        assert self.post("/v1/installs", install).json()["attributed"]
        event = {"install_id": INSTALL, "name": "purchase", "value": 1, "currency": "EUR", "user": USER, "ip": IP}
        self.post("/v1/events", {**event, "event_id": "canary-1", "user_agent": USER_AGENT})
        until(lambda: self.on.received("Purchase"))
        self.on.script_fault(code=40002, message=ECHO, times=20)
        self.post("/v1/events", {**event, "event_id": "canary-2"})
        until(lambda: self.states().get("canary-2") == "dead")
        until(lambda: any("deliveries_dead" in alert for alert in self.evidence.alerts))

    def states(self) -> dict[str, str]:
        items = self.on.command("delivery", "list", "--limit", "200")["items"]
        return {item["source_event_id"]: item["state"] for item in items}

    def err(self) -> None:
        """What a forwarder refuses, and what it cannot read."""
        bad = {"event_id": "x", "install_id": INSTALL, "name": "purchase", "value": QUERY_VALUE, "user": USER, "ip": IP}
        self.post("/v1/events", bad)
        self.post("/v1/events", {**bad, "value": 1, "currency": QUERY_VALUE, "user_agent": [USER_AGENT]})
        self.post("/v1/installs", {"install_id": PERSON, "platform": QUERY_VALUE, "ip": IP, "user": USER})
        self.post("/v1/events", f'{{"email": "{EMAIL}", "ttclid": "{TTCLID}" '.encode())
        self.post("/v1/events", {**bad, "value": 1}, key=WRONG_KEY)
        self.post("/v1/events", {"pad": EMAIL * 60_000})
        signature = {"signalpost-app": self.app_id, "signalpost-signature": f"t=1,n={QUERY_VALUE},v1={QUERY_VALUE}"}
        self.post("/v1/events", bad, **signature)
        for provider in ("revenuecat", "superwall", "adapty", "stripe", QUERY_VALUE):
            path = f"/v1/webhooks/{provider}/{self.app_id}"
            self.post(path, {"event": {"id": PERSON, "app_user_id": INSTALL, "email": EMAIL}}, key=WRONG_KEY)
        self.on.command("app", "set", self.app_id, f"revenuecat_authorization={WEBHOOK_SECRET}")
        path = f"/v1/webhooks/revenuecat/{self.app_id}"
        for body in (f"{{ torn {EMAIL}".encode(), {"event": {"type": QUERY_VALUE, "app_user_id": INSTALL}}):
            self.post(path, body, authorization=WEBHOOK_SECRET)
        base, headers = self.on.url("forwarder"), {"authorization": f"Bearer {self.on.demo['api_key']}"}
        for method, path in (
            ("GET", f"/v1/installs/{PERSON}"), ("DELETE", f"/v1/installs/unknown-{PERSON}"),
            ("GET", f"/{QUERY_VALUE}?ttclid={TTCLID}"), ("PATCH", f"/v1/events?{QUERY_VALUE}"),
        ):  # fmt: skip
            self.on.http.request(method, base + path, headers=headers)

    def sign_in(self) -> None:
        """At the console, as nobody."""
        url, headers = self.on.url("console"), {"user-agent": USER_AGENT, "x-forwarded-for": IP}
        callback = f"/oauth/tiktok/callback?state={QUERY_VALUE}&auth_code={WRONG_KEY}"
        for path in (f"/?{QUERY_VALUE}", f"/{QUERY_VALUE}", f"/setup?token={QUERY_VALUE}", callback):
            self.on.http.get(url + path, headers=headers)
        form = {"email": EMAIL, "password": PASSWORD}
        self.on.http.post(f"{url}/login", data=form, headers={**headers, "origin": url})

    def suffer(self, ledger: str) -> None:
        """Redis dies and comes back, PostgreSQL ends every connection, TikTok answers rubbish."""
        os.kill(self.on.engine_id("redis"), signal.SIGKILL)
        redirect = self.click()
        assert redirect.status_code == 302
        self.post("/v1/installs", {"install_id": f"{PERSON}-2", "platform": "android", "ip": IP, "user": USER})
        asyncio.run(_end_sessions(ledger))
        with contextlib.suppress(httpx.HTTPError):
            self.post("/v1/events", {"event_id": "canary-3", "install_id": INSTALL, "name": "purchase", "user": USER})
        self.on.script_fault(body=f"<html>{EMAIL}</html>", times=2)
        self.post("/v1/events", {"event_id": "canary-4", "install_id": INSTALL, "name": "add_to_cart", "user": USER})
        until(lambda: self.clicks[-1] in str(self.find()))

    def find(self) -> list[dict[str, Any]]:
        done = run_command(self.on.up.env, "click", "find", "--ip", IP, "--json")
        items: list[dict[str, Any]] = json.loads(done.stdout)["items"] if done.returncode == 0 else []
        return items

    def erase(self) -> None:
        """As an operator who was asked to."""
        erase = ("erase", "--app", self.app_id)
        self.on.command(*erase, "--external-id", PERSON)
        for click in {one["click_id"] for one in self.find()}:
            self.on.command(*erase, "--click-id", click)
        for install in (INSTALL, f"{PERSON}-2"):
            run_command(self.on.up.env, *erase, "--install-id", install)


async def _end_sessions(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


def ledger_text(url: str) -> dict[str, str]:
    """Every table, as text."""
    return {table: "\n".join(rows) for table, rows in rows_of(url).items()}


def gather(canary: Canary, ledger: str) -> None:
    """What everybody may read meanwhile: metrics, states, doctor."""
    evidence, on = canary.evidence, canary.on
    for process in PROCESSES:
        url = on.url(process)
        port = int(url.rpartition(":")[2]) + METRICS_PORT_OFFSET
        evidence.metrics += on.http.get(f"http://127.0.0.1:{port}/metrics").text
        evidence.states += on.http.get(f"{url}/readyz").text + on.http.get(f"{url}/healthz").text
    evidence.states += run_command(on.up.env, "doctor", "--json").stdout
    evidence.kept = ledger_text(ledger)


def backup_text(signalpost: Signalpost, path: Path) -> str:
    """All that a backup holds, unpacked."""
    signalpost.command("backup", str(path))
    with path.open("rb") as file:
        reader = BackupReader(file)
        return "".join(part.decode("latin-1") for section in reader.sections() for part in section.chunks)
