"""Requests that are as they should be, of every kind that a server takes: what spoilt ones are made of."""

import json
from urllib.parse import urlencode

from tests.attacks.servers import EMAIL, Server
from tests.console.pages.person import Forms, Person
from tests.forwarder.api import APP, KEY, install_body, signed
from tests.redirector.visits import CORPUS
from tests.redirector.wire import IPHONE, request

BEARER = f"Authorization: Bearer {KEY}"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=b"
EVENT = {
    "event_id": "e-1", "install_id": "i-1", "name": "purchase", "value": "9.99", "currency": "EUR",
    "occurred_at": "2026-11-20T10:00:00Z", "user": {"email": "a@example.com", "external_id": "p-1"},
    "properties": {"contents": [{"content_id": "sku1", "price": 9.99, "quantity": 1}]},
}  # fmt: skip


def visits() -> list[bytes]:
    """For the redirector: the corpus, and what a bridge page reports."""
    short = [visit.raw for visit in CORPUS if len(visit.raw) < 2_000]
    beacon = _posted("/spring/enrich", b'{"token":"x","screen":[393,852,3]}', "Content-Type: text/plain")
    return [*short, beacon, request("/spring/stores"), request("/spring", user_agent=IPHONE)]


def reports() -> list[bytes]:
    """For the forwarder: installs, events, questions, erasures, webhooks; with a key, signed, and without."""
    install, event = json.dumps(install_body()).encode(), json.dumps(EVENT).encode()
    headers = [f"{name}: {value}" for name, value in signed(install).items()]
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(event), event)
    paths = ("/v1/installs/i-1", "/v1/reports?by=day,campaign&from=2026-11-20&to=2026-11-21&format=csv", "/readyz")
    return [
        _posted("/v1/installs", install, BEARER, JSON),
        _posted("/v1/installs", install, *headers, JSON),
        _posted("/v1/events", event, BEARER, JSON),
        _posted("/v1/events", b"[%b,%b]" % (event, event.replace(b"e-1", b"e-2")), BEARER, JSON),
        request("/v1/events", BEARER, "Transfer-Encoding: chunked", method="POST") + chunked,
        *(request(path, BEARER) for path in paths),
        request("/v1/installs?external_id=p-9", BEARER, method="DELETE"),
        request("/v1/installs/i-9", BEARER, method="DELETE"),
        *(_posted(f"/v1/webhooks/{name}/{APP}", b'{"event":{"id":"1"}}', JSON, "Authorization: x", "svix-id: 1",
            "svix-timestamp: 1", "svix-signature: v1,YQ==", "stripe-signature: t=1,v1=aa")
          for name in ("revenuecat", "superwall", "adapty", "stripe")),
        request("/openapi.json"),
    ]  # fmt: skip


def pages(console: Server) -> list[bytes]:
    """For the console: pages, lists, files and forms of an owner, and what anybody may ask for."""
    with Person(f"http://127.0.0.1:{console.port}") as owner:
        owner.sign_in(EMAIL)
        cookie = "Cookie: " + "; ".join(f"{name}={value}" for name, value in owner.http.cookies.items())
        form = Forms(owner.open(f"/apps/{APP}/links").text).named("create")
    paths = (
        "/", f"/apps/{APP}?range=custom&from=2026-11-20&to=2026-11-21&sort=-spend&columns=spend,clicks", "/account",
        f"/apps/{APP}/campaigns?by=day,platform&q=spring&page=1", f"/apps/{APP}/deliveries?state=dead&code=4&limit=9",
        f"/apps/{APP}/installs?since=24h&until=2026-11-20T10:00:00Z&format=csv", "/audit?actor=a&format=json&limit=5",
        f"/apps/{APP}/links", f"/apps/{APP}/setup?step=links", "/health", "/help/sdk",
    )  # fmt: skip
    link = urlencode({**form, "slug": "fuzz", "ios_url": "https://apps.apple.com/app/id1"}).encode()
    origin = "Origin: http://t.test"
    return [
        *(request(path, cookie, "Accept-Language: de-DE,de;q=0.9") for path in paths),
        _posted(f"/apps/{APP}/links", link, cookie, FORM, origin, "Sec-Fetch-Site: same-origin"),
        _posted("/login", b"email=a%40example.com&password=wrong&next=%2Faudit", FORM, origin),
        _posted("/login", _multipart({"email": "a@example.com", "password": "x"}), MULTIPART),
        request("/login?next=%2Fapps", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"),
        request("/oauth/tiktok/callback?auth_code=abc&state=abc.def&error=denied"),
        request("/static/console.css", "Range: bytes=0-9", "If-Modified-Since: Fri, 20 Nov 2026 10:00:00 GMT"),
        request("/setup?token=abc"),
        request("/readyz"),
    ]  # fmt: skip


def _posted(path: str, body: bytes, *headers: str) -> bytes:
    return request(path, f"Content-Length: {len(body)}", *headers, method="POST") + body


def _multipart(fields: dict[str, str]) -> bytes:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    return "".join([*parts, "--b--\r\n"]).encode()
